// Stands for the original during one call and tells what it raised.
// THREADS: with the GIL. PYTHON: a call runs the original.
#pragma once

#include "stand_in.h"

namespace overt::py {

struct Probe {
  StandIn head;
  PyObject* raised;  // owned: the last exception that came out of the original, or nullptr
};

nb::object new_probe(PyObject* original);

PyTypeObject* make_probe_type(PyTypeObject* base);

}  // namespace overt::py
