#include "switch_json.h"

#include <array>

#include "overt/json_text.h"

namespace overt {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

constexpr std::array<std::string_view, 5> kScopes = {"process", "owner", "boundary", "target",
                                                     "patch"};

tl::unexpected<Error> wrong(const char* what) { return fail(Code::format, what, "vote"); }

}  // namespace

ordered_json selector_to_json(const Selector& selector) {
  const auto scope = kScopes[static_cast<std::size_t>(selector.scope)];
  ordered_json out = {{"scope", scope}};
  if (selector.scope == Scope::patch) {
    out["patch"] = selector.patch;
  } else if (selector.scope != Scope::process) {
    out[std::string(scope)] = selector.text;
  }
  if (!selector.owner.empty()) out["owner"] = selector.owner;
  return out;
}

result<Selector> selector_from_json(const json& in) {
  if (!in.is_object()) return wrong("what a vote is about must be an object");
  const auto scope = in.find("scope");
  if (scope == in.end() || !scope->is_string()) return wrong("a vote without its scope");
  Selector selector;
  const auto& word = scope->get_ref<const std::string&>();
  std::size_t index = 0;
  while (index < kScopes.size() && kScopes[index] != word) ++index;
  if (index == kScopes.size()) return wrong("a vote with a scope that there is not");
  selector.scope = static_cast<Scope>(index);
  if (selector.scope == Scope::patch) {
    const auto id = in.find("patch");
    if (id == in.end() || !id->is_number_integer()) return wrong("a vote without its patch");
    const auto number = id->get<std::int64_t>();
    if (number < 1 || number > INT32_MAX) return wrong("a vote with an id that no patch has");
    selector.patch = static_cast<int>(number);
  } else if (selector.scope != Scope::process) {
    const auto text = in.find(word);
    if (text == in.end() || !text->is_string()) return wrong("a vote without its subject");
    selector.text = text->get<std::string>();
    if (selector.text.empty()) return wrong("a vote about an empty name");
    if (selector.scope == Scope::boundary && !parse_boundary(selector.text)) {
      return wrong("a vote about a boundary that there is not");
    }
  }
  const bool narrows = selector.scope == Scope::boundary || selector.scope == Scope::target;
  if (const auto owner = in.find("owner"); narrows && owner != in.end()) {
    if (!owner->is_string()) return wrong("a vote with an owner that is no text");
    selector.owner = owner->get<std::string>();
  }
  return selector;
}

ordered_json vote_to_json(const Vote& vote) {
  ordered_json out = {{"source", name(vote.source)}};
  out.update(selector_to_json(vote.on));
  out["actor"] = vote.by.actor;
  out["reason"] = vote.by.reason;
  out["at"] = vote.at;
  out["including_protected"] = vote.including_protected;
  return out;
}

result<Vote> vote_from_json(const json& in) {
  auto selector = selector_from_json(in);
  if (!selector) return tl::unexpected(selector.error());
  try {
    Vote vote;
    const auto source = parse_source(in.at("source").get<std::string>());
    if (!source) return wrong("a vote of a source that there is not");
    vote.source = *source;
    vote.on = std::move(*selector);
    vote.by = {in.at("actor").get<std::string>(), in.at("reason").get<std::string>()};
    vote.at = in.at("at").get<double>();
    vote.including_protected = in.at("including_protected").get<bool>();
    return vote;
  } catch (const json::exception&) {
    return wrong("a vote with a field that is missing or wrong");
  }
}

ordered_json standing_to_json(const Standing& standing) {
  const auto votes_to_json = [](const std::vector<Vote>& votes) {
    auto all = ordered_json::array();
    for (const auto& vote : votes) all.push_back(vote_to_json(vote));
    return all;
  };
  const auto count = [&](std::uint64_t number) {
    return standing.metered ? ordered_json(number) : ordered_json(nullptr);
  };
  return {{"id", standing.id},
          {"target", standing.facts.target},
          {"owner", standing.facts.owner.name},
          {"fail", name(standing.facts.fail)},
          {"state", standing.is_off() ? "off" : "on"},
          {"wanted", standing.off ? "off" : "on"},
          {"level", name(standing.level)},
          {"why", standing.why},
          {"calls", count(standing.calls)},
          {"errors", count(standing.errors)},
          {"inside", count(standing.inside)},
          {"votes", votes_to_json(standing.votes)},
          {"lifted", votes_to_json(standing.lifted)}};
}

ordered_json entry_to_json(const SwitchEntry& entry) {
  auto on = ordered_json::array();
  for (const auto& selector : entry.on) on.push_back(selector_to_json(selector));
  auto held = ordered_json::array();
  for (const auto& vote : entry.held) held.push_back(vote_to_json(vote));
  return {{"verb", entry.verb},
          {"source", name(entry.source)},
          {"on", std::move(on)},
          {"actor", entry.by.actor},
          {"reason", entry.by.reason},
          {"at", entry.at},
          {"turned_off", entry.turned_off},
          {"turned_on", entry.turned_on},
          {"held", std::move(held)}};
}

std::string to_json(const SwitchEntry& entry) { return compact_json(entry_to_json(entry)); }

}  // namespace overt
