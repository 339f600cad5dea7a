#include "layers.h"

#include <span>

namespace overt::py {
namespace {

bool is_constant(PyObject* object) {
  const auto* type = Py_TYPE(object);
  return object == Py_None || type == &PyLong_Type || type == &PyFloat_Type ||
         type == &PyUnicode_Type || type == &PyBytes_Type || type == &PyBool_Type;
}

// The C members of a descriptor type of the interpreter that hold its functions; empty for other
// types.
std::span<const char* const> members(const PyTypeObject* type) {
  static constexpr const char* kProperty[] = {"fget", "fset", "fdel"};
  static constexpr const char* kMethod[] = {"__func__"};
  if (type == &PyProperty_Type) return kProperty;
  if (type == &PyStaticMethod_Type || type == &PyClassMethod_Type) return kMethod;
  return {};
}

nb::object member(PyObject* object, const char* name) {
  auto value = nb::steal(PyObject_GetAttrString(object, name));
  if (!value.is_valid()) PyErr_Clear();
  return value;
}

}  // namespace

Identity::Identity(PyObject* object) : address_(object) {
  if (object == nullptr) return;
  if (is_constant(object)) {
    held_ = nb::borrow(object);
  } else if (const auto names = members(Py_TYPE(object)); !names.empty()) {
    type_ = Py_TYPE(object);
    for (const char* name : names) functions_.emplace_back(member(object, name).ptr());
  } else if (PyType_SUPPORTS_WEAKREFS(Py_TYPE(object))) {
    held_ = nb::steal(PyWeakref_NewRef(object, nullptr));
    weak_ = held_.is_valid();
    if (!weak_) PyErr_Clear();
  }
}

Identity Identity::of_replaced(PyObject* object) {
  Identity identity(object);
  const bool by_address = !identity.held_.is_valid() && identity.type_ == nullptr;
  identity.dead_ = object != nullptr && by_address && Py_REFCNT(object) == 1;
  return identity;
}

PyObject* referent(PyObject* reference) {
#if PY_VERSION_HEX >= 0x030D0000
  PyObject* alive = nullptr;
  if (PyWeakref_GetRef(reference, &alive) < 0) PyErr_Clear();
  return nb::steal(alive).ptr();  // somebody else holds it too, and we hold the GIL
#else
  PyObject* alive = PyWeakref_GetObject(reference);
  return alive == Py_None ? nullptr : alive;
#endif
}

PyObject* Identity::get() const {
  if (!held_.is_valid()) return nullptr;
  return weak_ ? referent(held_.ptr()) : held_.ptr();
}

bool Identity::is(PyObject* object) const {
  if (type_ != nullptr) {
    if (object == nullptr || Py_TYPE(object) != type_) return false;
    const auto names = members(type_);
    for (std::size_t i = 0; i < names.size(); ++i) {
      if (!functions_[i].is(member(object, names[i]).ptr())) return false;
    }
    return true;
  }
  if (object != address_ || dead_) return false;
  // The address may have been used again by another object: only a live reference proves identity.
  return object == nullptr || !weak_ || get() == object;
}

}  // namespace overt::py
