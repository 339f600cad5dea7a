// Observers of a call: what they raise is counted, reported once and kept from the program.
//
// KeyboardInterrupt alone passes: it is the user's, wherever it happens to arrive.
// THREADS: with the GIL. PYTHON: runs the observers.
#pragma once

#include "link.h"

namespace overt::py {

// before(*args). False: KeyboardInterrupt is set.
[[nodiscard]] bool tell_before(LayerState& state, PyObject* const* args, std::size_t nargsf,
                               PyObject* kwnames);

// after(result, *args), or failed(error, *args) where the call raised. Returns the call's result,
// or nullptr with its exception set; `result` is stolen.
[[nodiscard]] PyObject* tell_after(LayerState& state, PyObject* result, PyObject* const* args,
                                   std::size_t nargsf, PyObject* kwnames);

}  // namespace overt::py
