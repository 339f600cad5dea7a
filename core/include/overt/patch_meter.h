// What is measured of one patch: its calls, and of the timed ones how long they spent in the patch
// and how long in what it replaced.
//
// Own time is the time of a call without that of the original in it. A meter lives from the first
// call to the end of the process, so that calls may be inside while its patch goes.
// THREADS: written with the GIL, one writer at a time; read by any thread without it.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "overt/cell.h"
#include "overt/clock.h"
#include "overt/meter.h"
#include "overt/pace.h"
#include "overt/patch.h"

namespace overt {

// What became of exceptions that the original raised, seen on the calls that were probed.
struct Evidence {
  Count probed;
  Count raised;
  Count swallowed;  // the original raised, the patch returned
  Count replaced;   // the patch raised another, with the first as cause or context
  Count hidden;     // the patch raised another, with no trace of the first (`from None`)
  Count contained;  // errors of observers, kept from the program
};

class PatchMeter {
 public:
  PatchMeter() = default;
  ~PatchMeter();
  PatchMeter(const PatchMeter&) = delete;
  PatchMeter& operator=(const PatchMeter&) = delete;

  Cell cell;
  Pace pace;
  Evidence evidence;

  // A timed call took this long in the patch and in the original. Errors are lost calls: without
  // memory nothing is recorded.
  void record(std::uint64_t own, std::uint64_t original, std::uint64_t weight) noexcept;

  // The original's time cannot be seen: what is recorded as own time holds it.
  void never_split() noexcept { at_most_.store(true, std::memory_order_relaxed); }

  // Its calls make coroutines or generators, and only the making is seen.
  void never_whole() noexcept { at_least_.store(true, std::memory_order_relaxed); }

  // Calls go through it from here on; before, its counts mean nothing.
  void begin() noexcept;
  bool counts() const noexcept { return counts_.load(std::memory_order_relaxed); }

  // Everything is counted anew, but calls that are inside.
  void start_over() noexcept;

  // Nothing before the first timed call.
  std::optional<Cost> cost() const noexcept;
  // All own times so far, for comparing two moments.
  Meter::Counts own_counts() const noexcept;

 private:
  // Histograms are large and most patches are never called: made with the first timed call.
  struct Timings {
    Meter own;
    Meter original;
  };
  std::atomic<Timings*> timings_{nullptr};
  std::atomic<bool> at_most_{false};
  std::atomic<bool> at_least_{false};
  std::atomic<bool> counts_{false};
  std::atomic<std::uint64_t> since_{0};
};

// The meters of a process by the id of their patch, for whoever has no GIL.
class Meters {
 public:
  // The meter of a patch, made when it is first asked for.
  std::shared_ptr<PatchMeter> of(int id);
  // The meter of a governed patch, which has it from before it had an id. Calls may be inside of
  // what was there before: REQUIRES that somebody else keeps that.
  void put(int id, std::shared_ptr<PatchMeter> meter);
  void forget(int id);
  std::shared_ptr<const PatchMeter> find(int id) const;

  // In a forked child: what was measured before is its parent's.
  void start_over();

  // Fills in calls, errors and cost of the patches that are measured.
  void tell(std::vector<Patch>& patches) const;

 private:
  mutable std::mutex mutex_;
  std::map<int, std::shared_ptr<PatchMeter>> meters_;
};

// What reading the clock of all measurements (monotonic_ns) costs, measured once.
struct ClockCost {
  double reading = 0;  // ns
  double spread = 0;   // ns: readings differ by so much
};
const ClockCost& clock_cost() noexcept;

}  // namespace overt
