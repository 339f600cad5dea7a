#include "scope.h"

namespace overt::py {
namespace {

nb::object checked(PyObject* object) {
  if (object == nullptr) throw nb::python_error();
  return nb::steal(object);
}

// Not the thread's ident, which the next thread gets when this one has ended.
std::uint64_t this_thread() { return PyThreadState_GetID(PyThreadState_Get()); }

PyObject* baseline_variable() {
  static PyObject* const variable =
      checked(PyContextVar_New("overt.baseline", nullptr)).release().ptr();
  return variable;
}

long depth_of(PyObject* variable) {
  PyObject* value = nullptr;
  if (PyContextVar_Get(variable, nullptr, &value) != 0) {
    PyErr_Clear();
    return 0;
  }
  const auto held = nb::steal(value);
  return value == nullptr ? 0 : PyLong_AsLong(value);
}

void set_depth(PyObject* variable, long depth) {
  const auto value = checked(PyLong_FromLong(depth));
  checked(PyContextVar_Set(variable, value.ptr()));
}

}  // namespace

std::atomic<std::uint32_t> open_baselines{0};

void Scope::enter() {
  if (kind_ == ScopeKind::thread) thread_ = this_thread();
  if (kind_ != ScopeKind::context) return;
  if (!variable_.is_valid()) variable_ = checked(PyContextVar_New("overt.scope", nullptr));
  set_depth(variable_.ptr(), depth_of(variable_.ptr()) + 1);
}

void Scope::leave() {
  if (kind_ != ScopeKind::context || !variable_.is_valid()) return;
  const auto depth = depth_of(variable_.ptr());
  if (depth > 0) set_depth(variable_.ptr(), depth - 1);
}

bool Scope::holds() const {
  switch (kind_) {
    case ScopeKind::process:
      return true;
    case ScopeKind::thread:
      return thread_ == this_thread();
    case ScopeKind::context:
      return variable_.is_valid() && depth_of(variable_.ptr()) > 0;
  }
  return true;
}

void enter_baseline() {
  set_depth(baseline_variable(), depth_of(baseline_variable()) + 1);
  ++open_baselines;
}

void leave_baseline() {
  const auto depth = depth_of(baseline_variable());
  if (depth > 0) set_depth(baseline_variable(), depth - 1);
  --open_baselines;
}

bool in_baseline() { return depth_of(baseline_variable()) > 0; }

}  // namespace overt::py
