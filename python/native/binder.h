// Stands for a descriptor that binds in a way of its own, as wrapt's wrappers do: called with the
// instance (or class) in front, it binds first and calls then.
// THREADS: with the GIL. PYTHON: runs the descriptor's __get__.
#pragma once

#include <cstdint>

#include "stand_in.h"

namespace overt::py {

// What the first argument of a call of the raw value is.
enum class Binding : std::uint8_t {
  none,      // no argument is added: a callable, a staticmethod
  instance,  // a function or what behaves like one
  owner,     // a classmethod
};

struct Binder {
  StandIn head;
  PyObject* owner;  // owned: the class that the name was found in; nullptr for none
  Binding binding;
};

nb::object new_binder(PyObject* descriptor, Binding binding, PyObject* owner);

PyTypeObject* make_binder_type(PyTypeObject* base);

}  // namespace overt::py
