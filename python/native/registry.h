// The Python side of registries: the objects, under the ids of overt::Registries.
//
// THREADS: with the GIL, which makes a change of an entry and of its object one step; what the
// control thread reads is in registries() alone. PYTHON: objects that are let go may run code, so
// they are let go last.
#pragma once

#include <nanobind/nanobind.h>

#include "overt/registries.h"

namespace overt::py {

namespace nb = nanobind;

// All registries of the process. Never destroyed: daemon threads and the control thread may still
// read while the process exits.
Registries& registries();

// Adds overt._native.Registry and what belongs to it.
void bind_registries(nb::module_& module);

}  // namespace overt::py
