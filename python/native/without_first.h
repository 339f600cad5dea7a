// Calls a callable without the first argument: for what does not bind, in place of what does.
// THREADS: with the GIL. PYTHON: runs the callable.
#pragma once

#include "stand_in.h"

namespace overt::py {

nb::object new_without_first(PyObject* callable);

}  // namespace overt::py
