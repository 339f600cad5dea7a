#include "holders.h"

#include <mutex>
#include <utility>
#include <vector>

#include "overt/switchboard.h"
#include "reach.h"
#include "soon.h"

namespace overt::py {
namespace {

// How long a question waits before it is put again: the call that would have answered it may have
// been lost in a fork.
constexpr double kPatience = 1.0;

struct State {
  std::mutex mutex;
  std::map<int, Reach> found;
  std::optional<double> found_at;  // boot time, as the next one
  std::optional<double> asked_at;
};

State& state() {
  static auto& all = *new State;
  return all;
}

int find_out(void* /*unused*/) {
  auto patches = records().ledger().patches();
  measure_reach(patches, records().subjects());
  read_code(patches, records().subjects());
  std::map<int, Reach> found;
  for (auto& patch : patches) {
    if (patch.handlers && !records().ledger().patch(patch.id).handlers) {
      records().ledger().note_handlers(patch.id, *patch.handlers);
    }
    if (patch.looks && !records().ledger().patch(patch.id).looks) {
      records().ledger().note_looks(patch.id, *patch.looks);
    }
    if (patch.reach && !patch.reverted) found.emplace(patch.id, std::move(*patch.reach));
  }
  const std::lock_guard lock(state().mutex);
  state().found.swap(found);
  state().found_at = boot_seconds();
  state().asked_at.reset();
  return 0;
}

}  // namespace

std::optional<std::map<int, Reach>> reach_within(double age) {
  const double now = boot_seconds();
  {
    const std::lock_guard lock(state().mutex);
    auto& [mutex, found, found_at, asked_at] = state();
    if (found_at && now - *found_at <= age) return found;
    if (asked_at && now - *asked_at < kPatience) return std::nullopt;
    asked_at = now;
  }
  call_soon(find_out);
  return std::nullopt;
}

}  // namespace overt::py
