// What became of the exceptions that an original raised below an advice.
// THREADS: with the GIL.
#pragma once

#include <nanobind/nanobind.h>

#include <string>

#include "overt/patch_meter.h"

namespace overt::py {

// Counts one probed call. `raised` is what came out of the original last, or nullptr; `returned`
// tells whether the advice returned, else its exception is set and stays set. True when the
// original raised: then the next call is worth a look too. PYTHON: reads fields of exceptions only.
bool weigh(Evidence& evidence, PyObject* raised, bool returned) noexcept;

// Adds a PEP 678 note to the exception that is set, once. PYTHON: runs its add_note().
void add_note(const std::string& text) noexcept;

}  // namespace overt::py
