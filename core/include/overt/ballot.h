// The votes of a process, in two kinds: wide ones, of which there are few, and those that name a
// patch, of which there may be one for each. A change of one patch costs what that patch costs.
// THREADS: a value; no shared state.
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <vector>

#include "overt/vote.h"

namespace overt {

class Ballot {
 public:
  using Predicate = std::function<bool(const Vote&)>;

  // The same vote again (source and selector) replaces who said so, and why.
  void put(const Vote& vote);
  void erase_if(const Predicate& predicate);
  void erase_if(int patch, const Predicate& predicate);  // of the votes that name the patch

  // The votes that can hold a patch: the wide ones and its own.
  Ballot about(int patch) const;

  // Whether `is` says so of any of these. Asked for each patch of the process: no call in between.
  template <class Is>
  bool any_about(int patch, const Is& is) const {
    if (std::any_of(wide_.begin(), wide_.end(), is)) return true;
    const auto at = by_patch_.find(patch);
    return at != by_patch_.end() && std::any_of(at->second.begin(), at->second.end(), is);
  }

  template <class Visit>
  void for_each_about(int patch, const Visit& visit) const {
    std::for_each(wide_.begin(), wide_.end(), visit);
    const auto at = by_patch_.find(patch);
    if (at != by_patch_.end()) std::for_each(at->second.begin(), at->second.end(), visit);
  }

  // The wide ones first, then by patch.
  std::vector<Vote> all() const;

 private:
  std::vector<Vote> wide_;
  std::map<int, std::vector<Vote>> by_patch_;
};

}  // namespace overt
