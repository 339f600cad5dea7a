// Stands for what a redirected function does by itself: its own code, or its own C function.
//
// THREADS: with the GIL. PYTHON: a call runs it.
#pragma once

#include "stand_in.h"

namespace overt::py {

struct Body {
  StandIn head;        // original: the function
  vectorcallfunc own;  // its entry before it was redirected
};

nb::object new_body(PyObject* function, vectorcallfunc own);

PyTypeObject* make_body_type(PyTypeObject* base);

}  // namespace overt::py
