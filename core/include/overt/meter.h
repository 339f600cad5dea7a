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
#include <string_view>

#include "overt/cell.h"

namespace overt {

struct Timing {               // nanoseconds
  std::uint64_t sampled = 0;  // calls that were timed
  double total = 0;           // of all calls, as far as the timed ones speak for them
  double mean = 0;
  double p50 = 0;
  double p99 = 0;
  double max = 0;
};

// What a patch costs, in nanoseconds unless said otherwise.
struct Cost {
  Timing own;              // of the patch itself
  Timing original;         // of what it replaced, below it
  bool at_most = false;    // the original's time could not be told apart and is in `own`
  bool at_least = false;   // of coroutines and generators whose life is not seen: that of the call
  double uncertainty = 0;  // of a single call's own time
  double share = 0;        // of the wall time since it is measured: 0.01 is one hundredth
};

// What stands before a time that is not exact, "" else: "<= " or ">= "; "at most " or "at least ".
std::string_view bound_mark(bool at_most, bool at_least);
std::string_view bound_words(bool at_most, bool at_least);

class Meter {
 public:
  // `weight`: how many calls the timed one stands for.
  void record(std::uint64_t nanoseconds, std::uint64_t weight = 1) noexcept;
  Timing timing() const noexcept;
  void clear() noexcept;

 private:
  static constexpr unsigned kSteps = 3;    // 2^3 buckets for each power of two
  static constexpr unsigned kPowers = 40;  // up to 2^43 ns, two hours and a half
  static constexpr std::size_t kBuckets = std::size_t{kPowers + 1} << kSteps;

 public:
  // The counts at one moment, for comparing two.
  struct Counts {
    std::uint64_t sampled = 0;
    std::array<std::uint64_t, kBuckets> buckets{};  // weights

    // What was recorded since `earlier`.
    Counts since(const Counts& earlier) const noexcept;
    void add(const Counts& other) noexcept;
    std::uint64_t weight() const noexcept;
    // How many of 1.0 took longer.
    double part_above(double nanoseconds) const noexcept;
    // Mean and its standard error without the slowest `part`: a machine that stops a call for
    // milliseconds says nothing about the call.
    struct Mean {
      double mean = 0;
      double error = 0;
    };
    Mean mean_without(double part) const noexcept;
  };
  Counts counts() const noexcept;

 private:
  static std::size_t bucket_of(std::uint64_t nanoseconds) noexcept;
  static double middle_of(std::size_t bucket) noexcept;
  double quantile(double part, std::uint64_t all) const noexcept;

  Count sampled_;
  Count weight_;  // of all buckets
  Count total_;
  Count max_;
  std::array<Count, kBuckets> buckets_;
};

}  // namespace overt
