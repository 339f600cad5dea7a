// What is bound at a patched name: a dispatcher in the same kind of descriptor as the raw value.
//
// A staticmethod stays a staticmethod, a classmethod a classmethod, a property a property; a
// descriptor that binds in a way of its own is asked to do so at each call.
// THREADS: with the GIL.
#pragma once

#include "overt/target.h"
#include "place.h"

namespace overt::py {

// A property, staticmethod or classmethod, or of a class derived from these.
bool is_property(PyObject* object);
bool is_static(PyObject* object);
bool is_builtin_descriptor(PyObject* object);

// What one of these was made of: `fget`, `__func__`. Anything else itself.
nb::object inside_of(const nb::object& raw);

// The Python function that runs when the raw value of a name is called, invalid where none does.
nb::object function_of(const nb::object& raw);

struct Carrier {
  nb::object raw;         // what it stands for
  nb::object object;      // what is bound
  nb::object dispatcher;  // in it
};

// What a raw value runs when it is called through its place, and what its layers call as original.
// Invalid when a call of the place runs no single callable.
nb::object callable_of(const nb::object& raw, const Place& place);

// Throws Refusal where `raw` is nothing that can be called.
Carrier make_carrier(const nb::object& raw, const Place& place, const Target& target);

}  // namespace overt::py
