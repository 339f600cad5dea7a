// Stands for the original during one call, or life, and tells what it raised and how long it took.
// THREADS: with the GIL. PYTHON: a call runs the original.
#pragma once

#include "samples.h"
#include "stand_in.h"

namespace overt::py {

struct Probe {
  StandIn head;
  Sample sample;     // of the call
  PyObject* raised;  // owned: the last exception that came out of the original, or nullptr
  bool lives;        // what the original makes outlives its call: its life is looked at
  bool over;         // the call, or life, that it was made for has ended: it tells nothing any more
};

nb::object new_probe(PyObject* original, bool lives);

Sample& sample_of_probe(PyObject* probe);

// The original's life ended with the exception that is set, and stays set.
void tell_probe(PyObject* probe) noexcept;

// What the original raised last; the probe forgets it. Its traceback leads to the advice's frame,
// which holds the probe: such a cycle would keep the locals of every frame until the next
// collection, which a program without the patch never sees.
nb::object end_probe(PyObject* probe);

PyTypeObject* make_probe_type(PyTypeObject* base);

}  // namespace overt::py
