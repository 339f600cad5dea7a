// The ledger: every patch of the process, its place among the layers of its target, and conflicts.
//
// THREADS: in a Python process every caller holds the GIL, so there is one writer at a time. Only
// copy() is for any thread: it also works while Python hangs.
#pragma once

#include <atomic>
#include <cstddef>
#include <mutex>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "overt/patch.h"

namespace overt {

struct Conflict {
  std::string target;
  std::vector<int> patches;  // ids, in the order of their layers
};

class Ledger {
 public:
  // More patches than this are counted as dropped, not kept.
  static constexpr std::size_t kCapacity = 100'000;

  // Adds a patch as the outermost layer of its target and returns its id. The same line making the
  // same change again, while it is the outermost layer or after a revert, counts `times` of the
  // patch that is there (and makes it active again). Governed patches that stand at the same time
  // are patches of their own. Returns 0 when the ledger is full.
  int add(Patch patch);

  // Marks a patch as undone. It stays listed; the layers above it move down.
  void revert(int id);

  // The patch was made once more at what its target has become; it need not have been undone.
  void renew(int id);

  // Keeps why a patch holds no longer, for a revert that nobody asked for.
  void lose(int id, std::string why);

  // What the code of a patch does with errors, where that was not read when it was made.
  void note_handlers(int id, std::vector<Handler> handlers);

  // How what a patch put there looks, beside what was there.
  void note_looks(int id, Looks looks);

  // Keeps what came of proving that a patch can be removed, until it is undone or made again.
  void note_proof(int id, Proof proof);

  // Forgets everything; ids start again.
  void clear();

  // REQUIRES: id was returned by add().
  const Patch& patch(int id) const { return patches_[static_cast<std::size_t>(id) - 1]; }
  Patch& patch(int id) { return patches_[static_cast<std::size_t>(id) - 1]; }

  const std::vector<Patch>& patches() const { return patches_; }
  std::size_t dropped() const { return dropped_; }  // any thread

  // Copies of at most `limit` patches with an id above `after`, by id. Any thread.
  std::vector<Patch> copy(int after, std::size_t limit) const;

  std::vector<Conflict> copy_of_conflicts() const;  // any thread

  // Targets that patches of two owners changed at the same time. Internal changes are no patches of
  // others.
  std::vector<Conflict> conflicts() const;

 private:
  int place(Patch patch);
  void note_conflict(const std::vector<int>& layers, int newest);

  mutable std::mutex mutex_;  // held by writers and by copy(), never by a reader with the GIL
  std::vector<Patch> patches_;
  std::unordered_map<std::string, std::vector<int>>
      layers_;                                     // active ids of a target, innermost first
  std::unordered_map<std::string, int> repeated_;  // identity() -> id
  std::vector<std::pair<std::string, std::set<int>>> conflicts_;
  std::unordered_map<std::string, std::size_t> conflict_of_;  // target -> index in conflicts_
  std::atomic<std::size_t> dropped_{0};
};

}  // namespace overt
