#include "overt/budget.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <set>

#include "overt/duration.h"

namespace overt {
namespace {

constexpr double kSlowest = 0.01;  // of the calls are not part of a mean
constexpr double kSurely = 3;      // standard errors
constexpr std::uint64_t kFewestSamples = 10;

std::string number(double value, const char* format = "%.3g") {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), format, value);
  return text.data();
}

std::string in_calls(const Window& window) {
  return " in " + std::to_string(window.calls) + " calls of " + number(window.seconds) + " s";
}

bool is_above(const Window& first, const Window& second, double limit,
              double (*measure)(const Window&)) {
  return measure(first) > limit && measure(second) > limit;
}

double mean_of(const Window& window) { return window.own.mean_without(kSlowest).mean; }

double share_of(const Window& window) {
  if (window.seconds <= 0) return 0;
  return mean_of(window) * static_cast<double>(window.calls) / (window.seconds * 1e9);
}

double errors_of(const Window& window) {
  return window.seconds <= 0 ? 0 : static_cast<double>(window.errors) / window.seconds;
}

bool surely_above(const Window& both, double limit_of_mean) {
  const auto mean = both.own.mean_without(kSlowest);
  return both.own.sampled >= kFewestSamples && mean.mean - kSurely * mean.error > limit_of_mean;
}

bool is_tripped(const Standing& standing) {
  return has_vote_of(Source::budget, standing.votes) ||
         has_vote_of(Source::budget, standing.lifted);
}

// More of the samples are above than a hundredth and chance explain.
bool tail_surely_above(const Window& both, double limit) {
  const auto samples = static_cast<double>(both.own.sampled);
  const double expected = samples * kSlowest;
  return both.own.part_above(limit) * samples > expected + kSurely * std::sqrt(expected) + 1;
}

}  // namespace

bool Budget::means(int id, const Facts& facts) const {
  if (patch != 0) return patch == id;
  if (!owner.empty() && !Selector::of_owner(owner).matches(id, facts)) return false;
  return matches_glob(target, facts.target);
}

void Window::add(const Window& other) {
  seconds += other.seconds;
  calls += other.calls;
  errors += other.errors;
  own.add(other.own);
}

std::optional<std::string> exceeded(const Budget& budget, const Window& first,
                                    const Window& second) {
  if (first.calls < budget.calls || second.calls < budget.calls) return std::nullopt;
  Window both = first;
  both.add(second);
  if (budget.mean && is_above(first, second, *budget.mean, mean_of) &&
      surely_above(both, *budget.mean)) {
    return "mean " + duration_words(mean_of(both)) + " over " + duration_words(*budget.mean) +
           in_calls(both);
  }
  if (budget.p99 && tail_surely_above(both, *budget.p99)) {
    return "p99 over " + duration_words(*budget.p99) + ": " +
           number(both.own.part_above(*budget.p99) * 100) + " % of calls are" + in_calls(both);
  }
  if (budget.share && is_above(first, second, *budget.share, share_of)) {
    const auto limit = *budget.share * both.seconds * 1e9 / static_cast<double>(both.calls);
    if (surely_above(both, limit)) {
      return "share " + number(share_of(both) * 100) + " % of the wall time over " +
             number(*budget.share * 100) + " %" + in_calls(both);
    }
  }
  if (budget.errors && is_above(first, second, *budget.errors, errors_of)) {
    return "errors " + number(errors_of(both)) + " a second over " + number(*budget.errors) +
           in_calls(both);
  }
  return std::nullopt;
}

void BudgetWatch::set(std::vector<Budget> of_file) {
  const std::lock_guard lock(mutex_);
  budgets_ = std::move(of_file);
  // What had tripped under a budget that still stands stays tripped.
  std::set<std::string> origins;
  for (const auto& budget : budgets_) origins.insert(budget.origin);
  std::erase_if(watched_, [&](const auto& each) {
    return !of_patches_.contains(each.first.first) && !origins.contains(each.first.second);
  });
}

void BudgetWatch::set(int patch, Budget budget) {
  const std::lock_guard lock(mutex_);
  budget.patch = patch;
  of_patches_[patch] = std::move(budget);
}

void BudgetWatch::forget(int patch) {
  const std::lock_guard lock(mutex_);
  of_patches_.erase(patch);
  std::erase_if(watched_, [&](const auto& each) { return each.first.first == patch; });
}

bool BudgetWatch::empty() const {
  const std::lock_guard lock(mutex_);
  return budgets_.empty() && of_patches_.empty();
}

std::vector<Trip> BudgetWatch::look(double now, const Meters& meters,
                                    const std::vector<Standing>& patches) {
  const std::lock_guard lock(mutex_);
  std::vector<Trip> trips;
  for (const auto& standing : patches) {
    const auto meter = meters.find(standing.id);
    if (!meter) continue;
    const auto look_at = [&](const Budget& budget) {
      if (!budget.means(standing.id, standing.facts)) return;
      auto& watched = watched_[{standing.id, budget.origin}];
      if (watched.tripped) {
        if (budget.action == BudgetAction::warn || is_tripped(standing)) return;
        watched = {};  // somebody has withdrawn the vote: from here on anew
      }
      if (watched.since != 0 && now < watched.since + budget.window) return;
      const auto calls = meter->cell.entered.get();
      const auto errors = meter->cell.errors.get();
      const auto own = meter->own_counts();
      // Fewer than before: another handle has made the patch again, and has a meter of its own.
      if (calls < watched.calls) watched = {};
      if (watched.since != 0) {
        Window window{now - watched.since, calls - watched.calls, errors - watched.errors,
                      own.since(watched.own)};
        if (const auto what =
                watched.last ? exceeded(budget, *watched.last, window) : std::nullopt) {
          watched.tripped = true;
          trips.push_back({standing.id, standing.facts.target, budget.action, *what, budget.origin,
                           budget.reason});
        }
        watched.last = window;
      }
      watched.since = now;
      watched.calls = calls;
      watched.errors = errors;
      watched.own = own;
    };
    for (const auto& budget : budgets_) look_at(budget);
    if (const auto own = of_patches_.find(standing.id); own != of_patches_.end()) {
      look_at(own->second);
    }
  }
  return trips;
}

}  // namespace overt
