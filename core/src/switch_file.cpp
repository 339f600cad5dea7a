#include "overt/switch_file.h"

#include <algorithm>
#include <array>

#include "toml_file.h"

namespace overt {
namespace {

constexpr std::size_t kMostVotes = 100'000;

// The column of a name, and what is wrong with it.
class Reader {
 public:
  explicit Reader(const std::string& path) : path_(path) {}

  result<std::vector<Vote>> read(const toml::table& file) {
    constexpr std::array<std::string_view, 3> kTables = {"off", "policy", "budget"};
    for (const auto& [key, value] : file) {
      if (std::find(kTables.begin(), kTables.end(), key.str()) == kTables.end()) {
        return wrong(key, "there is no table of this name; there are off, policy and budget");
      }
    }
    const auto* off = file.get("off");
    if (off == nullptr) return votes_;
    if (!off->is_table()) return wrong(*off, "`off` must be a table: [off]");
    for (const auto& [key, value] : *off->as_table()) {
      if (auto taken = take(key, value); !taken) return tl::unexpected(taken.error());
    }
    if (protected_ && reason_.empty()) {
      return wrong(*off, "`including_protected` needs a `reason`");
    }
    for (auto& vote : votes_) {
      vote.by.reason = reason_;
      vote.including_protected = protected_;
    }
    return std::move(votes_);
  }

 private:
  template <class Node>
  tl::unexpected<Error> wrong(const Node& node, std::string what) const {
    return wrong_at(node, path_, std::move(what));
  }

  result<void> take(const toml::key& key, const toml::node& value) {
    if (key == "all" || key == "including_protected") {
      const auto flag = value.value_exact<bool>();
      if (!flag) return wrong(value, quoted(key) + " must be true or false");
      if (key == "including_protected") {
        protected_ = *flag;
      } else if (*flag) {
        add(Selector::everything());
      }
      return {};
    }
    if (key == "reason") {
      const auto text = value.value_exact<std::string>();
      if (!text) return wrong(value, "`reason` must be text");
      reason_ = *text;
      return {};
    }
    if (key == "owners")
      return each(key, value, [&](std::string name) -> const char* {
        add(Selector::of_owner(std::move(name)));
        return nullptr;
      });
    if (key == "targets")
      return each(key, value, [&](std::string glob) -> const char* {
        if (glob.find(':') == std::string::npos) {
          return "a target is module:name, as in http.client:*";
        }
        add(Selector::of_target(std::move(glob)));
        return nullptr;
      });
    if (key == "boundaries")
      return each(key, value, [&](const std::string& word) -> const char* {
        const auto boundary = parse_boundary(word);
        if (!boundary) {
          return "there is no such boundary; there are own, application, third-party, stdlib and "
                 "builtins";
        }
        add(Selector::of_boundary(*boundary));
        return nullptr;
      });
    return wrong(key,
                 "[off] has no such key; it has all, owners, targets, boundaries, "
                 "including_protected and reason");
  }

  template <class Take>
  result<void> each(const toml::key& key, const toml::node& value, Take take_one) {
    const auto* array = value.as_array();
    if (array == nullptr) return wrong(value, quoted(key) + " must be a list of text");
    for (const auto& node : *array) {
      auto text = node.value_exact<std::string>();
      if (!text || text->empty()) return wrong(node, quoted(key) + " must be a list of text");
      if (const char* what = take_one(std::move(*text))) return wrong(node, what);
      if (votes_.size() > kMostVotes) return wrong(node, "more entries than a person can mean");
    }
    return {};
  }

  void add(Selector selector) {
    votes_.push_back({Source::file, std::move(selector), {path_, {}}, false, 0});
  }

  const std::string& path_;
  std::vector<Vote> votes_;
  std::string reason_;
  bool protected_ = false;
};

}  // namespace

result<std::vector<Vote>> parse_switches(std::string_view text, const std::string& path) {
  return parse_toml(text, path).and_then([&](const auto& file) { return Reader(path).read(file); });
}

std::vector<Vote> parse_off_variable(std::string_view text) {
  std::vector<Vote> votes;
  while (!text.empty()) {
    const auto comma = text.find(',');
    auto word = text.substr(0, comma);
    text = comma == std::string_view::npos ? std::string_view() : text.substr(comma + 1);
    while (!word.empty() && word.front() == ' ') word.remove_prefix(1);
    while (!word.empty() && word.back() == ' ') word.remove_suffix(1);
    if (word.empty()) continue;
    const bool all = word == "all";
    votes.push_back({Source::environment,
                     all ? Selector::everything() : Selector::of_owner(std::string(word)),
                     {"OVERT_OFF", {}},
                     false,
                     0});
  }
  return votes;
}

}  // namespace overt
