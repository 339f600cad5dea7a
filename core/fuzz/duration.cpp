// Durations: a number of seconds above zero that a clock can be set to, or an error.

#include "overt/duration.h"

#include <cmath>

#include "fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto seconds = overt::parse_duration(overt::fuzz::text_of(data, size));
  overt::fuzz::promise(!seconds || (std::isfinite(*seconds) && *seconds > 0), "above zero");
  return 0;
}
