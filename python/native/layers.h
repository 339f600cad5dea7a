// The active patches of one name, with the identities of the values that they replaced and put
// there.
//
// An identity tells whether a later value *is* an earlier one, which is how an undo is recognised.
// It must not keep the program's objects alive (their death can run the program's code, here inside
// a write), so it is a weak reference where the type allows one, and the constant itself for
// numbers, strings and None. Descriptors such as property allow none: they are known by the
// functions inside them, which also makes who restores with staticmethod(saved) put back the same
// value. What is left (lists, dicts, ...) is known by its address alone, and only if somebody else
// holds it when it is replaced: else it dies with the write, and its address may soon be that of a
// new one. THREADS: every caller holds the GIL. PYTHON: nothing here runs Python code.
#pragma once

#include <nanobind/nanobind.h>

#include <vector>

namespace overt::py {

namespace nb = nanobind;

class Identity {
 public:
  Identity() = default;  // of "no value"
  explicit Identity(PyObject* object);

  // Of a value whose only reference may be the one that is about to be overwritten.
  static Identity of_replaced(PyObject* object);

  // True when `object` (nullptr: no value) is the one that this was made from, or a descriptor of
  // the interpreter's own around the same functions.
  bool is(PyObject* object) const;

  // The object while it is known to be alive, else nullptr. Borrowed.
  PyObject* get() const;

 private:
  PyObject* address_ = nullptr;
  PyTypeObject* type_ = nullptr;     // of a descriptor
  nb::object held_;                  // a weak reference or a constant, or nothing
  std::vector<Identity> functions_;  // of a descriptor
  bool weak_ = false;
  bool dead_ = false;  // is no value's any more
};

// What a weak reference or a weak proxy refers to, while it is alive, else nullptr. Borrowed.
PyObject* referent(PyObject* reference);

struct Layer {
  int patch = 0;  // id in the ledger
  Identity old_value;
  Identity new_value;
};

}  // namespace overt::py
