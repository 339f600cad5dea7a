#include "overt/pace.h"

#include <algorithm>
#include <cmath>

namespace overt {
namespace {

constexpr std::uint32_t kFirst = 16;    // calls that are timed each
constexpr double kPart = 100;           // timing takes at most this part of the calls' own time
constexpr double kLongest = 4096;       // calls between two timed ones
constexpr double kMemory = 1.0 / 16.0;  // how fast the mean follows

}  // namespace

std::uint32_t Pace::begin(double cost) noexcept {
  const auto stands_for = distance_;
  ++timed_;
  distance_ = 1;
  if (timed_ >= kFirst) {
    const double wanted = std::clamp(cost * kPart / std::max(mean_, 1.0), 1.0, kLongest);
    const auto middle = static_cast<std::uint32_t>(std::lround(wanted));
    random_ ^= random_ << 13U;
    random_ ^= random_ >> 17U;
    random_ ^= random_ << 5U;
    distance_ = middle / 2 + random_ % (middle + 1);  // middle / 2 .. middle * 3 / 2
    distance_ = std::max(distance_, 1U);
    timed_ = kFirst;
  }
  countdown_ = distance_;
  return stands_for;
}

void Pace::end(std::uint64_t nanoseconds) noexcept {
  const auto took = static_cast<double>(nanoseconds);
  mean_ = mean_ == 0 ? took : mean_ + (took - mean_) * kMemory;
}

}  // namespace overt
