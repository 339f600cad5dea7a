#include "dispatcher.h"

#include "call.h"
#include "link.h"

namespace overt::py {
namespace {

Dispatcher* as_dispatcher(PyObject* object) { return reinterpret_cast<Dispatcher*>(object); }

PyObject* pass(PyObject* self, PyObject* const* args, std::size_t nargsf, PyObject* kwnames) {
  return call(as_dispatcher(self)->head.original, args, nargsf, kwnames);
}

PyObject* bind(PyObject* self, PyObject* object, PyObject* /*type*/) {
  if (object == nullptr || object == Py_None) return Py_NewRef(self);
  return PyMethod_New(self, object);
}

int traverse(PyObject* self, visitproc visit, void* arg) {
  Py_VISIT(as_dispatcher(self)->top);
  return traverse_stand_in(self, visit, arg);
}

int clear(PyObject* self) {
  as_dispatcher(self)->head.vectorcall = pass;  // before anything runs that might call it
  auto* top = std::exchange(as_dispatcher(self)->top, nullptr);
  if (top != nullptr) let_go(top);
  return clear_stand_in(self);
}

}  // namespace

nb::object new_dispatcher(PyObject* original, bool binds) {
  const auto& types = stand_in_types();
  return new_stand_in(binds ? types.function : types.callable, original, pass);
}

void set_top(PyObject* dispatcher, Link* top) {
  Py_XINCREF(top);
  Link* const before = as_dispatcher(dispatcher)->top;
  as_dispatcher(dispatcher)->top = top;
  as_dispatcher(dispatcher)->head.vectorcall =
      top != nullptr ? dispatcher_entry(*top->state) : pass;
  if (before != nullptr) let_go(before);
}

PyTypeObject* make_dispatcher_type(PyTypeObject* base, bool binds) {
  return make_stand_in_type(base, binds ? "overt._native.Function" : "overt._native.Callable",
                            sizeof(Dispatcher), traverse, clear, nullptr, binds ? bind : nullptr);
}

}  // namespace overt::py
