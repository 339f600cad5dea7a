#include "overt/duration.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <utility>

namespace overt {

result<double> parse_duration(std::string_view text) {
  constexpr std::array<std::pair<std::string_view, double>, 8> kUnits = {{{"ns", 1e-9},
                                                                          {"us", 1e-6},
                                                                          {"µs", 1e-6},
                                                                          {"ms", 1e-3},
                                                                          {"s", 1},
                                                                          {"min", 60},
                                                                          {"h", 3600},
                                                                          {"d", 86400}}};
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  auto unit = text.substr(static_cast<std::size_t>(end - text.data()));
  while (unit.starts_with(' ')) unit.remove_prefix(1);
  for (const auto& [name, unit_seconds] : kUnits) {
    if (error != std::errc() || unit != name) continue;
    const double seconds = number * unit_seconds;
    if (std::isfinite(seconds) && seconds > 0) return seconds;
  }
  return fail(Code::usage,
              "'" + std::string(text) +
                  "' is no duration: write a number above zero and a unit, as in 20us, 50ms, 30s, "
                  "10min, 2h or 7d",
              std::string(text));
}

std::string duration_words(double nanoseconds) {
  struct Unit {
    double size;
    const char* name;
  };
  constexpr std::array<Unit, 4> kUnits = {{{1e9, "s"}, {1e6, "ms"}, {1e3, "us"}, {1, "ns"}}};
  const auto* unit = std::find_if(kUnits.begin(), kUnits.end() - 1,
                                  [&](const Unit& each) { return nanoseconds >= each.size; });
  const double number = nanoseconds / unit->size;
  const bool whole = number >= 9.95 || unit->size == 1;
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), whole ? "%.0f %s" : "%.1f %s", number, unit->name);
  return text.data();
}

}  // namespace overt
