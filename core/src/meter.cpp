#include "overt/meter.h"

#include <algorithm>
#include <bit>

namespace overt {

// Durations below 2^kSteps have a bucket each; above, the kSteps bits behind the highest one
// choose.
std::size_t Meter::bucket_of(std::uint64_t nanoseconds) noexcept {
  if (nanoseconds < (1U << kSteps)) return nanoseconds;
  const auto power = static_cast<unsigned>(std::bit_width(nanoseconds)) - 1 - kSteps;
  const auto step = (nanoseconds >> power) & ((1U << kSteps) - 1);
  return std::min<std::size_t>((std::size_t{power + 1} << kSteps) + step, kBuckets - 1);
}

double Meter::middle_of(std::size_t bucket) noexcept {
  const auto power = bucket >> kSteps;
  const auto step = bucket & ((1U << kSteps) - 1);
  if (power == 0) return static_cast<double>(step);
  const auto width = std::uint64_t{1} << (power - 1);
  const auto low = ((std::uint64_t{1} << kSteps) + step) * width;
  return static_cast<double>(low) + static_cast<double>(width - 1) / 2;
}

void Meter::record(std::uint64_t nanoseconds) noexcept {
  sampled_.add();
  total_.add(nanoseconds);
  if (nanoseconds > max_.get()) max_.set(nanoseconds);
  buckets_[bucket_of(nanoseconds)].add();
}

double Meter::quantile(double part, std::uint64_t all) const noexcept {
  const auto wanted = part * static_cast<double>(all);
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < kBuckets; ++i) {
    seen += buckets_[i].get();
    if (seen > 0 && static_cast<double>(seen) >= wanted) {
      return std::min(middle_of(i), static_cast<double>(max_.get()));
    }
  }
  return static_cast<double>(max_.get());
}

Timing Meter::timing() const noexcept {
  Timing timing;
  timing.sampled = sampled_.get();
  if (timing.sampled == 0) return timing;
  timing.mean = static_cast<double>(total_.get()) / static_cast<double>(timing.sampled);
  timing.p50 = quantile(0.5, timing.sampled);
  timing.p99 = quantile(0.99, timing.sampled);
  timing.max = static_cast<double>(max_.get());
  return timing;
}

}  // namespace overt
