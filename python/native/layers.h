// The active patches of one name, with the identities of the values that they replaced and put there.
//
// An identity tells whether a later value *is* an earlier one, which is how an undo is recognised. It must
// not keep the program's objects alive, so it is a weak reference where the type allows one. Constants and
// plain descriptors are held for real: they allow no weak reference, and keeping one alive changes nothing
// that a program could see. Other values are known by their address alone.
// THREADS: every caller holds the GIL. PYTHON: nothing here runs Python code.
#pragma once

#include <nanobind/nanobind.h>

namespace overt::py {

namespace nb = nanobind;

class Identity {
 public:
  Identity() = default;  // of "no value"
  explicit Identity(PyObject* object);

  // True when `object` (nullptr: no value) is the one that this was made from, or a descriptor of the
  // interpreter's own around the same functions.
  bool is(PyObject* object) const;

  // The object while it is known to be alive, else nullptr. Borrowed.
  PyObject* get() const;

 private:
  PyObject* address_ = nullptr;
  nb::object held_;  // a weak reference, or the object itself, or nothing
  bool weak_ = false;
};

struct Layer {
  int patch = 0;  // id in the ledger
  Identity old_value;
  Identity new_value;
};

}  // namespace overt::py
