#include "samples.h"

#include <algorithm>
#include <cmath>
#include <new>

namespace overt::py {
namespace {

// Every call of an original looks through the open ones: with more of them that would cost more
// than it tells.
constexpr std::size_t kMostOpen = 64;

std::uint64_t less(std::uint64_t time, double cost) {
  const auto left = static_cast<double>(time) - cost;
  return left > 0 ? static_cast<std::uint64_t>(std::llround(left)) : 0;
}

}  // namespace

// Read from a field of the public header's PyThreadState: chunks of the frame stack are linked, and
// one is not freed while a frame is on it.
FrameStack FrameStack::current() {
  FrameStack stack;
  stack.thread_ = PyThreadState_Get();
  stack.chunk_ = stack.thread_->datastack_chunk;
  return stack;
}

bool FrameStack::is_running() const {
  const auto* thread = PyThreadState_Get();
  if (thread != thread_) return false;
  for (const auto* chunk = thread->datastack_chunk; chunk != nullptr; chunk = chunk->previous) {
    if (chunk == chunk_) return true;
  }
  return false;
}

std::vector<Sample*>& open_samples() {
  static auto& all = *new std::vector<Sample*>;
  return all;
}

Sample* sample_of(const void* key) {
  const auto& all = open_samples();
  for (auto it = all.rbegin(); it != all.rend(); ++it) {
    auto* sample = *it;
    if ((sample->original == key || sample->patch == key) && sample->stack.is_running()) {
      return sample;
    }
  }
  return nullptr;
}

Sample* new_sample() { return new (std::nothrow) Sample; }

bool open_sample(Sample& sample, PatchMeter& meter, const void* original) {
  sample = {&meter, original, FrameStack::current(), {}};
  if (!sample.stack.is_known() || open_samples().size() >= kMostOpen) return false;
  try {
    open_samples().push_back(&sample);
  } catch (const std::bad_alloc&) {
    return false;
  }
  meter.pace.open();
  return true;
}

void note_raised(Sample& sample, const PyObject* result) noexcept {
  PyObject* error = result == nullptr ? PyErr_GetRaisedException() : nullptr;
  Py_XSETREF(sample.raised, Py_XNewRef(error));
  if (error != nullptr) PyErr_SetRaisedException(error);
}

void close_sample(const Sample& sample) {
  auto& all = open_samples();
  // Nearly always the last one.
  const auto it = std::find(all.rbegin(), all.rend(), &sample);
  if (it == all.rend()) return;
  all.erase(std::next(it).base());
  sample.patch->pace.close();
}

void record_timing(PatchMeter& meter, const Timed& timed, const Stopwatch& outside) {
  // Of the two readings around an interval one falls into it, the other beside it.
  const auto reading = clock_cost().reading;
  const auto took = timed.inside.total();
  const auto intervals = timed.inside.laps() + outside.laps();
  meter.pace.end(took, timed.cost + 2 * reading * intervals);
  meter.record(less(took - std::min(took, outside.total()), reading * intervals),
               less(outside.total(), reading * outside.laps()), timed.weight);
}

TimedCall::TimedCall(PatchMeter& meter, Sample& sample, const void* original, std::uint64_t since)
    : meter_(meter), sample_(sample), since_(since) {
  timed_.weight = meter.pace.begin();
  open_ = open_sample(sample, meter, original);
  if (!open_) timed_.weight = 0;
  timed_.inside.start();
}

void TimedCall::stop() {
  timed_.inside.stop();
  if (open_) close_sample(sample_);
  timed_.cost = static_cast<double>(monotonic_ns() - since_ - timed_.inside.total());
}

void TimedCall::record() const {
  if (timed_.weight != 0) record_timing(meter_, timed_, sample_.outside);
}

}  // namespace overt::py
