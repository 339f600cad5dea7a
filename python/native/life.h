// Coroutines, generators and async generators under observation: their whole life is measured, not
// the call that made them.
//
// What an observed function returned is wrapped in an object that passes everything on to it and
// answers for it: isinstance(), attributes, await, send, throw, close. Busy time is what is spent
// inside, elapsed time runs from the call to the end. State lives in the object, so a switch of
// greenlet, thread or context inside disturbs nothing.
//
// THREADS: with the GIL. PYTHON: resuming runs the program's code.
#pragma once

#include <memory>

#include "link.h"

namespace overt::py {

// Begins the life of `made`, which is stolen; nullptr stays nullptr. What is none of the kinds is
// returned as it is, and so is everything when there is no memory.
PyObject* begin_life(const std::shared_ptr<LayerState>& state, PyObject* made);

}  // namespace overt::py
