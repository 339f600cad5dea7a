#include "overt/vote.h"

#include <algorithm>
#include <array>
#include <utility>

#include "overt/patch_name.h"

namespace overt {
namespace {

constexpr std::array<std::string_view, 6> kSources = {"policy",  "env", "file",
                                                      "control", "api", "budget"};

// A character as PEP 503 compares it: lower case, and - for each separator. A table, as names of
// owners are compared once for each patch of a process.
constexpr auto kFolded = [] {
  std::array<char, 256> table{};
  for (std::size_t i = 0; i < table.size(); ++i) {
    const auto c = static_cast<char>(i);
    const bool separates = c == '-' || c == '_' || c == '.';
    table[i] = separates ? '-' : c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return table;
}();

char folded(char c) { return kFolded[static_cast<unsigned char>(c)]; }

// The next character of a name, of a run of separators one; '\0' at its end. Moves `at` behind it.
char next(std::string_view name, std::size_t& at) {
  if (at == name.size()) return '\0';
  const char c = folded(name[at++]);
  while (c == '-' && at < name.size() && folded(name[at]) == '-') ++at;
  return c;
}

bool is_owner(std::string_view text, const Owner& owner) {
  return same_owner(text, owner.name) || (!owner.package.empty() && text == owner.package);
}

}  // namespace

std::string_view name(Source source) { return kSources[static_cast<std::size_t>(source)]; }

std::optional<Source> parse_source(std::string_view text) {
  const auto at = std::find(kSources.begin(), kSources.end(), text);
  if (at == kSources.end()) return std::nullopt;
  return static_cast<Source>(at - kSources.begin());
}

std::string_view name(Fail fail) { return fail == Fail::patched ? "patched" : "original"; }

bool has_vote_of(Source source, const std::vector<Vote>& votes) {
  return std::any_of(votes.begin(), votes.end(),
                     [&](const Vote& vote) { return vote.source == source; });
}

bool same_owner(std::string_view a, std::string_view b) {
  std::size_t at_a = 0;
  std::size_t at_b = 0;
  while (true) {
    const char c = next(a, at_a);
    if (c != next(b, at_b)) return false;
    if (c == '\0') return at_a == a.size() && at_b == b.size();
  }
}

// The only place to go back to is behind the last star: enough, and never slower than the product
// of the lengths.
bool matches_glob(std::string_view glob, std::string_view text) {
  std::size_t at = 0;
  std::size_t star = std::string_view::npos;
  std::size_t resume = 0;
  for (std::size_t i = 0; i < text.size();) {
    if (at < glob.size() && glob[at] == '*') {
      star = at++;
      resume = i;
    } else if (at < glob.size() && (glob[at] == '?' || glob[at] == text[i])) {
      ++at;
      ++i;
    } else if (star != std::string_view::npos) {
      at = star + 1;
      i = ++resume;
    } else {
      return false;
    }
  }
  while (at < glob.size() && glob[at] == '*') ++at;
  return at == glob.size();
}

Selector Selector::of_boundary(Boundary boundary) {
  return {Scope::boundary, std::string(name(boundary)), 0, {}};
}

bool Selector::matches(int id, const Facts& facts) const {
  if (!owner.empty() && !is_owner(owner, facts.owner)) return false;
  switch (scope) {
    case Scope::process:
      return true;
    case Scope::owner:
      return is_owner(text, facts.owner);
    case Scope::boundary:
      return text == name(facts.boundary);
    case Scope::target:
      return matches_glob(text, facts.target);
    case Scope::patch:
      return patch == id;
  }
  return false;
}

bool Selector::within(const Selector& wider) const {
  if (wider.scope == Scope::process && wider.owner.empty()) return true;
  if (wider.scope == Scope::owner) {
    const auto& of = scope == Scope::owner ? text : owner;
    return !of.empty() && same_owner(of, wider.text);
  }
  const bool same = scope == wider.scope && text == wider.text && patch == wider.patch;
  return same && (wider.owner.empty() || (!owner.empty() && same_owner(owner, wider.owner)));
}

std::string Selector::str() const {
  std::string said;
  switch (scope) {
    case Scope::process:
      said = "everything";
      break;
    case Scope::owner:
      said = "owner " + text;
      break;
    case Scope::boundary:
      said = "boundary " + text;
      break;
    case Scope::target:
      said = "target " + text;
      break;
    case Scope::patch:
      said = patch_name(patch);
      break;
  }
  return owner.empty() ? said : said + " of " + owner;
}

bool Vote::holds(int id, const Facts& facts) const {
  if (!on.matches(id, facts)) return false;
  return on.scope == Scope::patch || facts.fail == Fail::original || including_protected;
}

std::string Vote::str() const {
  std::string said = std::string(name(source)) + ": " + on.str();
  if (!by.reason.empty()) said += " (" + by.reason + ")";
  return said;
}

}  // namespace overt
