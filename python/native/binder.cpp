#include "binder.h"

#include <array>

#include "call.h"

namespace overt::py {
namespace {

Binder* as_binder(PyObject* object) { return reinterpret_cast<Binder*>(object); }

PyObject* call_bound(PyObject* bound, PyObject* const* args, std::size_t nargsf,
                     PyObject* kwnames) {
  if (bound == nullptr) return nullptr;
  PyObject* result = call(bound, args, nargsf, kwnames);
  Py_DECREF(bound);
  return result;
}

PyObject* run(PyObject* self, PyObject* const* args, std::size_t nargsf, PyObject* kwnames) {
  const auto* binder = as_binder(self);
  PyObject* descriptor = binder->head.original;
  const auto get = Py_TYPE(descriptor)->tp_descr_get;
  const auto count = static_cast<std::size_t>(PyVectorcall_NARGS(nargsf));
  if (binder->binding == Binding::none) {
    return call_bound(get(descriptor, nullptr, binder->owner), args, count, kwnames);
  }
  if (count == 0) return call(descriptor, args, count, kwnames);  // its own error
  PyObject* first = args[0];
  PyObject* bound = binder->binding == Binding::owner
                        ? get(descriptor, nullptr, first)
                        : get(descriptor, first, reinterpret_cast<PyObject*>(Py_TYPE(first)));
  // args[0] may be overwritten for the time of the call: it is put in front of the others.
  return call_bound(bound, args + 1, (count - 1) | PY_VECTORCALL_ARGUMENTS_OFFSET, kwnames);
}

int traverse(PyObject* self, visitproc visit, void* arg) {
  Py_VISIT(as_binder(self)->owner);
  return traverse_stand_in(self, visit, arg);
}

int clear(PyObject* self) {
  Py_CLEAR(as_binder(self)->owner);
  return clear_stand_in(self);
}

}  // namespace

nb::object new_binder(PyObject* descriptor, Binding binding, PyObject* owner) {
  auto object = new_stand_in(stand_in_types().binder, descriptor, run);
  as_binder(object.ptr())->binding = binding;
  as_binder(object.ptr())->owner = Py_XNewRef(owner);
  return object;
}

PyTypeObject* make_binder_type(PyTypeObject* base) {
  return make_stand_in_type(base, "overt._native.Binder", sizeof(Binder), traverse, clear);
}

}  // namespace overt::py
