// What is bound at a patched name: a dispatcher in the same kind of descriptor as the raw value.
//
// A staticmethod stays a staticmethod, a classmethod a classmethod, a property a property; a
// descriptor that binds in a way of its own is asked to do so at each call.
// THREADS: with the GIL.
#pragma once

#include "overt/target.h"
#include "place.h"

namespace overt::py {

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
