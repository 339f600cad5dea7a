// How long sampled calls took, as a log-linear histogram: a count for each eighth of a power of
// two.
//
// The bucket of a duration is found with a shift and a mask, so recording costs a few instructions,
// and a quantile read from it is at most 1/16 off (the middle of a bucket that is 1/8 wide).
// THREADS: one writer at a time (with the GIL); readers of any thread see counts that may be one
// sample apart.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "overt/cell.h"

namespace overt {

struct Timing {               // nanoseconds
  std::uint64_t sampled = 0;  // calls that were timed
  double mean = 0;
  double p50 = 0;
  double p99 = 0;
  double max = 0;
};

class Meter {
 public:
  void record(std::uint64_t nanoseconds) noexcept;
  Timing timing() const noexcept;

 private:
  static constexpr unsigned kSteps = 3;    // 2^3 buckets for each power of two
  static constexpr unsigned kPowers = 40;  // up to 2^43 ns, two hours and a half
  static constexpr std::size_t kBuckets = std::size_t{kPowers + 1} << kSteps;

  static std::size_t bucket_of(std::uint64_t nanoseconds) noexcept;
  static double middle_of(std::size_t bucket) noexcept;
  double quantile(double part, std::uint64_t all) const noexcept;

  Count sampled_;
  Count total_;
  Count max_;
  std::array<Count, kBuckets> buckets_;
};

}  // namespace overt
