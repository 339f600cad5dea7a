#include "overt/pace.h"

#include <algorithm>
#include <cmath>

namespace overt {
namespace {

constexpr std::uint32_t kFirst = 16;    // calls that are timed each
constexpr double kPart = 100;           // timing takes at most this part of the calls' own time
constexpr double kLongest = 4096;       // calls between two timed ones
constexpr double kUnknown = 4;          // calls between two, before one has ended
constexpr double kOutlier = 4;          // means
constexpr double kMemory = 1.0 / 16.0;  // how fast the mean follows

}  // namespace

bool Pace::turn() noexcept {
  if (open_ == 0) return true;
  countdown_ = 1;
  return --left_ == 0;
}

void Pace::open() noexcept {
  if (open_++ > 0) return;
  left_ = countdown_;
  countdown_ = 1;
}

void Pace::close() noexcept {
  if (--open_ == 0) countdown_ = left_;
}

void Pace::hurry() noexcept {
  distance_ = 1;
  wait(1);
}

std::uint32_t Pace::begin() noexcept {
  const auto stands_for = distance_;
  ++timed_;
  distance_ = 1;
  if (timed_ >= kFirst) {
    // Before the first one has ended, that of a coroutine perhaps, nothing is known.
    const double wanted = took_ > 0 ? cost_ * kPart / took_ : kUnknown;
    const auto middle = static_cast<std::uint32_t>(std::lround(std::clamp(wanted, 1.0, kLongest)));
    random_ ^= random_ << 13U;
    random_ ^= random_ >> 17U;
    random_ ^= random_ << 5U;
    distance_ = middle / 2 + random_ % (middle + 1);  // middle / 2 .. middle * 3 / 2
    distance_ = std::max(distance_, 1U);
    timed_ = kFirst;
  }
  wait(distance_);
  return stands_for;
}

void Pace::end(std::uint64_t took, double cost) noexcept {
  // A machine that stops a call for milliseconds must not have the next hundred timed: the first
  // ones count as the fastest of them did, a later one as no more than a few of those before.
  const auto follow = [&](double& mean, double value) {
    if (mean == 0) mean = value;
    if (timed_ < kFirst) mean = std::min(mean, value);
    mean += (std::min(value, mean * kOutlier) - mean) * kMemory;
  };
  follow(took_, std::max(static_cast<double>(took), 1.0));
  follow(cost_, cost);
}

}  // namespace overt
