// Calls of patches that are being timed right now, and how the time of their originals is told from
// their own.
//
// A timed call of a patch opens a sample. When its original is called below it, on the same stack,
// that time is the original's; so is a nested call of the same patch, which has a time of its own.
// Which stack a call is on is told by the interpreter's frame stack: greenlets have one each and
// exchange them as they switch, where the C stack and the thread stay the same.
//
// Samples are on the heap, since greenlets move the C stack. Until 3.13 a daemon thread ends by the
// unwinding of its stack, in the middle of a call and without the GIL: on the path of a call
// nothing may wait to be destroyed. THREADS: with the GIL.
#pragma once

#include <vector>

#include "overt/patch_meter.h"
#include "refusal.h"

namespace overt::py {

// One frame stack of one thread; valid while a call on it is inside.
class FrameStack {
 public:
  static FrameStack current();
  bool is_known() const { return chunk_ != nullptr; }
  // Whether the running code is on this stack, at or above the place where it was taken.
  bool is_running() const;

 private:
  PyThreadState* thread_ = nullptr;
  const void* chunk_ = nullptr;
};

// Adds up intervals. One within another, or beside it on another thread, counts once.
class Stopwatch {
 public:
  void start() {
    if (depth_++ == 0) since_ = monotonic_ns();
  }
  void stop() {
    if (--depth_ != 0) return;
    total_ += monotonic_ns() - since_;
    ++laps_;
  }
  std::uint64_t total() const { return total_; }  // ns
  std::uint32_t laps() const { return laps_; }

 private:
  std::uint64_t total_ = 0;
  std::uint64_t since_ = 0;
  std::uint32_t laps_ = 0;
  std::uint32_t depth_ = 0;
};

struct Sample {
  PatchMeter* patch = nullptr;
  const void* original = nullptr;  // the function, or the meter of the patch below
  FrameStack stack;
  Stopwatch outside;           // in the original, or in nested calls of the patch
  PyObject* raised = nullptr;  // owned: what the original raised, if its last call did
};

// Open samples; nearly always none.
std::vector<Sample*>& open_samples();

// The sample on this stack for which a call of `key` is outside the patch, nullptr for none.
Sample* sample_of(const void* key);

// What came of a call of the original. PYTHON: an error of an earlier call may end its life.
void note_raised(Sample& sample, const PyObject* result) noexcept;

// Runs a call of what may be the original of a sample, or a nested call of its patch.
template <class Call>
PyObject* as_original(const void* key, const Call& call) {
  if (open_samples().empty()) [[likely]]
    return call();
  auto* sample = sample_of(key);
  if (sample == nullptr) return call();
  sample->outside.start();
  PyObject* result = call();
  sample->outside.stop();
  if (key == sample->original) note_raised(*sample, result);
  return result;
}

// Fills in a sample and opens it. False where the call cannot be timed: too many are open, or there
// is no memory. The sample stays where it is until it is closed.
bool open_sample(Sample& sample, PatchMeter& meter, const void* original);
void close_sample(const Sample& sample);

Sample* new_sample();  // to be deleted; nullptr: no memory

// How long a call took, and for how many calls it stands; 0 where it does not count.
struct Timed {
  std::uint32_t weight = 0;
  Stopwatch inside;
  double cost = 0;  // of timing it, ns
};

// Records what it took, less the clock's own time.
void record_timing(PatchMeter& meter, const Timed& timed, const Stopwatch& outside);

// Times one call, from here to stop(), and what that costs, from `since` on.
class TimedCall {
 public:
  TimedCall(PatchMeter& meter, Sample& sample, const void* original, std::uint64_t since);
  ~TimedCall() = default;
  TimedCall(const TimedCall&) = delete;
  TimedCall& operator=(const TimedCall&) = delete;

  void stop();
  const Timed& timed() const { return timed_; }
  void record() const;

 private:
  PatchMeter& meter_;
  Sample& sample_;
  std::uint64_t since_;
  bool open_;
  Timed timed_;
};

// Runs a call that is due: `plain`, below a timed call of the patch perhaps, or `timed`.
template <class Plain, class InTime>
PyObject* run_due(PatchMeter& meter, const Plain& plain, const InTime& timed) {
  return as_original(&meter, [&] { return meter.pace.turn() ? timed() : plain(); });
}

}  // namespace overt::py
