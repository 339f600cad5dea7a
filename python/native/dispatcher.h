// What stands at a patched name: runs the layers of the target, outermost first.
//
// One dispatcher serves a run of governed layers, that is, all of them between two foreign patches.
// It is never changed to stand for something else; when its last layer is gone it is taken away, or
// lives on as a pass-through under whatever was put on top of it.
//
// THREADS: with the GIL. PYTHON: a call runs the layers.
#pragma once

#include "stand_in.h"

namespace overt::py {

struct Link;

struct Dispatcher {
  StandIn head;
  Link* top;  // owned: the outermost layer; nullptr: calls go to the original
};

// One that binds to instances if `binds`. Throws nb::python_error.
nb::object new_dispatcher(PyObject* original, bool binds);

// Calls go through `top` from now on; those inside finish as they began.
void set_top(PyObject* dispatcher, Link* top);

PyTypeObject* make_dispatcher_type(PyTypeObject* base, bool binds);

}  // namespace overt::py
