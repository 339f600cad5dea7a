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
      return sample->away ? nullptr : sample;
    }
  }
  return nullptr;
}

Sample* open_sample(const PatchMeter& meter, const void* original) {
  const auto stack = FrameStack::current();
  if (!stack.is_known() || open_samples().size() >= kMostOpen) return nullptr;
  auto* sample = new (std::nothrow) Sample{&meter, original, stack};
  if (sample == nullptr) return nullptr;
  try {
    open_samples().push_back(sample);
  } catch (const std::bad_alloc&) {
    delete sample;
    return nullptr;
  }
  return sample;
}

void close_sample(Sample* sample) {
  auto& all = open_samples();
  // Nearly always the last one.
  const auto it = std::find(all.rbegin(), all.rend(), sample);
  if (it != all.rend()) all.erase(std::next(it).base());
  delete sample;
}

void record_sample(PatchMeter& meter, const Sample& sample, std::uint64_t took,
                   std::uint32_t weight) {
  // Of the two readings around a visit one falls into the visit, the other beside it.
  const auto reading = clock_cost().reading;
  const auto outside = less(sample.outside, reading * sample.visits);
  const auto own = less(took - std::min(took, sample.outside), reading * (1 + sample.visits));
  meter.pace.end(took);
  meter.record(own, outside, weight);
}

}  // namespace overt::py
