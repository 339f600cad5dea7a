// What a program that is started inherits of the switchboard's votes, in its environment.
//
//   {"votes": [vote, ...], "lifts": [{selector, "until": 5123.5, "actor": "", "reason": ""}, ...]}
//
// Ids of patches mean nothing in another process: a vote on one names its target and owner instead.
// Of very many votes the wide ones come first, and the others are counted: {..., "left_out":
// 99000}.

#include <algorithm>

#include "bounded_json.h"
#include "overt/json_text.h"
#include "switch_json.h"

namespace overt {

using nlohmann::json;
using nlohmann::ordered_json;

namespace {

// Bytes of votes. Linux starts no program that has a variable of more than 128 KiB.
constexpr std::size_t kRoom = 100'000;

// Of each process by itself: never handed on.
bool is_own(Source source) {
  return source == Source::policy || source == Source::environment || source == Source::file;
}

}  // namespace

std::string Switchboard::for_children() const {
  const std::lock_guard lock(mutex_);
  const auto elsewhere = [&](const Selector& on) -> std::optional<Selector> {
    if (on.scope != Scope::patch) return on;
    const auto at = patches_.find(on.patch);
    if (at == patches_.end()) return std::nullopt;
    auto named = Selector::of_target(at->second.facts.target);
    named.owner = at->second.facts.owner.name;
    return named;
  };
  ordered_json out = {{"votes", ordered_json::array()}, {"lifts", ordered_json::array()}};
  std::size_t size = 0;
  std::size_t left_out = 0;
  for (auto& vote : votes_.all()) {
    const auto on = elsewhere(vote.on);
    if (is_own(vote.source) || !on) continue;
    if (size >= kRoom) {
      ++left_out;
      continue;
    }
    vote.on = *on;
    out["votes"].push_back(vote_to_json(vote));
    size += compact_json(out["votes"].back()).size();
  }
  if (left_out > 0) out["left_out"] = left_out;
  for (const auto& lift : lifts_) {
    const auto on = elsewhere(lift.on);
    if (!on) continue;
    auto each = selector_to_json(*on);
    each.update({{"until", lift.until}, {"actor", lift.by.actor}, {"reason", lift.by.reason}});
    out["lifts"].push_back(std::move(each));
  }
  if (out["votes"].empty() && out["lifts"].empty()) return {};
  return compact_json(out);
}

result<void> Switchboard::inherit(std::string_view text) {
  const auto in = parse_json(text);
  const auto foreign = [] {
    return fail(Code::format, "these votes were not written by overt", "OVERT_VOTES");
  };
  if (!in.is_object()) return foreign();
  const auto votes = in.value("votes", json::array());
  const auto lifts = in.value("lifts", json::array());
  const auto left_out = in.value("left_out", json(0U));
  if (!votes.is_array() || !lifts.is_array() || !left_out.is_number_unsigned()) return foreign();
  std::vector<Vote> all;
  for (const auto& each : votes) {
    auto vote = vote_from_json(each);
    if (!vote) return tl::unexpected(vote.error());
    if (is_own(vote->source)) return foreign();
    all.push_back(std::move(*vote));
  }
  std::vector<Lift> lifted;
  for (const auto& each : lifts) {
    auto on = selector_from_json(each);
    if (!on) return tl::unexpected(on.error());
    const auto until = each.value("until", json());
    const auto actor = each.value("actor", json());
    const auto reason = each.value("reason", json());
    if (!until.is_number() || !actor.is_string() || !reason.is_string()) return foreign();
    lifted.push_back({std::move(*on), until.get<double>(), {actor, reason}});
  }
  SwitchEntry entry{0, 0, "inherit", Source::control, {}, {"the parent process", ""}, {}, {}, {}};
  if (left_out != 0) {
    entry.by.reason = left_out.dump() + " votes on single patches were too many to be handed on";
  }
  for (const auto& vote : all) entry.on.push_back(vote.on);
  return commit(std::move(entry), Selector::everything(), [&](auto& mine, auto& my_lifts) {
    for (const auto& vote : all) mine.put(vote);
    my_lifts.insert(my_lifts.end(), lifted.begin(), lifted.end());
  });
}

}  // namespace overt
