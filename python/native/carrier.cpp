#include "carrier.h"

#include "binder.h"
#include "body.h"
#include "call.h"
#include "dispatcher.h"
#include "namespaces.h"

namespace overt::py {
namespace {

constexpr int kDeepest = 100;

bool binds_like_a_function(PyObject* object) {
  return PyType_HasFeature(Py_TYPE(object), Py_TPFLAGS_METHOD_DESCRIPTOR) != 0;
}

// How a call of the raw value gets its first argument. A wrapper that binds in a way of its own
// leads to what it wraps, and that tells.
Binding binding_of(nb::object raw) {
  for (int depth = 0; depth < kDeepest; ++depth) {
    PyObject* object = raw.ptr();
    if (Py_TYPE(object) == &PyClassMethod_Type) return Binding::owner;
    if (Py_TYPE(object) == &PyStaticMethod_Type) return Binding::none;
    if (binds_like_a_function(object)) return Binding::instance;
    if (Py_TYPE(object)->tp_descr_get == nullptr) return Binding::none;
    raw = nb::getattr(raw, "__wrapped__", nb::none());
    if (raw.is_none()) break;
  }
  return Binding::instance;
}

bool has_binding_of_its_own(PyObject* object) {
  return Py_TYPE(object)->tp_descr_get != nullptr && !binds_like_a_function(object);
}

bool is_of_object(PyObject* raw, const char* name) {
  const auto dict = nb::steal(PyType_GetDict(&PyBaseObject_Type));
  return raw == item(dict.ptr(), name);
}

// Whether the class has one that is not object's, which stand-ins may stand for.
bool overrides(PyTypeObject* type, const char* name) {
  auto raw = lookup(type, key_of(name).ptr());
  if (raw.is_valid()) raw = inside_of(raw);
  while (raw.is_valid() && is_stand_in(raw.ptr())) {
    raw = nb::borrow(reinterpret_cast<StandIn*>(raw.ptr())->original);
  }
  return raw.is_valid() && !is_of_object(raw.ptr(), name);
}

// object.__new__ and object.__init__ refuse arguments from a class that overrides them, as every
// class does while they are patched there; unless `other` is overridden, too, they take any.
PyObject* call_lenient(PyObject* raw, PyObject* const* args, std::size_t nargsf, PyObject* kwnames,
                       PyTypeObject* type, const char* other) {
  try {
    if (type == nullptr || !overrides(type, other)) return call(raw, args, nargsf, kwnames);
  } catch (nb::python_error& error) {
    error.restore();
    return nullptr;
  }
  return call(raw, args, 1, nullptr);
}

PyObject* call_new(PyObject* raw, PyObject* const* args, std::size_t nargsf, PyObject* kwnames) {
  const bool known = PyVectorcall_NARGS(nargsf) != 0 && PyType_Check(args[0]);
  auto* type = known ? reinterpret_cast<PyTypeObject*>(args[0]) : nullptr;
  return call_lenient(raw, args, nargsf, kwnames, type, "__init__");
}

PyObject* call_init(PyObject* raw, PyObject* const* args, std::size_t nargsf, PyObject* kwnames) {
  auto* type = PyVectorcall_NARGS(nargsf) != 0 ? Py_TYPE(args[0]) : nullptr;
  return call_lenient(raw, args, nargsf, kwnames, type, "__new__");
}

nb::object as_callable(const nb::object& object) {
  return object.is_valid() && PyCallable_Check(object.ptr()) != 0 ? object : nb::object();
}

}  // namespace

bool is_property(PyObject* object) { return PyObject_TypeCheck(object, &PyProperty_Type) != 0; }

bool is_static(PyObject* object) { return PyObject_TypeCheck(object, &PyStaticMethod_Type) != 0; }

bool is_builtin_descriptor(PyObject* object) {
  return is_property(object) || is_static(object) ||
         PyObject_TypeCheck(object, &PyClassMethod_Type) != 0;
}

nb::object inside_of(const nb::object& raw) {
  if (!is_builtin_descriptor(raw.ptr())) return raw;
  return raw.attr(is_property(raw.ptr()) ? "fget" : "__func__");
}

nb::object function_of(const nb::object& raw) {
  auto inner = inside_of(raw);
  return inner.is_valid() && PyFunction_Check(inner.ptr()) ? inner : nb::object();
}

nb::object callable_of(const nb::object& raw, const Place& place) {
  if (place.holder != Holder::type) return as_callable(raw);
  PyObject* object = raw.ptr();
  if (is_of_object(object, "__new__")) return new_body(object, call_new);
  if (is_of_object(object, "__init__")) return new_body(object, call_init);
  if (is_builtin_descriptor(object)) return as_callable(inside_of(raw));
  if (PyType_Check(object) || !has_binding_of_its_own(object)) return as_callable(raw);
  if (!as_callable(raw).is_valid()) return {};
  return new_binder(object, binding_of(raw), place.container.ptr());
}

Carrier make_carrier(const nb::object& raw, const Place& place, const Target& target) {
  const auto original = callable_of(raw, place);
  if (!original.is_valid()) {
    refuse(Code::refused,
           "a value of type '" + type_qualname(Py_TYPE(raw.ptr())) +
               "' cannot be called, so there is nothing to put advice around; overt.patch() "
               "replaces it",
           target.str());
  }
  if (place.holder != Holder::type) {
    auto dispatcher = new_dispatcher(original.ptr(), binds_like_a_function(raw.ptr()));
    return {raw, dispatcher, dispatcher};
  }
  PyObject* object = raw.ptr();
  if (is_property(object)) {
    // getter() makes one of the same class, with the same setter, deleter and doc.
    auto dispatcher = new_dispatcher(original.ptr(), true);
    return {raw, raw.attr("getter")(dispatcher), dispatcher};
  }
  const auto binding = binding_of(raw);
  auto dispatcher = new_dispatcher(original.ptr(), binding == Binding::instance);
  if (is_builtin_descriptor(object) || has_binding_of_its_own(object)) {
    PyObject* wrapped = binding == Binding::owner  ? PyClassMethod_New(dispatcher.ptr())
                        : binding == Binding::none ? PyStaticMethod_New(dispatcher.ptr())
                                                   : dispatcher.inc_ref().ptr();
    return {raw, checked(wrapped), dispatcher};
  }
  return {raw, dispatcher, dispatcher};
}

}  // namespace overt::py
