// What the code of a patch does with errors, read from its bytecode: which of its handlers swallow
// them, put others in their place, or pass them on.
// THREADS: with the GIL. PYTHON: runs no Python code, sets no error.
#pragma once

#include <nanobind/nanobind.h>

#include <optional>
#include <vector>

#include "overt/patch.h"

namespace overt::py {

// Of a Python function or method, or of code; nothing for what is none. Only handlers around a call
// are told.
std::optional<std::vector<Handler>> handlers_of(PyObject* value);

// The same, also of the inner function of a wrapper of wrapt's shape. That reads attributes: not
// inside of a write.
std::optional<std::vector<Handler>> handlers_of_wrapper(PyObject* value);

}  // namespace overt::py
