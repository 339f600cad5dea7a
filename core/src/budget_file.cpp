// The [[budget]] tables of overt.toml.

#include <cmath>

#include "overt/budget.h"
#include "overt/duration.h"
#include "overt/switch_file.h"
#include "toml_file.h"

namespace overt {
namespace {

class Reader {
 public:
  explicit Reader(const std::string& path) : path_(path) {}

  result<std::vector<Budget>> read(const toml::table& file) {
    std::vector<Budget> budgets;
    const auto* node = file.get("budget");
    if (node == nullptr) return budgets;
    const auto* array = node->as_array();
    if (array == nullptr) return wrong(*node, "budgets are tables of an array: [[budget]]");
    for (const auto& each : *array) {
      const auto* table = each.as_table();
      if (table == nullptr) return wrong(each, "budgets are tables of an array: [[budget]]");
      auto budget = budget_of(*table);
      if (!budget) return tl::unexpected(budget.error());
      budgets.push_back(std::move(*budget));
    }
    return budgets;
  }

 private:
  template <class Node>
  tl::unexpected<Error> wrong(const Node& node, std::string what) const {
    return wrong_at(node, path_, std::move(what));
  }

  result<Budget> budget_of(const toml::table& table) {
    Budget budget;
    budget.origin = path_ + ":" + std::to_string(table.source().begin.line);
    for (const auto& [key, value] : table) {
      if (auto taken = take(budget, key, value); !taken) return tl::unexpected(taken.error());
    }
    if (!budget.mean && !budget.p99 && !budget.share && !budget.errors) {
      return wrong(table, "a budget needs a limit: mean, p99, share or errors");
    }
    return budget;
  }

  result<void> take(Budget& budget, const toml::key& key, const toml::node& value) {
    if (key == "owner") return text(budget.owner, key, value);
    if (key == "reason") return text(budget.reason, key, value);
    if (key == "target") {
      if (auto taken = text(budget.target, key, value); !taken) return taken;
      if (budget.target == "*" || budget.target.find(':') != std::string::npos) return {};
      return wrong(value, "a target is module:name, as in http.client:*");
    }
    if (key == "mean" || key == "p99") {
      const auto seconds = duration(key, value);
      if (!seconds) return tl::unexpected(seconds.error());
      (key == "mean" ? budget.mean : budget.p99) = *seconds * 1e9;
      return {};
    }
    if (key == "window") {
      const auto seconds = duration(key, value);
      if (!seconds) return tl::unexpected(seconds.error());
      if (*seconds < 1) return wrong(value, "`window` must be one second or more");
      budget.window = *seconds;
      return {};
    }
    if (key == "share" || key == "errors") {
      const auto number = value.value<double>();
      const bool fits = number && std::isfinite(*number) && *number > 0;
      if (!fits || (key == "share" && *number >= 1)) {
        return wrong(value, key == "share" ? "`share` must be a number between 0 and 1"
                                           : "`errors` must be a number above 0, a second");
      }
      (key == "share" ? budget.share : budget.errors) = number;
      return {};
    }
    if (key == "calls") {
      const auto number = value.value_exact<std::int64_t>();
      if (!number || *number < 1) return wrong(value, "`calls` must be a whole number above 0");
      budget.calls = static_cast<std::uint64_t>(*number);
      return {};
    }
    if (key == "action") {
      std::string word;
      if (auto taken = text(word, key, value); !taken) return taken;
      if (word != "warn" && word != "off") return wrong(value, "`action` must be warn or off");
      budget.action = word == "off" ? BudgetAction::off : BudgetAction::warn;
      return {};
    }
    return wrong(key,
                 "[[budget]] has no such key; it has owner, target, mean, p99, share, errors, "
                 "window, calls, action and reason");
  }

  result<void> text(std::string& to, const toml::key& key, const toml::node& value) {
    auto text = value.value_exact<std::string>();
    if (!text || text->empty()) return wrong(value, quoted(key) + " must be text");
    to = std::move(*text);
    return {};
  }

  result<double> duration(const toml::key& key, const toml::node& value) {
    const auto text = value.value_exact<std::string>();
    auto seconds = text ? parse_duration(*text) : result<double>(0);
    if (text && seconds) return seconds;
    return wrong(value,
                 quoted(key) + R"( must be a duration with its unit, as in "50us" or "10s")");
  }

  const std::string& path_;
};

}  // namespace

result<std::vector<Budget>> parse_budgets(std::string_view text, const std::string& path) {
  return parse_toml(text, path).and_then([&](const auto& file) { return Reader(path).read(file); });
}

}  // namespace overt
