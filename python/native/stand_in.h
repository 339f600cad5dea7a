// Objects that stand for a callable: each looks like it in every way that a program can ask, and
// runs something else when called.
//
// What a layer hands to its advice as `original`, and what stands at a patched name, are of these
// types. Attributes, also those that are set or deleted, are those of the callable; so are repr,
// hash and equality; pickle finds it by its name, and copy takes it for the atom that a function
// is. `type()` tells the difference, isinstance() does not.
//
// THREADS: with the GIL. PYTHON: attribute access runs what the callable's own would run.
#pragma once

#include <nanobind/nanobind.h>

namespace overt::py {

namespace nb = nanobind;

// The common head of all of them.
struct StandIn {
  PyObject_HEAD vectorcallfunc vectorcall;
  PyObject* original;  // owned: the callable that this stands for
  PyObject* weakrefs;
};

// The types, made once. StandIn is the base of the others.
struct StandInTypes {
  PyTypeObject* base = nullptr;
  PyTypeObject* function = nullptr;  // binds to instances, as functions do
  PyTypeObject* callable = nullptr;  // does not bind
  PyTypeObject* link = nullptr;
  PyTypeObject* probe = nullptr;
  PyTypeObject* binder = nullptr;
  PyTypeObject* body = nullptr;
};
// REQUIRES: make_stand_in_types().
const StandInTypes& stand_in_types();

// At the import of the extension, and not when first needed: a type is not made without running
// Python code, and another thread that needed it meanwhile would wait with the GIL.
void make_stand_in_types();

inline bool is_stand_in(PyObject* object) {
  return PyObject_TypeCheck(object, stand_in_types().base) != 0;
}

// A new object of one of the types, its fields behind StandIn zeroed. Throws nb::python_error.
nb::object new_stand_in(PyTypeObject* type, PyObject* original, vectorcallfunc vectorcall);

// A subtype. `bind` makes it a method descriptor.
PyTypeObject* make_stand_in_type(PyTypeObject* base, const char* name, std::size_t size,
                                 traverseproc traverse, inquiry clear, destructor free = nullptr,
                                 descrgetfunc bind = nullptr);

// For subtypes: these end by freeing, and begin by visiting, what StandIn holds.
int traverse_stand_in(PyObject* self, visitproc visit, void* arg);
int clear_stand_in(PyObject* self);
void free_stand_in(PyObject* self);

}  // namespace overt::py
