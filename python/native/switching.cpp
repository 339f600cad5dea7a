#include "switching.h"

#include <map>
#include <mutex>
#include <unordered_map>

#include "foreign_switch.h"
#include "governed.h"
#include "overt/target.h"
#include "place.h"
#include "serving.h"

namespace overt::py {
namespace {

struct State {
  std::mutex mutex;            // of `wanted` only; never held while anything is done
  std::map<int, bool> wanted;  // id -> off
  std::unordered_map<int, std::unique_ptr<ForeignSwitch>> off;  // patches that are off
};

State& state() {
  static auto& all = *new State;
  return all;
}

Facts facts_of(const Patch& patch) {
  return {patch.target, patch.owner, patch.boundary, patch.governed,
          patch.fail_patched ? Fail::patched : Fail::original};
}

nb::object alive(const Identity& identity) { return nb::borrow(identity.get()); }

// A descriptor has no identity that could be followed: what is bound is looked at instead.
nb::object bound_at(const Patch& patch, const Subject& subject) {
  auto found = alive(subject.new_value);
  if (found.is_valid()) return found;
  const auto target = Target::parse(patch.target);
  if (!target) return {};
  const auto module = imported_module(target->module);
  if (!module.is_valid()) return {};
  found = find_target(*target, module).value;
  return subject.new_value.is(found.ptr()) ? found : nb::object();
}

// Whether another patch that stands put the same value over something else.
bool is_shared(int id, const nb::object& new_value, const nb::object& old_value) {
  const auto& patches = records().ledger().patches();
  const auto& subjects = records().subjects();
  for (std::size_t i = 0; i < subjects.size() && i < patches.size(); ++i) {
    if (patches[i].id == id || patches[i].reverted || patches[i].governed) continue;
    if (subjects[i].new_value.is(new_value.ptr()) && !subjects[i].old_value.is(old_value.ptr())) {
      return true;
    }
  }
  return false;
}

ForeignPatch foreign_patch(int id) {
  const auto& patch = records().ledger().patch(id);
  const auto& subject = records().subjects()[static_cast<std::size_t>(id) - 1];
  ForeignPatch foreign{patch,
                       subject.kept_old.is_valid() ? subject.kept_old : alive(subject.old_value),
                       {},
                       alive(subject.holder),
                       false};
  const bool had_old = !patch.old_value.type.empty();
  const bool had_new = !patch.new_value.type.empty();
  if (had_new) foreign.new_value = bound_at(patch, subject);
  if ((had_old && !foreign.old_value.is_valid()) || (had_new && !foreign.new_value.is_valid())) {
    refuse(Code::refused,
           had_old && !foreign.old_value.is_valid()
               ? "what it replaced is gone: nobody kept it"
               : "what it put there is gone: somebody replaced it since",
           patch.target);
  }
  if (had_new && had_old) {
    foreign.shared = is_shared(id, foreign.new_value, foreign.old_value);
  }
  return foreign;
}

void switch_foreign(int id, bool off) {
  auto& all = state().off;
  const auto it = all.find(id);
  if (off == (it != all.end())) return;
  if (!off) {
    it->second->on();
    all.erase(id);
    return;
  }
  auto made = make_switch(foreign_patch(id));
  made->off();
  all.emplace(id, std::move(made));
}

// One patch; what is in the way is told to the switchboard.
void carry_out(int id, bool off) {
  try {
    if (!GovernedPatch::refresh(id)) switch_foreign(id, off);
    switchboard().settle(id, off, Level::accepted);
  } catch (const Refusal& refusal) {
    switchboard().settle(id, off, Level::refused, refusal.what());
  } catch (const nb::python_error& error) {
    switchboard().settle(id, off, Level::refused, error.what());
  } catch (const std::exception& error) {
    switchboard().settle(id, off, Level::refused, error.what());
  }
}

int work_off_pending(void* /*unused*/) {
  PyObject* error = PyErr_GetRaisedException();
  work_off();
  PyErr_SetRaisedException(error);
  return 0;
}

}  // namespace

std::unique_ptr<ForeignSwitch> make_switch(const ForeignPatch& patch) {
  if (auto made = switch_code(patch)) return made;
  if (auto made = switch_function(patch)) return made;
  if (auto made = switch_wrapt_like(patch)) return made;
  return switch_binding(patch);
}

void enroll_foreign(const Patch& patch) { switchboard().enroll_queued(patch.id, facts_of(patch)); }

void enroll_governed(const Patch& patch) { switchboard().enroll_queued(patch.id, facts_of(patch)); }

void forget_switch(int id) {
  state().off.erase(id);
  const std::lock_guard lock(state().mutex);
  state().wanted.erase(id);
}

void want(int id, bool off) {
  {
    const std::lock_guard lock(state().mutex);
    state().wanted[id] = off;
  }
  call_soon(work_off_pending);
}

void work_off() {
  while (true) {
    std::map<int, bool> wanted;
    {
      const std::lock_guard lock(state().mutex);
      wanted.swap(state().wanted);
    }
    if (wanted.empty()) return;
    for (const auto& [id, off] : wanted) carry_out(id, off);
  }
}

}  // namespace overt::py
