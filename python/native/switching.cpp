#include "switching.h"

#include <map>
#include <mutex>
#include <set>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "foreign_switch.h"
#include "governed.h"
#include "metering.h"
#include "overt/target.h"
#include "place.h"
#include "serving.h"
#include "soon.h"

namespace overt::py {
namespace {

struct Armed {
  std::unique_ptr<ForeignSwitch> by;
  PyObject* value;  // what the patch put there, by address
};

struct State {
  std::mutex mutex;            // of the first two only; never held while anything is done
  std::map<int, bool> wanted;  // id -> off
  std::set<int> to_arm;

  // The rest with the GIL.
  std::unordered_map<int, std::unique_ptr<ForeignSwitch>> off;  // patches that are off
  std::unordered_map<int, Armed> armed;
  std::vector<std::unique_ptr<ForeignSwitch>> gone;  // of patches that were undone
  // What armed patches put somewhere, by address, and what several put: such calls do not tell
  // which patch they are of. Where another value takes such an address, it is not armed.
  std::unordered_map<PyObject*, int> armed_with;
  std::unordered_set<PyObject*> shared;
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

// Whether another patch that stands put the same value elsewhere.
bool is_shared(int id, const std::string& target, const nb::object& new_value) {
  if (state().shared.contains(new_value.ptr())) return true;
  const auto& patches = records().ledger().patches();
  const auto& subjects = records().subjects();
  for (std::size_t i = 0; i < subjects.size() && i < patches.size(); ++i) {
    if (patches[i].id == id || patches[i].reverted || patches[i].governed) continue;
    if (patches[i].target != target && subjects[i].new_value.is(new_value.ptr())) return true;
  }
  return false;
}

ForeignPatch foreign_patch(int id) {
  // Copies: what is asked below may run code that makes patches.
  const auto patch = records().ledger().patch(id);
  const auto subject = records().subjects()[static_cast<std::size_t>(id) - 1];
  ForeignPatch foreign{
      id,           patch.target,
      patch.change, subject.kept_old.is_valid() ? subject.kept_old : alive(subject.old_value),
      {},           alive(subject.holder)};
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
  return foreign;
}

// It is switched by its binding, if at all, from now on.
void disarm(int id) {
  auto& all = state();
  const auto it = all.armed.find(id);
  if (it == all.armed.end()) return;
  it->second.by->disarm();
  all.armed_with.erase(it->second.value);
  all.gone.push_back(std::move(it->second.by));
  all.armed.erase(it);
}

// Makes the calls of a patch obey its cell, where it has calls.
void arm(int id) {
  auto& all = state();
  if (all.armed.contains(id) || all.off.contains(id)) return;
  const auto patch = foreign_patch(id);
  PyObject* value = patch.new_value.ptr();
  if (value == nullptr || patch.change != Change::replaced || all.shared.contains(value)) return;
  if (const auto other = all.armed_with.find(value); other != all.armed_with.end()) {
    const int first = other->second;
    all.shared.insert(value);
    disarm(first);
    switchboard().arm_queued(first);
    return;
  }
  const auto meter = meters().of(id);
  auto made = make_switch(patch);
  if (!made->arm(meter)) return;
  all.armed.emplace(id, Armed{std::move(made), value});
  all.armed_with.emplace(value, id);
  meter->begin();
  switchboard().arm(id, &meter->cell);
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
  auto patch = foreign_patch(id);
  patch.shared = patch.new_value.is_valid() && is_shared(id, patch.target, patch.new_value);
  auto made = make_switch(patch);
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

// A patch that cannot be armed is switched otherwise, and that tells what is in the way.
void arm_quietly(int id) {
  try {
    arm(id);
  } catch (nb::python_error& error) {
    // An interrupt is the program's: it comes again.
    if (error.matches(PyExc_KeyboardInterrupt)) return PyErr_SetInterrupt();
    error.discard_as_unraisable("overt: looking at a patch");
  } catch (const std::exception&) {
    disarm(id);
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

void enroll_foreign(const Patch& patch) {
  switchboard().enroll_queued(patch.id, facts_of(patch));
  if (!is_metering_foreign()) return;
  {
    const std::lock_guard lock(state().mutex);
    state().to_arm.insert(patch.id);
  }
  call_soon(work_off_pending);
}

void enroll_governed(const Patch& patch) { switchboard().enroll_queued(patch.id, facts_of(patch)); }

void forget_switch(int id) {
  auto& all = state();
  disarm(id);
  if (const auto it = all.off.find(id); it != all.off.end()) {
    it->second->disarm();
    all.gone.push_back(std::move(it->second));
    all.off.erase(it);
  }
  if (!all.gone.empty()) call_soon(work_off_pending);
  const std::lock_guard lock(all.mutex);
  all.wanted.erase(id);
  all.to_arm.erase(id);
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
    std::set<int> to_arm;
    std::map<int, bool> wanted;
    {
      const std::lock_guard lock(state().mutex);
      to_arm.swap(state().to_arm);
      wanted.swap(state().wanted);
    }
    const auto gone = std::exchange(state().gone, {});
    if (wanted.empty() && to_arm.empty()) return;
    for (const int id : to_arm) arm_quietly(id);
    for (const auto& [id, off] : wanted) carry_out(id, off);
  }
}

}  // namespace overt::py
