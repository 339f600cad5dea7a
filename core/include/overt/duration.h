// Durations as people write them: "20us", "50 ms", "1.5s", "2h", "7d".
// THREADS: pure.
#pragma once

#include <string>
#include <string_view>

#include "overt/result.h"

namespace overt {

// Seconds, above zero. A number needs its unit: ns, us, ms, s, min, h or d.
result<double> parse_duration(std::string_view text);

// "850 ns", "5.3 us", "12 ms", "1.5 s": for people, two digits at least.
std::string duration_words(double nanoseconds);

}  // namespace overt
