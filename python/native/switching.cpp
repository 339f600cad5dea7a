#include "switching.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <unordered_map>
#include <utility>
#include <vector>

#include "carrier.h"
#include "foreign_switch.h"
#include "governed.h"
#include "metering.h"
#include "overt/target.h"
#include "place.h"
#include "serving.h"
#include "soon.h"
#include "wrapt_like.h"

namespace overt::py {
namespace {

// What a call through a patch tells of it: the function that runs, and, of wrapt's shape, where one
// function serves many targets, what it wraps. By address.
using CallKey = std::pair<PyObject*, PyObject*>;

CallKey call_key(const nb::object& value) {
  if (const auto wrapper = wrapt_like(value); wrapper.function.is_valid()) {
    return {wrapper.function.ptr(), wrapper.wrapped.ptr()};
  }
  const auto function = function_of(value);
  return {function.is_valid() ? function.ptr() : value.ptr(), nullptr};
}

struct Armed {
  std::unique_ptr<ForeignSwitch> by;
  CallKey key;
};

struct State {
  std::mutex mutex;            // of the first two only; never held while anything is done
  std::map<int, bool> wanted;  // id -> off
  std::set<int> to_arm;

  // The rest with the GIL.
  std::unordered_map<int, std::unique_ptr<ForeignSwitch>> off;  // patches that are off
  std::unordered_map<int, Armed> armed;
  std::vector<std::unique_ptr<ForeignSwitch>> gone;  // of patches that were undone
  // What tells armed patches, and what would tell several: those are switched by their bindings.
  // Where another object takes such an address, it is not armed.
  std::map<CallKey, int> armed_with;
  std::set<CallKey> shared;
  // Made when first asked for in a batch of work: the way to see all patches costs.
  std::optional<std::multimap<CallKey, int>> standing;
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

// Patches that stand, by what tells their calls.
std::multimap<CallKey, int> standing_by_call() {
  std::multimap<CallKey, int> found;
  const auto& patches = records().ledger().patches();
  const auto& subjects = records().subjects();
  for (std::size_t i = 0; i < subjects.size() && i < patches.size(); ++i) {
    const auto& patch = patches[i];
    if (patch.reverted || patch.governed || patch.change != Change::replaced) continue;
    const auto value = alive(subjects[i].new_value);
    if (value.is_valid()) found.emplace(call_key(value), patch.id);
  }
  return found;
}

// Whether calls of another target look the same.
bool is_shared(const ForeignPatch& patch) {
  auto& all = state();
  const auto key = call_key(patch.new_value);
  if (all.shared.contains(key)) return true;
  if (!all.standing) all.standing = standing_by_call();
  const auto [from, to] = all.standing->equal_range(key);
  return std::any_of(from, to, [&](const auto& each) {
    return records().ledger().patch(each.second).target != patch.target;
  });
}

}  // namespace

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

namespace {

// It is switched by its binding, if at all, from now on.
void disarm(int id) {
  auto& all = state();
  const auto it = all.armed.find(id);
  if (it == all.armed.end()) return;
  it->second.by->disarm();
  all.armed_with.erase(it->second.key);
  all.gone.push_back(std::move(it->second.by));
  all.armed.erase(it);
}

// Makes the calls of a patch obey its cell, where it has calls.
void arm(int id) {
  auto& all = state();
  if (all.armed.contains(id) || all.off.contains(id)) return;
  const auto patch = foreign_patch(id);
  if (!patch.new_value.is_valid() || patch.change != Change::replaced) return;
  const auto key = call_key(patch.new_value);
  if (all.shared.contains(key)) return;
  if (const auto other = all.armed_with.find(key); other != all.armed_with.end()) {
    const int first = other->second;
    all.shared.insert(key);
    disarm(first);
    switchboard().arm_queued(first);
    return;
  }
  const auto meter = meters().of(id);
  auto made = make_switch(patch);
  if (!made->arm(meter)) return;
  all.armed.emplace(id, Armed{std::move(made), key});
  all.armed_with.emplace(key, id);
  meter->begin();
  switchboard().arm(id, &meter->cell);
}

void switch_foreign(int id, bool off) {
  // Armed since that was asked for: its calls obey its cell.
  if (state().armed.contains(id)) return;
  auto& all = state().off;
  const auto it = all.find(id);
  if (off == (it != all.end())) return;
  if (!off) {
    it->second->on();
    all.erase(id);
    return;
  }
  auto patch = foreign_patch(id);
  patch.shared = patch.new_value.is_valid() && is_shared(patch);
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
    state().standing.reset();
    for (const int id : to_arm) arm_quietly(id);
    for (const auto& [id, off] : wanted) carry_out(id, off);
  }
}

void tell_switched(std::vector<Patch>& patches) {
  for (auto& patch : patches) {
    if (patch.governed) continue;
    const auto standing = switchboard().standing(patch.id);
    if (standing && standing->is_off()) patch.state = "off";
  }
}

}  // namespace overt::py
