// What one patch shares between the call path, the control thread and whoever asks for numbers.
//
// A patched call reads `off` and counts itself; nothing else of Overt is touched by a call.
// THREADS: the counters are written by the thread that calls, which holds the GIL, so one writer at
// a time: load and store, no locked instruction. `off` is written by any thread. Everything is read
// by any thread, without a lock; two counters may be one call apart.
#pragma once

#include <atomic>
#include <cstdint>

namespace overt {

// A counter with one writer at a time and any number of readers.
class Count {
 public:
  void add(std::uint64_t amount = 1) noexcept {
    value_.store(value_.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);
  }
  std::uint64_t get() const noexcept { return value_.load(std::memory_order_relaxed); }
  void set(std::uint64_t value) noexcept { value_.store(value, std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

struct Cell {
  std::atomic<bool> off{false};  // new calls go to the original
  Count entered;                 // calls that went through the patch
  Count left;                    // of these, those that have returned: entered - left are inside
  Count errors;                  // of these, those that raised

  bool is_off() const noexcept { return off.load(std::memory_order_relaxed); }
  std::uint64_t inside() const noexcept {
    const auto out = left.get();  // before entered: never negative
    const auto in = entered.get();
    return in > out ? in - out : 0;
  }
};

}  // namespace overt
