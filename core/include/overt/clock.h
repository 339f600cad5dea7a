// The two clocks: what people read, and what durations are counted by.
// THREADS: pure; both are one vDSO call, safe in a child inside fork().
#pragma once

namespace overt {

double seconds_now();   // since the epoch; may jump when somebody sets the clock
double boot_seconds();  // CLOCK_BOOTTIME: never back, and on while the machine sleeps

}  // namespace overt
