#include "overt/policy.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "overt/json_text.h"
#include "overt/vote.h"

namespace overt {
namespace {

// As PEP 503 compares names: lower case, a run of -, _ and . is one -. Stars stay stars.
std::string normal(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool separator = c == '-' || c == '_' || c == '.';
    if (!separator) {
      out += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    } else if (!out.ends_with('-')) {
      out += '-';
    }
  }
  return out;
}

bool is_owner(std::string_view glob, const Owner& owner) {
  return matches_glob(normal(glob), normal(owner.name)) ||
         (!owner.package.empty() && matches_glob(glob, owner.package));
}

template <class Matches>
bool any(const std::vector<std::string>& globs, Matches matches) {
  return globs.empty() || std::any_of(globs.begin(), globs.end(), matches);
}

bool is_word(const std::vector<std::string>& words, std::string_view word) {
  return any(words, [&](const auto& each) { return each == word; });
}

bool has_owner(const Owner& owner) { return !owner.name.empty() && owner.name != "unknown"; }

bool is_ones_own(Boundary boundary) { return boundary <= Boundary::application; }

bool ends_by_itself(const PolicyFacts& facts) {
  return facts.lifetime == "scope" || facts.lifetime == "ttl";
}

std::string_view lifetime_word(const PolicyFacts& facts) {
  return facts.lifetime.empty() ? "none" : std::string_view(facts.lifetime);
}

std::string_view origin_word(const PolicyFacts& facts) {
  return facts.governed ? "governed" : "foreign";
}

std::string_view reach_word(const PolicyFacts& facts) {
  return facts.everywhere ? "everywhere" : "name";
}

// What is fine without a rule: the narrowest radius, by somebody known, with an end to it.
const char* why_fine(const PolicyFacts& facts) {
  if (!has_owner(facts.owner) || !is_ones_own(facts.boundary)) return nullptr;
  if (facts.phase == Phase::test) return "one's own symbol, in a test";
  if (ends_by_itself(facts)) return "one's own symbol, for a limited time";
  return nullptr;
}

// Why it needs a rule, the gravest reason first.
const char* why_a_rule(const PolicyFacts& facts) {
  if (!has_owner(facts.owner)) return "nobody is known to own it";
  if (facts.phase == Phase::production && facts.boundary == Boundary::builtins) {
    return "a builtin, in production";
  }
  if (facts.phase == Phase::production && facts.boundary == Boundary::stdlib) {
    return "the standard library, in production";
  }
  if (facts.lifetime.empty()) return "nobody promised to take it back";
  return "no rule is about it";
}

}  // namespace

std::string_view name(Action action) {
  if (action == Action::allow) return "allow";
  return action == Action::warn ? "warn" : "deny";
}

std::string_view name(Phase phase) { return phase == Phase::test ? "test" : "production"; }

Phase parse_phase(std::string_view text) {
  return text == "test" ? Phase::test : Phase::production;
}

PolicyFacts policy_facts(const Patch& patch, Phase phase) {
  return {patch.target,     patch.owner,    patch.boundary, patch.change,
          patch.everywhere, patch.lifetime, patch.governed, phase};
}

bool PolicyRule::matches(const PolicyFacts& facts) const {
  return any(owner, [&](const auto& glob) { return is_owner(glob, facts.owner); }) &&
         any(target, [&](const auto& glob) { return matches_glob(glob, facts.target); }) &&
         is_word(boundary, name(facts.boundary)) && is_word(change, name(facts.change)) &&
         is_word(reach, reach_word(facts)) && is_word(lifetime, lifetime_word(facts)) &&
         is_word(origin, origin_word(facts)) && is_word(phase, name(facts.phase));
}

std::string Decision::where() const {
  return line == 0 ? "built in" : file + ":" + std::to_string(line);
}

Decision decide(const Policy& policy, const PolicyFacts& facts) {
  if (!policy.stated) return {Action::allow, 0, {}, 0, "no policy is stated"};
  for (std::size_t i = 0; i < policy.rules.size(); ++i) {
    const auto& rule = policy.rules[i];
    if (rule.matches(facts)) {
      return {rule.action, static_cast<int>(i) + 1, policy.file, rule.line, rule.reason};
    }
  }
  if (const char* fine = why_fine(facts)) return {Action::allow, 0, {}, 0, fine};
  const auto file = policy.otherwise_line == 0 ? std::string() : policy.file;
  return {policy.otherwise, 0, file, policy.otherwise_line, why_a_rule(facts)};
}

std::string sentence(const Decision& decision, const PolicyFacts& facts) {
  std::string text = facts.target + " of " + facts.owner.name;
  if (!facts.owner.version.empty()) text += " " + facts.owner.version;
  text += decision.action == Action::deny   ? " is denied by "
          : decision.action == Action::warn ? " is warned about by "
                                            : " is allowed by ";
  text += decision.rule == 0 ? "the default" : "rule " + std::to_string(decision.rule);
  text += " (" + decision.where() + ")";
  return decision.reason.empty() ? text : text + ": " + decision.reason;
}

std::string to_json(const std::vector<Decided>& decided) {
  using nlohmann::ordered_json;
  ordered_json out = {{"schema", "overt.policy/1"}, {"decisions", ordered_json::array()}};
  for (const auto& [decision, facts] : decided) {
    out["decisions"].push_back(
        {{"action", name(decision.action)},
         {"rule", decision.rule == 0 ? ordered_json(nullptr) : ordered_json(decision.rule)},
         {"file", decision.file.empty() ? ordered_json(nullptr) : ordered_json(decision.file)},
         {"line", decision.line == 0 ? ordered_json(nullptr) : ordered_json(decision.line)},
         {"reason", decision.reason},
         {"target", facts.target},
         {"owner", facts.owner.name},
         {"boundary", name(facts.boundary)},
         {"change", name(facts.change)},
         {"reach", reach_word(facts)},
         {"lifetime", lifetime_word(facts)},
         {"origin", origin_word(facts)},
         {"phase", name(facts.phase)}});
  }
  return indented_json(out);
}

}  // namespace overt
