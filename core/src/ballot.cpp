#include "overt/ballot.h"

namespace overt {

void Ballot::put(const Vote& vote) {
  auto& votes = vote.on.scope == Scope::patch ? by_patch_[vote.on.patch] : wide_;
  const auto at = std::find_if(votes.begin(), votes.end(), [&](const auto& each) {
    return each.source == vote.source && each.on == vote.on;
  });
  if (at == votes.end()) {
    votes.push_back(vote);
  } else {
    *at = vote;
  }
}

void Ballot::erase_if(const Predicate& predicate) {
  std::erase_if(wide_, predicate);
  for (auto at = by_patch_.begin(); at != by_patch_.end();) {
    std::erase_if(at->second, predicate);
    at = at->second.empty() ? by_patch_.erase(at) : std::next(at);
  }
}

void Ballot::erase_if(int patch, const Predicate& predicate) {
  const auto at = by_patch_.find(patch);
  if (at == by_patch_.end()) return;
  std::erase_if(at->second, predicate);
  if (at->second.empty()) by_patch_.erase(at);
}

Ballot Ballot::about(int patch) const {
  Ballot some;
  some.wide_ = wide_;
  if (const auto at = by_patch_.find(patch); at != by_patch_.end()) some.by_patch_.insert(*at);
  return some;
}

std::vector<Vote> Ballot::all() const {
  auto all = wide_;
  for (const auto& [patch, votes] : by_patch_) all.insert(all.end(), votes.begin(), votes.end());
  return all;
}

}  // namespace overt
