// What a value is, told from its type alone.
//
// Foreign objects may run code for every question they are asked (proxies, mocks, lazy modules), so
// nothing is asked of them: only fields of types that the interpreter itself defines are read.
// THREADS: every caller holds the GIL. PYTHON: runs no Python code, sets no error.
#pragma once

#include <nanobind/nanobind.h>

#include "namespaces.h"
#include "overt/origins.h"
#include "overt/write.h"

namespace overt::py {

// True for numbers, strings, bytes and None.
bool is_scalar(PyObject* object);

// The same, and for containers that hold nothing else.
bool is_plain(PyObject* object);

// nullptr describes "no value".
Value describe(PyObject* object, Namespaces& namespaces, Origins& origins);

}  // namespace overt::py
