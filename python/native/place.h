// Where a name is bound: a module, a class, an instance or a mapping, and the key in it.
//
// A place reads and writes what is bound there itself, raw: descriptors are not asked, inherited
// values are not seen. It never imports anything.
// THREADS: with the GIL. PYTHON: writing runs the container's __setattr__ and the like.
#pragma once

#include <string>

#include "overt/target.h"
#include "refusal.h"

namespace overt::py {

enum class Holder { module, type, instance, item };

struct Place {
  Holder holder = Holder::module;
  nb::object container;
  nb::object key;

  // What is bound under the key, in the container itself. Invalid when nothing is.
  nb::object bound() const;
  // What a look-up gives where nothing is: of a base class, raw, or computed. Invalid as above.
  nb::object inherited() const;
  void bind(const nb::object& value) const;
  void unbind() const;

  // Refuses a place where binding or unbinding runs code of the program, which would be in the
  // middle of an exchange then. `gone`: the name is there at one time and not at another, which
  // must not move it within its namespace.
  void check_exchangeable(bool gone) const;

  // Two places of the same target are the same while this is equal.
  bool same_as(const Place& other) const;
};

struct Found {
  Place place;
  nb::object value;  // raw; of a base class or the type when `own` is false
  bool own = true;   // bound in the place itself
};

// The name as the interned text that namespaces are asked with. Throws nb::python_error.
nb::object key_of(const std::string& name);

// What a class has under a name, through its bases: raw. Invalid when there is nothing. Throws
// nb::python_error.
nb::object lookup(PyTypeObject* type, PyObject* key);

// Follows a target from its module. Throws Refusal when a name does not exist, or cannot be
// written.
Found find_target(const Target& target, const nb::object& module);

// The module of a target while it is imported, completely: else invalid.
nb::object imported_module(const std::string& name);

// Whether a module that is not imported could be, told without importing anything. Throws Refusal
// for a name that nothing provides: waiting for it would hide a misspelling.
void check_importable(const Target& target);

// Whether values can be written under this place at all, with what to do where they cannot.
void check_writable(const Found& found, const Target& target);

}  // namespace overt::py
