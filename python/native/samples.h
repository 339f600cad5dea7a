// Calls of patches that are being timed right now, and how the time of their originals is told from
// their own.
//
// A timed call of a patch opens a sample. When its original is called below it, on the same stack,
// that time is the original's; so is a nested call of the same patch, which has a time of its own.
// Which stack a call is on is told by the interpreter's frame stack: greenlets have one each and
// exchange them as they switch, where the C stack and the thread stay the same.
//
// Samples are on the heap, since greenlets move the C stack. THREADS: with the GIL.
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

struct Sample {
  const void* patch = nullptr;     // its meter
  const void* original = nullptr;  // the function, or the meter of the patch below
  FrameStack stack;
  std::uint64_t outside = 0;  // ns in the original, or in nested calls of the patch
  std::uint32_t visits = 0;   // so many times
  bool away = false;          // in one of these now
};

// Open samples; nearly always none.
std::vector<Sample*>& open_samples();

// The sample on this stack for which a call of `key` is outside the patch, nullptr for none.
Sample* sample_of(const void* key);

// Runs a call of what may be the original of a sample, or a nested call of its patch.
template <class Call>
PyObject* as_original(const void* key, const Call& call) {
  if (open_samples().empty()) [[likely]]
    return call();
  auto* sample = sample_of(key);
  if (sample == nullptr) return call();
  sample->away = true;
  const auto start = monotonic_ns();
  PyObject* result = call();
  sample->outside += monotonic_ns() - start;
  ++sample->visits;
  sample->away = false;
  return result;
}

// What a timed call costs beside the readings of the clock, in nanoseconds.
inline constexpr double kBookkeeping = 100;

// Records what the timed call took, less the clock's own time.
void record_sample(PatchMeter& meter, const Sample& sample, std::uint64_t took,
                   std::uint32_t weight);

// Opens a sample, nullptr where the call cannot be timed: too many are open, or there is no memory.
Sample* open_sample(const PatchMeter& meter, const void* original);
void close_sample(Sample* sample);

// Runs a call whose turn it is to be timed, and records it.
template <class Call>
PyObject* timed_call(PatchMeter& meter, const void* original, const Call& call) {
  const auto weight = meter.pace.begin(2 * clock_cost().reading + kBookkeeping);
  auto* sample = open_sample(meter, original);
  if (sample == nullptr) return call();
  const auto start = monotonic_ns();
  PyObject* result = call();
  record_sample(meter, *sample, monotonic_ns() - start, weight);
  close_sample(sample);
  return result;
}

}  // namespace overt::py
