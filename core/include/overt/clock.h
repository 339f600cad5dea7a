// The clocks: what people read, what waiting is counted by, and what calls are timed by.
// THREADS: pure; each is one vDSO call, safe in a child inside fork().
#pragma once

#include <cstdint>

namespace overt {

double seconds_now();                   // since the epoch; may jump when somebody sets the clock
std::uint64_t monotonic_ns() noexcept;  // CLOCK_MONOTONIC: stands still while the machine sleeps
double boot_seconds();  // CLOCK_BOOTTIME: never back, and on while the machine sleeps

}  // namespace overt
