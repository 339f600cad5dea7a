#include "control_verbs.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <utility>

#include "json_fields.h"
#include "overt/patch_name.h"
#include "switch_json.h"

namespace overt {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

constexpr std::size_t kMostSelectors = 256;
constexpr std::size_t kLongestReason = 1000;
constexpr double kFresh = 5.0;  // seconds that an answer about who holds what may be old

template <class... Words>
tl::unexpected<Error> misused(Words&&... words) {
  return fail(Code::usage, std::forward<Words>(words)...);
}

// A parameter that may be left out; an error when it is of another kind.
template <class T>
result<T> param(const json& params, const char* name, T otherwise) {
  const auto at = params.find(name);
  if (at == params.end()) return otherwise;
  if constexpr (std::is_same_v<T, bool>) {
    if (!at->is_boolean()) return misused("this parameter is true or false", name);
  } else if constexpr (std::is_same_v<T, std::string>) {
    if (!at->is_string()) return misused("this parameter is text", name);
  } else if constexpr (std::is_integral_v<T>) {
    if (!at->is_number_unsigned()) return misused("this parameter is a number from 0 on", name);
    if (at->template get<std::uint64_t>() > INT32_MAX) return misused("too large a number", name);
  } else {
    if (!at->is_number()) return misused("this parameter is a number", name);
  }
  return at->template get<T>();
}

struct Page {
  std::size_t after = 0;
  std::size_t limit = kLargestPage;
};

result<Page> page_of(const json& params) {
  const auto after = param<std::size_t>(params, "after", 0);
  if (!after) return tl::unexpected(after.error());
  const auto limit = param<std::size_t>(params, "limit", kLargestPage);
  if (!limit) return tl::unexpected(limit.error());
  return Page{*after, std::clamp<std::size_t>(*limit, 1, kLargestPage)};
}

// A patch of the ledger, with what the switchboard knows of it.
ordered_json whole_patch(const Control& control, const Patch& patch) {
  auto out = patch_to_json(patch);
  const auto standing = control.board.standing(patch.id);
  out["switchable"] = standing && standing->why.empty();
  if (!standing) {
    out["why"] = patch.reverted ? "its maker has undone it" : "it is not known to the switchboard";
    out["votes"] = ordered_json::array();
    return out;
  }
  const auto state = standing_to_json(*standing);
  if (!patch.reverted) out["state"] = state.at("state");
  for (const char* field :
       {"wanted", "level", "why", "fail", "calls", "errors", "inside", "votes", "lifted"}) {
    out[field] = state.at(field);
  }
  out["metered"] = standing->metered || patch.metered;
  out["origin"] = standing->facts.governed ? "governed" : "foreign";
  return out;
}

result<ordered_json> hello(const Control& control, const json&, const std::string&) {
  const auto facts = control.view.facts();
  auto transitions = ordered_json::array();
  for (const auto& [source, off, count] : control.board.transitions()) {
    transitions.push_back(
        {{"source", name(source)}, {"to", off ? "off" : "on"}, {"patches", count}});
  }
  return ordered_json{{"protocol", kProtocol},
                      {"overt", OVERT_VERSION},
                      {"pid", facts.pid},
                      {"python", facts.python},
                      {"argv", facts.argv},
                      {"run", facts.run},
                      {"service", facts.service},
                      {"started", facts.started},
                      {"dropped", facts.dropped},
                      {"events", control.history.last()},
                      {"lifted", control.board.is_lifted()},
                      {"transitions", std::move(transitions)}};
}

result<ordered_json> list_registries(const Control& control, const json& params,
                                     std::size_t limit) {
  const auto at = params.value("from", json::object());
  if (!at.is_object()) return misused("this parameter is what an answer called `next`", "from");
  const auto registry = param<std::string>(at, "registry", {});
  if (!registry) return tl::unexpected(registry.error());
  const auto entry = param<std::size_t>(at, "entry", 0);
  if (!entry) return tl::unexpected(entry.error());
  const auto page = control.view.registries({*registry, *entry}, limit);
  auto all = ordered_json::array();
  for (const auto& each : page.registries) all.push_back(registry_to_json(each));
  auto next = ordered_json();
  if (page.next) next = {{"registry", page.next->registry}, {"entry", page.next->entry}};
  return ordered_json{{"registries", std::move(all)}, {"next", std::move(next)}};
}

result<ordered_json> list(const Control& control, const json& params, const std::string&) {
  const auto page = page_of(params);
  if (!page) return tl::unexpected(page.error());
  const auto registries = param(params, "registries", false);
  if (!registries) return tl::unexpected(registries.error());
  if (*registries) return list_registries(control, params, page->limit);
  const auto patches = control.view.patches(static_cast<int>(page->after), page->limit);
  auto all = ordered_json::array();
  for (const auto& patch : patches) {
    auto each = whole_patch(control, patch);
    each.erase("stack");
    all.push_back(std::move(each));
  }
  return ordered_json{{"patches", std::move(all)}, {"more", patches.size() == page->limit}};
}

tl::unexpected<Error> no_patch(int id) {
  return fail(Code::not_found, "there is no such patch in this process", patch_name(id));
}

std::optional<Patch> patch_of(const Control& control, int id) {
  if (id < 1) return std::nullopt;
  auto patches = control.view.patches(id - 1, 1);
  if (patches.empty() || patches.front().id != id) return std::nullopt;
  return std::move(patches.front());
}

result<ordered_json> show(const Control& control, const json& params, const std::string&) {
  const auto id = param<int>(params, "patch", 0);
  if (!id) return tl::unexpected(id.error());
  const auto found = patch_of(control, *id);
  if (!found) return no_patch(*id);
  const auto& patch = *found;
  auto out = whole_patch(control, patch);
  auto layers = ordered_json::array();
  for (int after = 0;;) {
    const auto page = control.view.patches(after, kLargestPage);
    for (const auto& other : page) {
      if (other.target != patch.target || other.reverted) continue;
      layers.push_back({{"id", other.id}, {"layer", other.layer}, {"owner", other.owner.name}});
    }
    if (page.size() < kLargestPage) break;
    after = page.back().id;
  }
  out["layers"] = std::move(layers);
  return out;
}

result<std::vector<Selector>> selectors_of(const Control& control, const json& params) {
  const auto on = params.find("on");
  if (on == params.end() || !on->is_array() || on->empty()) {
    return misused("say what is meant, a list of selectors", "on");
  }
  if (on->size() > kMostSelectors) return misused("at most 256 selectors at a time", "on");
  std::vector<Selector> all;
  for (const auto& each : *on) {
    auto selector = selector_from_json(each);
    if (!selector) return misused(selector.error().what, "on");
    const int id = selector->patch;
    if (selector->scope == Scope::patch && !control.board.standing(id) && !patch_of(control, id)) {
      return no_patch(id);
    }
    all.push_back(std::move(*selector));
  }
  return all;
}

result<By> by_of(const json& params, const std::string& actor) {
  auto reason = param<std::string>(params, "reason", {});
  if (!reason) return tl::unexpected(reason.error());
  if (reason->size() > kLongestReason) return misused("a reason has at most 1000 bytes", "reason");
  return By{actor, std::move(*reason)};
}

// Who would still not see a change: {"modules": 3, "stale": ["shop.http"]}, null while it is not
// known.
ordered_json reach_of(const std::optional<std::map<int, Reach>>& all, int id) {
  if (!all) return nullptr;
  const auto at = all->find(id);
  return reach_to_json(at == all->end() ? Reach() : at->second);
}

// What came of a command. `before` tells what it changed; the page is bounded, the counts are not.
ordered_json outcome(const Control& control, const std::vector<Selector>& selectors,
                     const std::map<int, bool>& before, bool off, bool dry = false) {
  const auto reach = dry ? control.view.reach(kFresh) : std::nullopt;
  std::map<int, Standing> after;
  for (const auto& selector : selectors) {
    for (auto& each : control.board.standings(selector)) after.insert_or_assign(each.id, each);
  }
  ordered_json counts = {{"matched", after.size()}, {"changed", 0}, {"off", 0},
                         {"protected", 0},          {"refused", 0}, {"queued", 0},
                         {"accepted", 0},           {"drained", 0}, {"removed", 0}};
  const auto count = [&](std::string_view name) {
    auto& number = counts[std::string(name)];
    number = number.get<std::size_t>() + 1;
  };
  auto patches = ordered_json::array();
  for (const auto& [id, standing] : after) {
    const auto was = before.find(id);
    const bool changed = (was != before.end() && was->second) != standing.is_off();
    if (changed) count("changed");
    if (standing.is_off()) count("off");
    if (off && !standing.off && standing.facts.fail == Fail::patched) count("protected");
    if (off == standing.off) count(name(standing.level));
    if (patches.size() == kLargestPage) continue;
    auto each = standing_to_json(standing);
    each["changed"] = changed;
    if (dry) each["reach"] = reach_of(reach, id);
    patches.push_back(std::move(each));
  }
  return {{"counts", std::move(counts)}, {"patches", std::move(patches)}};
}

tl::unexpected<Error> none_matched(const std::vector<Selector>& selectors) {
  std::string words;
  for (const auto& selector : selectors) words += (words.empty() ? "" : ", ") + selector.str();
  return fail(Code::not_found, "no patch in this process matches", words);
}

result<ordered_json> off(const Control& control, const json& params, const std::string& actor) {
  const auto selectors = selectors_of(control, params);
  if (!selectors) return tl::unexpected(selectors.error());
  const auto by = by_of(params, actor);
  if (!by) return tl::unexpected(by.error());
  const auto guarded = param(params, "including_protected", false);
  const auto dry = param(params, "dry_run", false);
  const auto future = param(params, "future", false);
  for (const auto* flag : {&guarded, &dry, &future}) {
    if (!*flag) return tl::unexpected(flag->error());
  }
  const auto before = control.board.states(*selectors);
  if (before.empty() && !*future) return none_matched(*selectors);
  if (*dry) return outcome(control, *selectors, before, true, true);
  for (const auto& selector : *selectors) {
    const auto done = control.board.vote({Source::control, selector, *by, *guarded, 0});
    if (!done) return tl::unexpected(done.error());
  }
  return outcome(control, *selectors, before, true);
}

result<ordered_json> withdraw(const Control& control, const json& params, const std::string& actor,
                              Source source) {
  const auto selectors = selectors_of(control, params);
  if (!selectors) return tl::unexpected(selectors.error());
  const auto by = by_of(params, actor);
  if (!by) return tl::unexpected(by.error());
  const auto dry = param(params, "dry_run", false);
  if (!dry) return tl::unexpected(dry.error());
  const auto seconds = param(params, "override_seconds", 0.0);
  if (!seconds) return tl::unexpected(seconds.error());
  const auto before = control.board.states(*selectors);
  if (*dry) return outcome(control, *selectors, before, false, true);
  for (const auto& selector : *selectors) {
    auto done = control.board.unvote(source, selector, *by);
    // Who says "on" has seen the trip: it ends with it, and the budget is looked at anew.
    if (done && control.board.has_votes(Source::budget, selector)) {
      done = control.board.unvote(Source::budget, selector, *by);
    }
    if (done && *seconds > 0) done = control.board.lift(selector, *seconds, *by);
    if (!done) return tl::unexpected(done.error());
  }
  return outcome(control, *selectors, before, false);
}

result<ordered_json> on(const Control& control, const json& params, const std::string& actor) {
  return withdraw(control, params, actor, Source::control);
}

result<ordered_json> reset_trip(const Control& control, const json& params,
                                const std::string& actor) {
  return withdraw(control, params, actor, Source::budget);
}

result<std::vector<int>> patches_of(const Control& control, const json& params) {
  const auto ids = params.find("patches");
  if (ids == params.end() || !ids->is_array() || ids->empty()) {
    return misused("say which patches, a list of ids", "patches");
  }
  if (ids->size() > kMostSelectors) return misused("at most 256 patches at a time", "patches");
  std::vector<int> all;
  for (const auto& each : *ids) {
    if (!each.is_number_unsigned() || each.get<std::uint64_t>() > INT32_MAX) {
      return misused("the id of a patch is a number from 1 on", "patches");
    }
    const auto id = each.get<int>();
    if (!patch_of(control, id)) return no_patch(id);
    all.push_back(id);
  }
  return all;
}

result<ordered_json> prove(const Control& control, const json& params, const std::string& actor) {
  if (params.contains("proof")) {
    const auto number = param<std::uint64_t>(params, "proof", 0);
    if (!number) return tl::unexpected(number.error());
    return ordered_json{{"proof", *number}, {"answered", control.view.is_answered(*number)}};
  }
  const auto patches = patches_of(control, params);
  if (!patches) return tl::unexpected(patches.error());
  const auto by = by_of(params, actor);
  if (!by) return tl::unexpected(by.error());
  const auto number = control.view.prove(*patches, *by);
  if (number == 0) return fail(Code::refused, "too many proofs wait for a safe point", "prove");
  return ordered_json{{"proof", number}, {"answered", false}};
}

result<ordered_json> journal(const Control& control, const json& params, const std::string&) {
  const auto page = page_of(params);
  if (!page) return tl::unexpected(page.error());
  auto all = ordered_json::array();
  for (const auto& event : control.history.after(page->after, page->limit)) {
    all.push_back({{"sequence", event.sequence},
                   {"at", event.at},
                   {"kind", event.kind},
                   {"what", ordered_json::parse(event.body, nullptr, false)}});
  }
  return ordered_json{{"events", std::move(all)}, {"last", control.history.last()}};
}

result<ordered_json> report(const Control& control, const json& params, const std::string&) {
  const auto page = page_of(params);
  if (!page) return tl::unexpected(page.error());
  const auto facts = control.view.facts();
  const auto patches = control.view.patches(static_cast<int>(page->after), page->limit);
  const auto reach = control.view.reach(kFresh);
  auto all = ordered_json::array();
  for (auto patch : patches) {
    if (reach) {
      const auto at = reach->find(patch.id);
      patch.reach = at == reach->end() ? Reach() : at->second;
    }
    all.push_back(whole_patch(control, patch));
  }
  auto conflicts = ordered_json::array();
  for (const auto& conflict : control.view.conflicts()) {
    conflicts.push_back({{"target", conflict.target}, {"patches", conflict.patches}});
  }
  return ordered_json{{"schema", kReportSchema},
                      {"python", facts.python},
                      {"pid", facts.pid},
                      {"argv", facts.argv},
                      {"dropped", facts.dropped},
                      {"patches", std::move(all)},
                      {"conflicts", std::move(conflicts)},
                      {"reach_known", reach.has_value()},
                      {"more", patches.size() == page->limit}};
}

constexpr std::array<std::pair<std::string_view, Verb>, 9> kVerbs = {{{"hello", hello},
                                                                      {"list", list},
                                                                      {"show", show},
                                                                      {"off", off},
                                                                      {"on", on},
                                                                      {"reset-trip", reset_trip},
                                                                      {"prove", prove},
                                                                      {"journal", journal},
                                                                      {"report", report}}};

}  // namespace

Verb find_verb(std::string_view name) {
  for (const auto& [word, verb] : kVerbs) {
    if (word == name) return verb;
  }
  return nullptr;
}

}  // namespace overt
