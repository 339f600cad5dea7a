// The [policy] of a file, read with the position of every word.

#include <algorithm>
#include <array>
#include <span>

#include "overt/policy.h"
#include "overt/switch_file.h"
#include "toml_file.h"

namespace overt {
namespace {

constexpr std::size_t kMostRules = 10'000;
constexpr std::size_t kMostWords = 100'000;  // of all rules: each patch is held against them

constexpr std::array<std::string_view, 3> kActions = {"allow", "warn", "deny"};

// What is wrong with one word of a condition; "" for nothing.
using Check = std::string (*)(const std::string& word);

std::string among(std::span<const std::string_view> words, const std::string& word) {
  if (std::find(words.begin(), words.end(), word) != words.end()) return {};
  std::string known;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i > 0) known += i + 1 == words.size() ? " and " : ", ";
    known += words[i];
  }
  return "there is no `" + word + "` here; there are " + known;
}

std::string check_boundary(const std::string& word) {
  static constexpr std::array<std::string_view, 5> kWords = {"own", "application", "third-party",
                                                             "stdlib", "builtins"};
  return among(kWords, word);
}

std::string check_change(const std::string& word) {
  static constexpr std::array<std::string_view, 5> kWords = {"replaced", "added", "deleted", "code",
                                                             "module"};
  return among(kWords, word);
}

std::string check_reach(const std::string& word) {
  static constexpr std::array<std::string_view, 2> kWords = {"name", "everywhere"};
  return among(kWords, word);
}

std::string check_lifetime(const std::string& word) {
  static constexpr std::array<std::string_view, 4> kWords = {"scope", "ttl", "process", "none"};
  return among(kWords, word);
}

std::string check_origin(const std::string& word) {
  static constexpr std::array<std::string_view, 2> kWords = {"governed", "foreign"};
  return among(kWords, word);
}

std::string check_phase(const std::string& word) {
  static constexpr std::array<std::string_view, 2> kWords = {"production", "test"};
  return among(kWords, word);
}

bool has_blank(const std::string& word) {
  return std::any_of(word.begin(), word.end(),
                     [](unsigned char c) { return c <= ' ' || c == 0x7f; });
}

// A glob that can never match is a mistake that nobody would see.
std::string check_owner(const std::string& glob) {
  if (has_blank(glob) || glob.find(':') != std::string::npos) {
    return "an owner is a distribution, a top package or a module, as in sentry-sdk or "
           "opentelemetry-*";
  }
  return {};
}

std::string check_target(const std::string& glob) {
  const auto colon = glob.find(':');
  if (glob == "*") return {};
  if (colon == std::string::npos || colon == 0 || colon + 1 == glob.size()) {
    return "a target is module:name, as in http.client:*";
  }
  if (has_blank(glob.substr(0, colon))) return "there is a blank in the name of a module";
  return {};
}

struct Condition {
  std::string_view key;
  std::vector<std::string> PolicyRule::* words;
  Check check;
};

constexpr std::array<Condition, 8> kConditions = {{
    {"owner", &PolicyRule::owner, check_owner},
    {"target", &PolicyRule::target, check_target},
    {"boundary", &PolicyRule::boundary, check_boundary},
    {"change", &PolicyRule::change, check_change},
    {"reach", &PolicyRule::reach, check_reach},
    {"lifetime", &PolicyRule::lifetime, check_lifetime},
    {"origin", &PolicyRule::origin, check_origin},
    {"phase", &PolicyRule::phase, check_phase},
}};

class PolicyReader {
 public:
  explicit PolicyReader(const std::string& path) { policy_.file = path; }

  result<Policy> read(const toml::table& file) {
    const auto* node = file.get("policy");
    if (node == nullptr) return std::move(policy_);
    if (!node->is_table()) return wrong(*node, "`policy` must be a table: [policy]");
    policy_.stated = true;
    for (const auto& [key, value] : *node->as_table()) {
      if (auto taken = take(key, value); !taken) return tl::unexpected(taken.error());
    }
    return std::move(policy_);
  }

