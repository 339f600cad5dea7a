#include "overt/patch_meter.h"

#include <algorithm>
#include <array>
#include <new>

namespace overt {

namespace {

// The smallest of several means: whatever else ran meanwhile only adds.
ClockCost measure_clock() noexcept {
  constexpr int kReadings = 64;
  std::array<double, 16> means{};
  for (auto& mean : means) {
    const auto start = monotonic_ns();
    auto last = start;
    for (int i = 0; i < kReadings; ++i) last = monotonic_ns();
    mean = static_cast<double>(last - start) / kReadings;
  }
  std::sort(means.begin(), means.end());
  return {means.front(), means[means.size() / 2] - means.front()};
}

}  // namespace

const ClockCost& clock_cost() noexcept {
  static const ClockCost cost = measure_clock();
  return cost;
}

PatchMeter::~PatchMeter() { delete timings_.load(); }

void PatchMeter::record(std::uint64_t own, std::uint64_t original, std::uint64_t weight) noexcept {
  auto* timings = timings_.load(std::memory_order_relaxed);
  if (timings == nullptr) {
    timings = new (std::nothrow) Timings;
    if (timings == nullptr) return;
    timings_.store(timings, std::memory_order_release);
  }
  timings->own.record(own, weight);
  timings->original.record(original, weight);
}

void PatchMeter::begin() noexcept {
  if (since_.load(std::memory_order_relaxed) == 0) since_.store(monotonic_ns());
  counts_.store(true, std::memory_order_relaxed);
}

void PatchMeter::start_over() noexcept {
  cell.entered.set(cell.inside());
  cell.left.set(0);
  cell.errors.set(0);
  for (auto* count : {&evidence.probed, &evidence.raised, &evidence.swallowed, &evidence.replaced,
                      &evidence.hidden, &evidence.contained}) {
    count->set(0);
  }
  if (auto* timings = timings_.load(std::memory_order_relaxed); timings != nullptr) {
    timings->own.clear();
    timings->original.clear();
  }
  if (since_.load(std::memory_order_relaxed) != 0) since_.store(monotonic_ns());
}

std::optional<Cost> PatchMeter::cost() const noexcept {
  const auto* timings = timings_.load(std::memory_order_acquire);
  if (timings == nullptr) return std::nullopt;
  Cost cost;
  cost.own = timings->own.timing();
  cost.original = timings->original.timing();
  cost.at_most = at_most_.load(std::memory_order_relaxed);
  cost.at_least = at_least_.load(std::memory_order_relaxed);
  const auto& clock = clock_cost();
  cost.uncertainty = clock.reading + 2 * clock.spread;
  const auto since = since_.load(std::memory_order_relaxed);
  const auto wall = since != 0 ? static_cast<double>(monotonic_ns() - since) : 0;
  cost.share = wall > 0 ? cost.own.total / wall : 0;
  return cost;
}

Meter::Counts PatchMeter::own_counts() const noexcept {
  const auto* timings = timings_.load(std::memory_order_acquire);
  return timings == nullptr ? Meter::Counts() : timings->own.counts();
}

std::shared_ptr<PatchMeter> Meters::of(int id) {
  const std::lock_guard lock(mutex_);
  auto& meter = meters_[id];
  if (!meter) meter = std::make_shared<PatchMeter>();
  return meter;
}

void Meters::put(int id, std::shared_ptr<PatchMeter> meter) {
  const std::lock_guard lock(mutex_);
  meters_[id] = std::move(meter);
}

void Meters::forget(int id) {
  const std::lock_guard lock(mutex_);
  meters_.erase(id);
}

std::shared_ptr<const PatchMeter> Meters::find(int id) const {
  const std::lock_guard lock(mutex_);
  const auto it = meters_.find(id);
  return it == meters_.end() ? nullptr : it->second;
}

void Meters::start_over() {
  const std::lock_guard lock(mutex_);
  for (const auto& [id, meter] : meters_) meter->start_over();
}

void Meters::tell(std::vector<Patch>& patches) const {
  for (auto& patch : patches) {
    const auto meter = find(patch.id);
    if (!meter || !meter->counts()) continue;
    patch.metered = true;
    patch.calls = meter->cell.entered.get();
    patch.errors = meter->cell.errors.get();
    patch.cost = meter->cost();
    const auto& seen = meter->evidence;
    if (seen.probed.get() == 0) continue;
    patch.evidence = {seen.probed.get(), seen.raised.get(), seen.swallowed.get(),
                      seen.replaced.get(), seen.hidden.get()};
  }
}

}  // namespace overt
