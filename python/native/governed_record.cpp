// What the ledger and a report say of a governed patch.

#include <array>

#include "budgeting.h"
#include "governed_kept.h"
#include "handlers.h"
#include "metering.h"
#include "namespaces.h"
#include "records.h"
#include "serving.h"

namespace overt::py {
namespace {

Description described(PyObject* object) {
  if (object == nullptr) return {};
  auto* type = Py_TYPE(object);
  Description description{type_qualname(type), "", ""};
  if (PyFunction_Check(object)) {
    const auto* function = reinterpret_cast<PyFunctionObject*>(object);
    description.module = text_of(function->func_module);
    description.qualname = text_of(function->func_qualname);
  } else if (PyCFunction_Check(object)) {
    description.module = text_of(reinterpret_cast<PyCFunctionObject*>(object)->m_module);
    description.qualname = reinterpret_cast<PyCFunctionObject*>(object)->m_ml->ml_name;
  }
  return description;
}

// REQUIRES: the patch is made.
Subject subject_of(const Found& found) {
  PyObject* holder = found.place.holder == Holder::type ? found.place.container.ptr() : nullptr;
  return {Identity(found.value.ptr()), Identity(found.place.bound().ptr()), Identity(holder)};
}

}  // namespace

void GovernedPatch::tell_states(std::vector<Patch>& patches) {
  for (auto& patch : patches) {
    const auto known = kept().by_id.find(patch.id);
    if (known != kept().by_id.end() && known->second->id_ == patch.id) {
      patch.state = name(known->second->state());
    }
  }
}

void GovernedPatch::known_as(int id) {
  // Its numbers are those of the handle, and must not be counted twice.
  if (id_ != 0 && id_ != id) meters().forget(id_);
  id_ = id;
  if (id == 0) return;
  kept().by_id[id] = this;
  meters().put(id, layer_->state->meter);
  if (wish_.budget > 0) keep_within(wish_.budget, id);
}

void GovernedPatch::strike_out() {
  kept().by_id.erase(id_);
  budgets().forget(id_);
  if (lost_.empty()) records().revert(id_);  // else it is struck out already
}

Patch GovernedPatch::as_recorded(bool builtin) const {
  Patch patch;
  patch.target = wish_.target.str();
  patch.governed = true;
  patch.owner = maker_.owner;
  patch.via = maker_.via;
  patch.boundary = boundary_for(maker_, wish_.target.module, builtin);
  patch.site = maker_.site;
  patch.stack = maker_.stack;
  patch.at = seconds_now();
  patch.thread = PyThread_get_thread_native_id();
  patch.new_value = described(layer_->state->function.ptr());
  patch.handlers = handlers_of(layer_->state->function.ptr());
  patch.reason = wish_.reason;
  patch.fail_patched = wish_.fail_patched;
  patch.everywhere = wish_.reach == Reach::everywhere;
  patch.lifetime = block_ ? "scope" : wish_.ttl > 0 ? "ttl" : "process";
  constexpr std::array<const char*, 3> kScopes = {"process", "thread", "context"};
  patch.scope = kScopes[static_cast<std::size_t>(wish_.scope)];
  return patch;
}

void GovernedPatch::record(const Found& found) {
  auto patch = as_recorded(is_of_builtin_type(found));
  patch.old_value = described(found.value.ptr());
  known_as(records().add(std::move(patch), subject_of(found)));
  if (id_ == 0) return;
  // A value has no call that could read the cell: it is switched by rebinding.
  if (!layer_->is_value() && !layer_->settled) {
    layer_->state->meter->begin();
    switchboard().arm(id_, &layer_->state->cell());
  }
  if (voted_off_) vote_off(true);
  apply_switch();
  start_ttl();
}

void GovernedPatch::record_again(const Found& found) {
  if (id_ == 0) return;
  records().renew(id_, subject_of(found));
  if (!layer_->is_value()) switchboard().arm(id_, &layer_->state->cell());
  refresh(id_);  // votes of the meantime count
}

}  // namespace overt::py
