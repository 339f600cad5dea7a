// How a wrapper looks beside what it replaced: its doc, its signature, and whether `__wrapped__`
// leads back.
// THREADS: with the GIL. PYTHON: runs no Python code, sets no error.
#pragma once

#include <nanobind/nanobind.h>

#include <optional>

#include "overt/patch.h"

namespace overt::py {

// Nothing where `now` is no Python function, descriptor of one or wrapper of wrapt's shape, or
// where one of the two is gone.
std::optional<Looks> looks_of(PyObject* before, PyObject* now);

}  // namespace overt::py
