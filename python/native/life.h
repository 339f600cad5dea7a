// Coroutines, generators and async generators under observation: their whole life is measured, or
// what they raise in it is looked at, not the call that made them.
//
// What a function returned is wrapped in an object that passes everything on to it and
// answers for it: isinstance(), attributes, await, send, throw, close. Busy time is what is spent
// inside, elapsed time runs from the call to the end. State lives in the object, so a switch of
// greenlet, thread or context inside disturbs nothing.
//
// THREADS: with the GIL. PYTHON: resuming runs the program's code.
#pragma once

#include <memory>

#include "link.h"
#include "samples.h"

namespace overt::py {

// Whose life it is.
enum class Role : std::uint8_t {
  observed,  // of observe(): measured and counted
  advised,   // what a layer returned: timed, and its exceptions noted, each against the original's
  original,  // what was made below an advice: its exceptions are told to the probe
};

// Begins the life of `made`, which is stolen; nullptr stays nullptr. What is none of the kinds is
// returned as it is, and so is everything when there is no memory. `probe` may be nullptr, and
// `state` too of an original. `timed`: the call that made it, if its life is to be timed.
PyObject* begin_life(const std::shared_ptr<LayerState>& state, PyObject* made, Role role,
                     PyObject* probe = nullptr, const Timed& timed = {});

// Whether begin_life() would wrap it.
bool has_life(PyObject* made);

// Made at the import of the extension, and not when first needed: a type is not made without
// running Python code, and another thread that needed it meanwhile would wait with the GIL.
void make_life_types();

}  // namespace overt::py
