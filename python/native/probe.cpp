#include "probe.h"

#include "call.h"
#include "life.h"

namespace overt::py {
namespace {

Probe* as_probe(PyObject* object) { return reinterpret_cast<Probe*>(object); }

PyObject* run(PyObject* self, PyObject* const* args, std::size_t nargsf, PyObject* kwnames) {
  auto& outside = as_probe(self)->sample.outside;
  outside.start();
  PyObject* result = call(as_probe(self)->head.original, args, nargsf, kwnames);
  outside.stop();
  if (as_probe(self)->over) return result;
  if (result == nullptr) {
    tell_probe(self);
  } else if (as_probe(self)->lives) {
    return begin_life(nullptr, result, Role::original, self);
  }
  return result;
}

int traverse(PyObject* self, visitproc visit, void* arg) {
  Py_VISIT(as_probe(self)->raised);
  return traverse_stand_in(self, visit, arg);
}

int clear(PyObject* self) {
  Py_CLEAR(as_probe(self)->raised);
  return clear_stand_in(self);
}

}  // namespace

nb::object new_probe(PyObject* original, bool lives) {
  auto probe = new_stand_in(stand_in_types().probe, original, run);
  as_probe(probe.ptr())->sample = {};
  as_probe(probe.ptr())->lives = lives;
  return probe;
}

Sample& sample_of_probe(PyObject* probe) { return as_probe(probe)->sample; }

void tell_probe(PyObject* probe) noexcept {
  if (probe == nullptr || as_probe(probe)->over) return;
  PyObject* error = PyErr_GetRaisedException();
  Py_XSETREF(as_probe(probe)->raised, Py_XNewRef(error));
  PyErr_SetRaisedException(error);
}

nb::object end_probe(PyObject* probe) {
  as_probe(probe)->over = true;
  return nb::steal(std::exchange(as_probe(probe)->raised, nullptr));
}

PyTypeObject* make_probe_type(PyTypeObject* base) {
  return make_stand_in_type(base, "overt._native.Probe", sizeof(Probe), traverse, clear);
}

}  // namespace overt::py
