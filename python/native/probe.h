// Stands for the original during one call and tells what it raised.
// THREADS: with the GIL. PYTHON: a call runs the original.
#pragma once

#include "stand_in.h"

namespace overt::py {

struct Probe {
  StandIn head;
  PyObject* raised;  // owned: the last exception that came out of the original, or nullptr
  bool over;         // the call that it was made for has returned: it tells nothing any more
};

nb::object new_probe(PyObject* original);

// What the original raised last; the probe forgets it. Its traceback leads to the advice's frame,
// which holds the probe: such a cycle would keep the locals of every frame until the next
// collection, which a program without the patch never sees.
nb::object end_probe(PyObject* probe);

PyTypeObject* make_probe_type(PyTypeObject* base);

}  // namespace overt::py
