#include "governed_again.h"

#include <nanobind/stl/string.h>

#include <unordered_map>

#include "governed_kept.h"
#include "namespaces.h"
#include "pending.h"
#include "records.h"

namespace overt::py {
namespace {

struct Followed {
  std::uint64_t hook = 0;
  std::size_t patches = 0;
};

std::unordered_map<std::string, Followed>& followed() {
  static auto& all = *new std::unordered_map<std::string, Followed>;
  return all;
}

std::uint64_t hook_next_import(const std::string& module) {
  return at_next_import(module, [module](const nb::object& imported) {
    const auto it = followed().find(module);
    if (it == followed().end()) return;
    it->second.hook = 0;
    it->second.hook = hook_next_import(module);
    GovernedPatch::imported_again(module, imported);
  });
}

}  // namespace

bool follow_imports(const std::string& module) {
  auto& all = followed()[module];
  try {
    if (all.hook == 0) all.hook = hook_next_import(module);
  } catch (const Refusal&) {
    if (all.patches == 0) followed().erase(module);
    return false;
  }
  ++all.patches;
  return true;
}

void stop_following(const std::string& module) {
  const auto it = followed().find(module);
  if (it == followed().end() || --it->second.patches > 0) return;
  cancel_import_hook(it->second.hook);
  followed().erase(it);
}

void GovernedPatch::imported_again(const std::string& name, const nb::object& module) {
  for (const auto& patch : all()) {  // oldest first: layers come in the order that they had
    if (patch->wish_.target.module == name) patch->follow(module);
  }
}

void GovernedPatch::follow(const nb::object& module) {
  if (!followed_) return;
  try {
    move_to(module);
  } catch (nb::python_error& error) {
    lose("it cannot be made again: " + nb::cast<std::string>(nb::str(error.value())));
    error.discard_as_unraisable(nb::str(("overt: " + wish_.target.str() + " was lost").c_str()));
  } catch (const Refusal& refusal) {
    lose(refusal.error().what);
    refusal.raise();
    PyErr_WriteUnraisable(module.ptr());
  } catch (const std::exception& error) {
    lose(error.what());
    PyErr_SetString(PyExc_RuntimeError, error.what());
    PyErr_WriteUnraisable(module.ptr());
  }
}

void GovernedPatch::move_to(const nb::object& module) {
  const auto found = find(module);
  if (spot_ && spot_->is_of(found) && spot_->standing(layer_) == Footing::stands) {
    module_ = module;  // nothing was bound anew
    return;
  }
  prepare(found);
  if (spot_) leave_spot();
  place_at(found, module);
  lost_.clear();
  record_again(found);
}

// It holds no longer, and is tried again with the next import.
void GovernedPatch::lose(const std::string& why) {
  try {
    if (spot_) leave_spot();
  } catch (nb::python_error& error) {
    // The old container refuses the write: the patch stays in there, and is buried.
    return error.discard_as_unraisable("overt: taking a patch from a module that was replaced");
  }
  if (!std::exchange(lost_, why).empty() || id_ == 0) return;
  records().lose(id_, why);
}

}  // namespace overt::py
