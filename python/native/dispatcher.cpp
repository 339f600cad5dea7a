#include "dispatcher.h"

#include "call.h"
#include "link.h"

namespace overt::py {
namespace {

Dispatcher* as_dispatcher(PyObject* object) { return reinterpret_cast<Dispatcher*>(object); }

PyObject* dispatch(PyObject* self, PyObject* const* args, std::size_t nargsf, PyObject* kwnames) {
  const auto* dispatcher = as_dispatcher(self);
  Link* top = dispatcher->top;
  if (top == nullptr) return call(dispatcher->head.original, args, nargsf, kwnames);
  Py_INCREF(top);  // the layer may be removed while it runs
  PyObject* result = top->head.vectorcall(reinterpret_cast<PyObject*>(top), args, nargsf, kwnames);
  Py_DECREF(top);
  return result;
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
  Py_CLEAR(as_dispatcher(self)->top);
  return clear_stand_in(self);
}

}  // namespace

nb::object new_dispatcher(PyObject* original, bool binds) {
  const auto& types = stand_in_types();
  return new_stand_in(binds ? types.function : types.callable, original, dispatch);
}

void set_top(PyObject* dispatcher, Link* top) {
  Py_XINCREF(top);
  Link* const before = as_dispatcher(dispatcher)->top;
  as_dispatcher(dispatcher)->top = top;
  Py_XDECREF(before);  // last: what dies with it may run code
}

PyTypeObject* make_dispatcher_type(PyTypeObject* base, bool binds) {
  return make_stand_in_type(base, binds ? "overt._native.Function" : "overt._native.Callable",
                            sizeof(Dispatcher), traverse, clear, nullptr, binds ? bind : nullptr);
}

}  // namespace overt::py
