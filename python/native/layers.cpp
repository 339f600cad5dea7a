#include "layers.h"

#include <algorithm>
#include <vector>

namespace overt::py {
namespace {

bool holds_nothing(PyObject* object) {
  const auto* type = Py_TYPE(object);
  return object == Py_None || type == &PyLong_Type || type == &PyFloat_Type ||
         type == &PyUnicode_Type || type == &PyBytes_Type || type == &PyBool_Type ||
         type == &PyProperty_Type || type == &PyStaticMethod_Type || type == &PyClassMethod_Type;
}

// Two descriptors around the same functions do the same; who restores with staticmethod(saved) makes a new one.
bool is_same_descriptor(PyObject* one, PyObject* other) {
  if (one == nullptr || other == nullptr || Py_TYPE(one) != Py_TYPE(other)) return false;
  std::vector<const char*> members;
  if (Py_TYPE(one) == &PyProperty_Type) {
    members = {"fget", "fset", "fdel"};
  } else if (Py_TYPE(one) == &PyStaticMethod_Type || Py_TYPE(one) == &PyClassMethod_Type) {
    members = {"__func__"};
  } else {
    return false;
  }
  return std::all_of(members.begin(), members.end(), [&](const char* member) {
    const auto mine = nb::steal(PyObject_GetAttrString(one, member));
    const auto theirs = nb::steal(PyObject_GetAttrString(other, member));
    return mine.is_valid() && mine.ptr() == theirs.ptr();
  });
}

}  // namespace

Identity::Identity(PyObject* object) : address_(object) {
  if (object == nullptr) return;
  if (holds_nothing(object)) {
    held_ = nb::borrow(object);
  } else if (PyType_SUPPORTS_WEAKREFS(Py_TYPE(object))) {
    held_ = nb::steal(PyWeakref_NewRef(object, nullptr));
    weak_ = held_.is_valid();
    if (!weak_) PyErr_Clear();
  }
}

PyObject* Identity::get() const {
  if (!held_.is_valid()) return nullptr;
  if (!weak_) return held_.ptr();
#if PY_VERSION_HEX >= 0x030D0000
  PyObject* alive = nullptr;
  if (PyWeakref_GetRef(held_.ptr(), &alive) < 0) PyErr_Clear();
  return nb::steal(alive).ptr();  // somebody else holds it too, and we hold the GIL
#else
  PyObject* alive = PyWeakref_GetObject(held_.ptr());
  return alive == Py_None ? nullptr : alive;
#endif
}

bool Identity::is(PyObject* object) const {
  if (object != address_) return object != nullptr && !weak_ && is_same_descriptor(held_.ptr(), object);
  // The address may have been used again by another object: only a live reference proves identity.
  return object == nullptr || !weak_ || get() == object;
}

}  // namespace overt::py
