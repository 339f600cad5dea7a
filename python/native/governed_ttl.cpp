// Patches that may live so long and no longer: the native thread keeps the time, switches the patch
// off at once, and has it removed at the interpreter's next safe point.

#include <mutex>
#include <vector>

#include "governed.h"
#include "overt/service.h"
#include "soon.h"

namespace overt::py {
namespace {

// Patches whose time is over: switched off already, by the native thread, and to be removed.
struct Expired {
  std::mutex mutex;
  std::vector<int> ids;
};

Expired& expired() {
  static auto& all = *new Expired;
  return all;
}

int remove_expired(void* /*unused*/) {
  std::vector<int> ids;
  {
    const std::lock_guard lock(expired().mutex);
    ids.swap(expired().ids);
  }
  for (const int id : ids) {
    const auto patch = GovernedPatch::of(id);
    if (!patch) continue;
    try {
      patch->remove_entirely();
    } catch (nb::python_error& error) {
      error.discard_as_unraisable("overt: removing a patch whose ttl is over");
    } catch (const std::exception&) {  // NOLINT(bugprone-empty-catch)
      // It stays installed, and off.
    }
  }
  return 0;
}

}  // namespace

void GovernedPatch::start_ttl() {
  if (wish_.ttl <= 0 || id_ == 0 || Service::active() == nullptr) return;
  timer_ =
      Service::active()->at(boot_seconds() + wish_.ttl, [meter = layer_->state->meter, id = id_] {
        meter->cell.off.store(true, std::memory_order_relaxed);
        {
          const std::lock_guard lock(expired().mutex);
          expired().ids.push_back(id);
        }
        call_soon(remove_expired);
      });
}

void GovernedPatch::stop_ttl() {
  if (timer_ != 0 && Service::active() != nullptr) Service::active()->cancel(timer_);
  timer_ = 0;
}

}  // namespace overt::py
