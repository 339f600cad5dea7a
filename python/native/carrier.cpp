#include "carrier.h"

#include "binder.h"
#include "dispatcher.h"
#include "namespaces.h"

namespace overt::py {
namespace {

constexpr int kDeepest = 100;

bool binds_like_a_function(PyObject* object) {
  return PyType_HasFeature(Py_TYPE(object), Py_TPFLAGS_METHOD_DESCRIPTOR) != 0;
}

bool is_property(PyObject* object) { return PyObject_TypeCheck(object, &PyProperty_Type) != 0; }

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

bool is_builtin_wrapper(PyObject* object) {
  return PyObject_TypeCheck(object, &PyClassMethod_Type) != 0 ||
         PyObject_TypeCheck(object, &PyStaticMethod_Type) != 0;
}

bool has_binding_of_its_own(PyObject* object) {
  return Py_TYPE(object)->tp_descr_get != nullptr && !binds_like_a_function(object);
}

nb::object as_callable(nb::object object) {
  return object.is_valid() && PyCallable_Check(object.ptr()) != 0 ? object : nb::object();
}

}  // namespace

nb::object callable_of(const nb::object& raw, const Place& place) {
  if (place.holder != Holder::type) return as_callable(raw);
  PyObject* object = raw.ptr();
  if (is_property(object)) return as_callable(raw.attr("fget"));
  if (is_builtin_wrapper(object)) return as_callable(raw.attr("__func__"));
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
  if (is_builtin_wrapper(object) || has_binding_of_its_own(object)) {
    PyObject* wrapped = binding == Binding::owner  ? PyClassMethod_New(dispatcher.ptr())
                        : binding == Binding::none ? PyStaticMethod_New(dispatcher.ptr())
                                                   : dispatcher.inc_ref().ptr();
    return {raw, checked(wrapped), dispatcher};
  }
  return {raw, dispatcher, dispatcher};
}

}  // namespace overt::py
