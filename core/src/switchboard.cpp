#include "overt/switchboard.h"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

namespace overt {
namespace {

constexpr std::array<std::string_view, 5> kLevels = {"refused", "queued", "accepted", "drained",
                                                     "removed"};
constexpr double kLongestLift = 3600;

bool is_liftable(Source source) {
  return source == Source::control || source == Source::api || source == Source::budget;
}

}  // namespace

std::string_view name(Level level) { return kLevels[static_cast<std::size_t>(level)]; }

std::optional<Level> parse_level(std::string_view text) {
  const auto at = std::find(kLevels.begin(), kLevels.end(), text);
  if (at == kLevels.end()) return std::nullopt;
  return static_cast<Level>(at - kLevels.begin());
}

Switchboard::Switchboard(SwitchListener listener, std::function<double()> boot_time)
    : listener_(std::move(listener)),
      boot_time_(boot_time ? std::move(boot_time) : std::function<double()>(boot_seconds)) {}

void Switchboard::listen(SwitchListener listener) {
  const std::lock_guard lock(mutex_);
  listener_ = std::move(listener);
}

bool Switchboard::enroll(int id, Facts facts, Cell* cell) {
  return put(id, {std::move(facts), Means::cell, cell, {}, false, Level::accepted});
}

bool Switchboard::enroll_queued(int id, Facts facts) {
  return put(id, {std::move(facts), Means::queue, nullptr, {}, false, Level::accepted});
}

void Switchboard::enroll_fixed(int id, Facts facts, std::string why) {
  put(id, {std::move(facts), Means::none, nullptr, std::move(why), false, Level::refused});
}

bool Switchboard::put(int id, Enrolled enrolled) {
  SwitchListener listener;
  bool off = false;
  bool work = false;
  {
    const std::lock_guard lock(mutex_);
    off = wanted(id, enrolled.facts, votes_, lifts_);
    enrolled.off = off;
    work = enrolled.means == Means::queue && off;
    if (work) enrolled.level = Level::queued;
    if (enrolled.cell != nullptr) enrolled.cell->off.store(off);
    patches_[id] = std::move(enrolled);
    if (work) listener = listener_;
  }
  if (listener.work) listener.work(id, off);
  return off;
}

void Switchboard::arm(int id, Cell* cell) {
  const std::lock_guard lock(mutex_);
  const auto at = patches_.find(id);
  if (at == patches_.end()) return;
  auto& patch = at->second;
  patch.means = Means::cell;
  patch.cell = cell;
  patch.level = Level::accepted;
  patch.why.clear();
  cell->off.store(patch.off);
}

void Switchboard::arm_queued(int id) {
  SwitchListener listener;
  {
    const std::lock_guard lock(mutex_);
    const auto at = patches_.find(id);
    if (at == patches_.end()) return;
    auto& patch = at->second;
    patch.means = Means::queue;
    patch.cell = nullptr;
    patch.level = patch.off ? Level::queued : Level::accepted;
    patch.why.clear();
    if (patch.off) listener = listener_;
  }
  if (listener.work) listener.work(id, true);
}

void Switchboard::disarm(int id, std::string why) {
  const std::lock_guard lock(mutex_);
  const auto at = patches_.find(id);
  if (at == patches_.end()) return;
  at->second.means = Means::none;
  at->second.cell = nullptr;
  at->second.level = Level::refused;
  at->second.why = std::move(why);
}

void Switchboard::withdraw_patch(int id) {
  const std::lock_guard lock(mutex_);
  patches_.erase(id);
}

void Switchboard::settle(int id, bool off, Level level, std::string why) {
  const std::lock_guard lock(mutex_);
  const auto at = patches_.find(id);
  if (at == patches_.end() || at->second.off != off) return;
  at->second.level = level;
  at->second.why = std::move(why);
}

bool Switchboard::wanted(int id, const Facts& facts, const Ballot& votes,
                         const std::vector<Lift>& lifts) {
  const bool lifted = std::any_of(lifts.begin(), lifts.end(),
                                  [&](const auto& lift) { return lift.on.matches(id, facts); });
  return votes.any_about(id, [&](const auto& vote) {
    return (!lifted || !is_liftable(vote.source)) && vote.holds(id, facts);
  });
}

template <class All, class Visit>
void Switchboard::for_each(All& patches, const Selector& selector, const Visit& visit) {
  const auto [from, to] = selector.scope == Scope::patch
                              ? patches.equal_range(selector.patch)
                              : std::pair(patches.begin(), patches.end());
  for (auto at = from; at != to; ++at) {
    if (selector.matches(at->first, at->second.facts)) visit(at->first, at->second);
  }
}

std::vector<int> Switchboard::meant(const std::vector<Selector>& selectors) const {
  std::set<int> ids;
  for (const auto& selector : selectors) {
    for_each(patches_, selector, [&](int id, const auto& /*patch*/) { ids.insert(id); });
  }
  return {ids.begin(), ids.end()};
}

bool Switchboard::is_about(const Selector& on, const std::vector<Selector>& named,
                           const std::vector<int>& ids) const {
  const bool in_words = std::any_of(named.begin(), named.end(), [&](const auto& each) {
    return each.within(on) || on.within(each);
  });
  if (in_words) return true;
  if (on.scope == Scope::patch) return std::binary_search(ids.begin(), ids.end(), on.patch);
  return std::any_of(ids.begin(), ids.end(),
                     [&](int id) { return on.matches(id, patches_.at(id).facts); });
}

// Whether a withdrawal of what `selector` names takes this vote with it.
bool Switchboard::is_named(const Selector& selector, const Vote& vote) const {
  if (vote.on.within(selector)) return true;
  if (vote.on.scope != Scope::patch) return false;
  const auto at = patches_.find(vote.on.patch);
  return at != patches_.end() && selector.matches(at->first, at->second.facts);
}

Standing Switchboard::stand(int id, const Enrolled& patch) const {
  Standing standing{id, patch.facts, patch.off, patch.level, {}, false, 0, 0, 0, {}, {}};
  if (patch.means == Means::none || patch.level == Level::refused) standing.why = patch.why;
  if (patch.means == Means::none && !patch.off) standing.level = Level::accepted;
  if (patch.cell != nullptr) {
    standing.metered = true;
    standing.calls = patch.cell->entered.get();
    standing.errors = patch.cell->errors.get();
    standing.inside = patch.cell->inside();
    if (patch.off && patch.level == Level::accepted && standing.inside == 0) {
      standing.level = Level::drained;
    }
  }
  const bool lifted = std::any_of(lifts_.begin(), lifts_.end(), [&](const auto& lift) {
    return lift.on.matches(id, patch.facts);
  });
  votes_.for_each_about(id, [&](const auto& vote) {
    if (!vote.holds(id, patch.facts)) return;
    (lifted && is_liftable(vote.source) ? standing.lifted : standing.votes).push_back(vote);
  });
  return standing;
}

// Votes about what was named, in whole or in part.
std::vector<Vote> Switchboard::held_over(const std::vector<Selector>& named,
                                         const Ballot& votes) const {
  const auto ids = meant(named);
  std::vector<Vote> held;
  for (auto& vote : votes.all()) {
    if (is_about(vote.on, named, ids)) held.push_back(std::move(vote));
  }
  return held;
}

Ballot Switchboard::about(const Selector& touched) const {
  return touched.scope == Scope::patch ? votes_.about(touched.patch) : votes_;
}

void Switchboard::foresee(SwitchEntry& entry, const Selector& touched, const Ballot& votes,
                          const std::vector<Lift>& lifts) const {
  for_each(patches_, touched, [&](int id, const auto& patch) {
    const bool off = wanted(id, patch.facts, votes, lifts);
    if (off == patch.off || patch.means == Means::none) return;
    (off ? entry.turned_off : entry.turned_on).push_back(id);
  });
  entry.held = held_over(entry.on, votes);
}

// Turning off is never refused and comes first, the journal after it. Turning on must be in the
// journal before it happens.
result<void> Switchboard::commit(SwitchEntry entry, Selector touched, const Edit& edit) {
  SwitchListener listener;
  bool first = false;
  entry.at = seconds_now();
  {
    const std::lock_guard lock(mutex_);
    listener = listener_;
    entry.sequence = ++sequence_;
    if (!lifts_.empty()) touched = Selector::everything();  // the edit may end some
    auto votes = about(touched);
    auto lifts = lifts_;
    edit(votes, lifts);
    auto foreseen = entry;
    foresee(foreseen, touched, votes, lifts);
    first = !foreseen.turned_on.empty() && listener.journal;
    if (first) entry = std::move(foreseen);
  }
  if (first && !listener.journal(entry)) {
    return fail(Code::io,
                "the journal cannot be written, and nothing is switched on that is not in it; free "
                "some space on its disk",
                entry.verb);
  }
  std::vector<std::pair<int, bool>> work;
  {
    const std::lock_guard lock(mutex_);
    if (!lifts_.empty()) touched = Selector::everything();
    edit(votes_, lifts_);
    if (!first) foresee(entry, touched, about(touched), lifts_);
    if (!entry.turned_off.empty()) transitions_[{entry.source, true}] += entry.turned_off.size();
    if (!entry.turned_on.empty()) transitions_[{entry.source, false}] += entry.turned_on.size();
    for_each(patches_, touched, [&](int id, auto& patch) {
      const bool off = wanted(id, patch.facts, votes_, lifts_);
      if (off == patch.off) return;
      patch.off = off;
      if (patch.cell != nullptr) patch.cell->off.store(off);
      if (patch.means == Means::none) return;
      // What was taken off the call path has to be put on it again, whatever its cell says.
      const bool structural =
          patch.means == Means::queue || (!off && patch.level == Level::removed);
      patch.level = structural ? Level::queued : Level::accepted;
      if (structural) work.emplace_back(id, off);
    });
  }
  if (listener.work) {
    for (const auto& [id, off] : work) listener.work(id, off);
  }
  if (!first && listener.journal) static_cast<void>(listener.journal(entry));
  if (listener.changed) listener.changed();
  return {};
}

std::vector<Transitions> Switchboard::transitions() const {
  const std::lock_guard lock(mutex_);
  std::vector<Transitions> all;
  all.reserve(transitions_.size());
  for (const auto& [by, count] : transitions_) all.push_back({by.first, by.second, count});
  return all;
}

void Switchboard::forget_transitions() {
  const std::lock_guard lock(mutex_);
  transitions_.clear();
}

result<void> Switchboard::vote(const Vote& vote) {
  if (vote.including_protected && vote.by.reason.empty()) {
    return fail(Code::usage, "protected patches are switched off with a reason only",
                vote.on.str());
  }
  auto dated = vote;
  if (dated.at == 0) dated.at = seconds_now();
  return commit({0, 0, "off", vote.source, {vote.on}, vote.by, {}, {}, {}}, vote.on,
                [&](auto& votes, auto& lifts) {
                  votes.put(dated);
                  // Whoever says off now means it: what was lifted for a time is lifted no more.
                  if (vote.source != Source::control || lifts.empty()) return;
                  const auto ids = meant({vote.on});
                  std::erase_if(
                      lifts, [&](const auto& lift) { return is_about(lift.on, {vote.on}, ids); });
                });
}

result<void> Switchboard::unvote(Source source, const Selector& selector, const By& by) {
  return commit({0, 0, "on", source, {selector}, by, {}, {}, {}}, selector,
                [&](auto& votes, auto&) {
                  const auto withdrawn = [&](const auto& vote) {
                    return vote.source == source && is_named(selector, vote);
                  };
                  selector.scope == Scope::patch ? votes.erase_if(selector.patch, withdrawn)
                                                 : votes.erase_if(withdrawn);
                });
}

result<void> Switchboard::replace(Source source, std::vector<Vote> votes, const By& by) {
  SwitchEntry entry{0, 0, "set", source, {}, by, {}, {}, {}};
  for (auto& vote : votes) {
    vote.source = source;
    if (vote.at == 0) vote.at = seconds_now();
    entry.on.push_back(vote.on);
  }
  const auto add = [&](Ballot& all, auto&) {
    for (const auto& vote : votes) all.put(vote);
  };
  const auto everything = Selector::everything();
  auto done = commit(entry, everything, [&](auto& all, auto& lifts) {
    all.erase_if([&](const auto& vote) { return vote.source == source; });
    add(all, lifts);
  });
  // What it adds holds all the same; what it withdraws stays until that can be written down.
  if (!done) static_cast<void>(commit(std::move(entry), everything, add));
  return done;
}

result<void> Switchboard::lift(const Selector& selector, double seconds, const By& by) {
  if (by.reason.empty()) {
    return fail(Code::usage, "votes of others are overridden with a reason only", selector.str());
  }
  if (!(seconds > 0 && seconds <= kLongestLift)) {
    return fail(Code::usage, "votes of others are overridden for at most an hour", selector.str());
  }
  const double until = boot_time_() + seconds;
  return commit({0, 0, "lift", Source::control, {selector}, by, {}, {}, {}}, selector,
                [&](auto&, auto& lifts) {
                  std::erase_if(lifts, [&](const auto& lift) { return lift.on == selector; });
                  lifts.push_back({selector, until, by});
                });
}

std::optional<double> Switchboard::expire() {
  const double time = boot_time_();
  SwitchEntry entry{0, 0, "expire", Source::control, {}, {"overt", "its time is over"}, {}, {}, {}};
  {
    const std::lock_guard lock(mutex_);
    for (const auto& lift : lifts_) {
      if (lift.until <= time) entry.on.push_back(lift.on);
    }
  }
  if (!entry.on.empty()) {
    static_cast<void>(commit(std::move(entry), Selector::everything(), [&](auto&, auto& lifts) {
      std::erase_if(lifts, [&](const auto& lift) { return lift.until <= time; });
    }));
  }
  const std::lock_guard lock(mutex_);
  std::optional<double> next;
  for (const auto& lift : lifts_) next = std::min(next.value_or(lift.until), lift.until);
  return next;
}

bool Switchboard::is_off(int id) const {
  const std::lock_guard lock(mutex_);
  const auto at = patches_.find(id);
  return at != patches_.end() && at->second.off;
}

bool Switchboard::has_votes(Source source, const Selector& selector) const {
  const std::lock_guard lock(mutex_);
  const auto votes = about(selector).all();
  return std::any_of(votes.begin(), votes.end(), [&](const auto& vote) {
    return vote.source == source && is_named(selector, vote);
  });
}

std::map<int, bool> Switchboard::states(const std::vector<Selector>& selectors) const {
  const std::lock_guard lock(mutex_);
  std::map<int, bool> all;
  for (const int id : meant(selectors)) {
    const auto& patch = patches_.at(id);
    all.emplace_hint(all.end(), id, patch.off && patch.level >= Level::accepted);
  }
  return all;
}

bool Switchboard::is_lifted() const {
  const std::lock_guard lock(mutex_);
  return !lifts_.empty();
}

std::vector<Vote> Switchboard::votes_on(int id) const {
  const auto found = standing(id);
  return found ? found->votes : std::vector<Vote>();
}

std::vector<Vote> Switchboard::all_votes() const {
  const std::lock_guard lock(mutex_);
  return votes_.all();
}

std::optional<Standing> Switchboard::standing(int id) const {
  const std::lock_guard lock(mutex_);
  const auto at = patches_.find(id);
  if (at == patches_.end()) return std::nullopt;
  return stand(id, at->second);
}

std::vector<Standing> Switchboard::standings(const Selector& selector) const {
  const std::lock_guard lock(mutex_);
  std::vector<Standing> all;
  for_each(patches_, selector, [&](int id, const auto& patch) { all.push_back(stand(id, patch)); });
  return all;
}

}  // namespace overt