 private:
  template <class Node>
  tl::unexpected<Error> wrong(const Node& node, std::string what) const {
    return wrong_at(node, policy_.file, std::move(what));
  }

  result<void> take(const toml::key& key, const toml::node& value) {
    if (key == "default") {
      policy_.otherwise_line = static_cast<int>(key.source().begin.line);
      return take_action(value, policy_.otherwise);
    }
    if (key == "enforce") {
      const auto flag = value.value_exact<bool>();
      if (!flag) return wrong(value, "`enforce` must be true or false");
      policy_.enforce = *flag;
      return {};
    }
    if (key == "rule") return take_rules(value);
    return wrong(key, "[policy] has no such key; it has default, enforce and rule");
  }

  result<void> take_action(const toml::node& value, Action& action) const {
    const auto text = value.value_exact<std::string>();
    const auto at = std::find(kActions.begin(), kActions.end(), text.value_or(""));
    if (at == kActions.end()) return wrong(value, "this must be \"allow\", \"warn\" or \"deny\"");
    action = static_cast<Action>(at - kActions.begin());
    return {};
  }

  result<void> take_rules(const toml::node& value) {
    const auto* rules = value.as_array();
    if (rules == nullptr) return wrong(value, "rules are tables of a list: [[policy.rule]]");
    for (const auto& node : *rules) {
      if (!node.is_table()) return wrong(node, "a rule is a table: [[policy.rule]]");
      if (policy_.rules.size() == kMostRules) {
        return wrong(node, "more than 10,000 rules: more than a person can mean");
      }
      if (auto taken = take_rule(*node.as_table()); !taken) return taken;
    }
    return {};
  }

  result<void> take_rule(const toml::table& table) {
    PolicyRule rule;
    rule.line = static_cast<int>(table.source().begin.line);
    bool decided = false;
    for (const auto& [key, value] : table) {
      result<void> taken;
      const auto* condition = std::find_if(kConditions.begin(), kConditions.end(),
                                           [&](const auto& each) { return key.str() == each.key; });
      if (condition != kConditions.end()) {
        taken = take_words(key, value, *condition, rule);
      } else if (key == "action") {
        decided = true;
        taken = take_action(value, rule.action);
      } else if (key == "reason") {
        const auto text = value.value_exact<std::string>();
        if (!text) return wrong(value, "`reason` must be text");
        rule.reason = *text;
      } else {
        return wrong(key,
                     "a rule has no such key; it has owner, target, boundary, change, reach, "
                     "lifetime, origin, phase, action and reason");
      }
      if (!taken) return taken;
    }
    if (!decided) return wrong(table, "this rule has no `action`: \"allow\", \"warn\" or \"deny\"");
    policy_.rules.push_back(std::move(rule));
    return {};
  }

  // One text, or a list of them. An empty list would match nothing, or everything: nobody knows.
  result<void> take_words(const toml::key& key, const toml::node& value, const Condition& condition,
                          PolicyRule& rule) {
    if (const auto* array = value.as_array()) {
      if (array->empty()) return wrong(value, quoted(key) + " is an empty list; leave it out");
      for (const auto& node : *array) {
        if (auto taken = take_word(key, node, condition, rule); !taken) return taken;
      }
      return {};
    }
    return take_word(key, value, condition, rule);
  }

  result<void> take_word(const toml::key& key, const toml::node& node, const Condition& condition,
                         PolicyRule& rule) {
    auto text = node.value_exact<std::string>();
    if (!text || text->empty()) {
      return wrong(node, quoted(key) + " must be text, or a list of text");
    }
    if (auto what = condition.check(*text); !what.empty()) return wrong(node, std::move(what));
    if (++words_ > kMostWords) return wrong(node, "more words than a person can mean");
    (rule.*condition.words).push_back(std::move(*text));
    return {};
  }

  Policy policy_;
  std::size_t words_ = 0;
};

}  // namespace

result<Policy> parse_policy(std::string_view text, const std::string& path) {
  return parse_toml(text, path).and_then([&](const auto& file) {
    return PolicyReader(path).read(file);
  });
}

}  // namespace overt
