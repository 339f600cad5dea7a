#include "describe.h"

#include <algorithm>

#include "layers.h"
#include "namespaces.h"

namespace overt::py {
namespace {

// Containers are looked into so deep and so far; what lies beyond is taken for data.
constexpr int kDepth = 3;
constexpr Py_ssize_t kBreadth = 64;

PyObject* first_opaque(PyObject* object, int depth);

PyObject* first_opaque_of(PyObject* const* items, Py_ssize_t size, int depth) {
  for (Py_ssize_t i = 0; i < std::min(size, kBreadth); ++i) {
    if (items[i] == nullptr) continue;
    if (PyObject* found = first_opaque(items[i], depth)) return found;
  }
  return nullptr;
}

PyObject* first_opaque_in_dict(PyObject* object, int depth) {
  Py_ssize_t at = 0;
  PyObject* value = nullptr;
  for (Py_ssize_t seen = 0; seen < kBreadth && PyDict_Next(object, &at, nullptr, &value) != 0;
       ++seen) {
    if (PyObject* found = first_opaque(value, depth)) return found;
  }
  return nullptr;
}

PyObject* first_opaque_in_set(PyObject* object, int depth) {
  const auto iterator = nb::steal(PyObject_GetIter(object));
  PyObject* found = nullptr;
  for (Py_ssize_t seen = 0; iterator.is_valid() && found == nullptr && seen < kBreadth; ++seen) {
    const auto element = nb::steal(PyIter_Next(iterator.ptr()));
    if (!element.is_valid()) break;
    found = first_opaque(element.ptr(), depth);  // the set holds it
  }
  PyErr_Clear();
  return found;
}

// What keeps an object from being plain data: itself, or something in it. Borrowed; nullptr when it
// is plain.
PyObject* first_opaque(PyObject* object, int depth) {
  if (is_scalar(object)) return nullptr;
  const auto* type = Py_TYPE(object);
  const bool container = type == &PyTuple_Type || type == &PyList_Type || type == &PyDict_Type ||
                         type == &PySet_Type || type == &PyFrozenSet_Type;
  if (!container) return object;
  if (depth >= kDepth) return nullptr;
  if (type == &PyTuple_Type) {
    return first_opaque_of(&PyTuple_GET_ITEM(object, 0), PyTuple_GET_SIZE(object), depth + 1);
  }
  if (type == &PyList_Type) {
    PyObject* const* items = reinterpret_cast<PyListObject*>(object)->ob_item;
    return first_opaque_of(items, PyList_GET_SIZE(object), depth + 1);
  }
  if (type == &PyDict_Type) return first_opaque_in_dict(object, depth + 1);
  return first_opaque_in_set(object, depth + 1);
}

void describe_function(PyObject* object, Value& value, Namespaces& namespaces, Origins& origins) {
  const auto* function = reinterpret_cast<PyFunctionObject*>(object);
  value.module = text_of(function->func_module);
  value.qualname = text_of(function->func_qualname);
  value.definer = namespaces.origin_of_globals(function->func_globals, origins);
}

void describe_builtin(PyObject* object, Value& value, Namespaces& namespaces, Origins& origins) {
  const auto* function = reinterpret_cast<PyCFunctionObject*>(object);
  value.module = text_of(function->m_module);
  value.qualname = function->m_ml->ml_name;
  if (function->m_module != nullptr)
    value.definer = namespaces.origin_of_module(function->m_module, origins);
}

// The function inside a descriptor of the interpreter's own: its attribute is a plain C member.
void describe_inner(PyObject* object, const char* attribute, Value& value, Namespaces& namespaces,
                    Origins& origins) {
  const auto inner = nb::steal(PyObject_GetAttrString(object, attribute));
  if (!inner.is_valid()) return PyErr_Clear();
  if (PyFunction_Check(inner.ptr())) describe_function(inner.ptr(), value, namespaces, origins);
}

}  // namespace

bool is_scalar(PyObject* object) {
  const auto* type = Py_TYPE(object);
  return type == &PyLong_Type || type == &PyUnicode_Type || object == Py_None ||
         type == &PyFloat_Type || type == &PyBool_Type || type == &PyBytes_Type ||
         object == Py_Ellipsis || type == &PyComplex_Type || type == &PyByteArray_Type ||
         type == &PyRange_Type || type == &PySlice_Type;
}

bool is_plain(PyObject* object) { return first_opaque(object, 0) == nullptr; }

Value describe(PyObject* object, Namespaces& namespaces, Origins& origins) {
  Value value;
  if (object == nullptr) return value;
  auto* type = Py_TYPE(object);
  value.present = true;
  value.plain = is_plain(object);
  value.callable = type->tp_call != nullptr;
  value.descriptor = type->tp_descr_get != nullptr || type->tp_descr_set != nullptr;
  value.is_class = PyType_Check(object);
  // A weak proxy is that module to whoever uses it.
  PyObject* module_object = PyWeakref_CheckProxy(object) != 0 ? referent(object) : object;
  value.is_module = module_object != nullptr && PyModule_Check(module_object);
  const auto module = type_module(type);
  value.type = module == "builtins" ? type_qualname(type) : module + "." + type_qualname(type);

  if (PyFunction_Check(object)) {
    describe_function(object, value, namespaces, origins);
  } else if (PyMethod_Check(object) && PyFunction_Check(PyMethod_GET_FUNCTION(object))) {
    describe_function(PyMethod_GET_FUNCTION(object), value, namespaces, origins);
  } else if (PyCFunction_Check(object)) {
    describe_builtin(object, value, namespaces, origins);
  } else if (value.is_class) {
    auto* described = reinterpret_cast<PyTypeObject*>(object);
    value.module = type_module(described);
    value.qualname = type_qualname(described);
    value.definer = namespaces.origin_of_type(described, origins);
  } else if (value.is_module) {
    PyObject* dict = PyModule_GetDict(module_object);
    PyObject* spec = item(dict, names().spec);
    value.module = text_of(item(dict, names().name));
    value.has_spec = spec != nullptr && spec != Py_None;
    value.definer = namespaces.origin_of_globals(dict, origins);
  } else if (type == &PyStaticMethod_Type || type == &PyClassMethod_Type) {
    describe_inner(object, "__func__", value, namespaces, origins);
  } else if (type == &PyProperty_Type) {
    describe_inner(object, "fget", value, namespaces, origins);
  } else if (PyObject* opaque =
                 first_opaque(object, 0)) {  // of a container, what makes it more than data
    value.definer = namespaces.origin_of_type(Py_TYPE(opaque), origins);
  }
  return value;
}

}  // namespace overt::py
