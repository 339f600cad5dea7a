#include "overt/meter.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace overt {

std::string_view bound_mark(bool at_most, bool at_least) {
  return at_least ? ">= " : at_most ? "<= " : "";
}

std::string_view bound_words(bool at_most, bool at_least) {
  return at_least ? "at least " : at_most ? "at most " : "";
}

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

void Meter::record(std::uint64_t nanoseconds, std::uint64_t weight) noexcept {
  sampled_.add();
  weight_.add(weight);
  total_.add(nanoseconds * weight);
  if (nanoseconds > max_.get()) max_.set(nanoseconds);
  buckets_[bucket_of(nanoseconds)].add(weight);
}

void Meter::clear() noexcept {
  for (auto* count : {&sampled_, &weight_, &total_, &max_}) count->set(0);
  for (auto& bucket : buckets_) bucket.set(0);
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
  const auto weight = std::max<std::uint64_t>(weight_.get(), 1);
  timing.total = static_cast<double>(total_.get());
  timing.mean = timing.total / static_cast<double>(weight);
  timing.p50 = quantile(0.5, weight);
  timing.p99 = quantile(0.99, weight);
  timing.max = static_cast<double>(max_.get());
  return timing;
}

Meter::Counts Meter::counts() const noexcept {
  Counts counts;
  counts.sampled = sampled_.get();
  for (std::size_t i = 0; i < kBuckets; ++i) counts.buckets[i] = buckets_[i].get();
  return counts;
}

Meter::Counts Meter::Counts::since(const Counts& earlier) const noexcept {
  Counts counts;
  counts.sampled = sampled - std::min(sampled, earlier.sampled);
  for (std::size_t i = 0; i < kBuckets; ++i) {
    counts.buckets[i] = buckets[i] - std::min(buckets[i], earlier.buckets[i]);
  }
  return counts;
}

void Meter::Counts::add(const Counts& other) noexcept {
  sampled += other.sampled;
  for (std::size_t i = 0; i < kBuckets; ++i) buckets[i] += other.buckets[i];
}

std::uint64_t Meter::Counts::weight() const noexcept {
  std::uint64_t weight = 0;
  for (const auto bucket : buckets) weight += bucket;
  return weight;
}

double Meter::Counts::part_above(double nanoseconds) const noexcept {
  std::uint64_t above = 0;
  for (std::size_t i = 0; i < kBuckets; ++i) {
    if (middle_of(i) > nanoseconds) above += buckets[i];
  }
  const auto all = weight();
  return all == 0 ? 0 : static_cast<double>(above) / static_cast<double>(all);
}

Meter::Counts::Mean Meter::Counts::mean_without(double part) const noexcept {
  const auto all = static_cast<double>(weight());
  double left = all * (1 - part);
  double count = 0;
  double sum = 0;
  double squares = 0;
  for (std::size_t i = 0; i < kBuckets && left > 0; ++i) {
    const double taken = std::min(left, static_cast<double>(buckets[i]));
    const double middle = middle_of(i);
    left -= taken;
    count += taken;
    sum += taken * middle;
    squares += taken * middle * middle;
  }
  if (count == 0) return {};
  const double mean = sum / count;
  const double variance = std::max(squares / count - mean * mean, 0.0);
  // Each sample stands for several calls, but is one observation.
  return {mean, std::sqrt(variance / static_cast<double>(std::max<std::uint64_t>(sampled, 1)))};
}

}  // namespace overt
