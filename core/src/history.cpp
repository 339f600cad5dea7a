#include "overt/history.h"

#include <algorithm>
#include <utility>

#include "overt/clock.h"

namespace overt {

void History::add(std::string kind, std::string body) {
  const std::lock_guard lock(mutex_);
  if (events_.size() == kCapacity) events_.pop_front();
  events_.push_back({++sequence_, seconds_now(), std::move(kind), std::move(body)});
}

std::vector<Event> History::after(std::uint64_t sequence, std::size_t limit) const {
  const std::lock_guard lock(mutex_);
  const auto first = std::upper_bound(
      events_.begin(), events_.end(), sequence,
      [](std::uint64_t number, const Event& event) { return number < event.sequence; });
  const auto count =
      std::min<std::size_t>(limit, static_cast<std::size_t>(std::distance(first, events_.end())));
  return {first, first + static_cast<std::ptrdiff_t>(count)};
}

std::uint64_t History::last() const {
  const std::lock_guard lock(mutex_);
  return sequence_;
}

}  // namespace overt
