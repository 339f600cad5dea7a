#include "describe.h"

#include "namespaces.h"

namespace overt::py {
namespace {

// Containers are looked into so deep and so far; what lies beyond is taken for data.
constexpr int kDepth = 3;
constexpr Py_ssize_t kBreadth = 64;

bool is_scalar(PyObject* object) {
  const auto* type = Py_TYPE(object);
  return object == Py_None || object == Py_Ellipsis || type == &PyLong_Type || type == &PyFloat_Type ||
         type == &PyUnicode_Type || type == &PyBytes_Type || type == &PyBool_Type ||
         type == &PyComplex_Type || type == &PyByteArray_Type || type == &PyRange_Type ||
         type == &PySlice_Type;
}

bool is_plain(PyObject* object, int depth);

bool all_plain(PyObject* const* items, Py_ssize_t size, int depth) {
  for (Py_ssize_t i = 0; i < std::min(size, kBreadth); ++i) {
    if (items[i] != nullptr && !is_plain(items[i], depth)) return false;
  }
  return true;
}

bool is_plain(PyObject* object, int depth) {
  if (is_scalar(object)) return true;
  const auto* type = Py_TYPE(object);
  const bool deep = depth >= kDepth;
  if (type == &PyTuple_Type) {
    return deep || all_plain(&PyTuple_GET_ITEM(object, 0), PyTuple_GET_SIZE(object), depth + 1);
  }
  if (type == &PyList_Type) {
    return deep || all_plain(reinterpret_cast<PyListObject*>(object)->ob_item, PyList_GET_SIZE(object),
                             depth + 1);
  }
  if (type == &PyDict_Type) {
    Py_ssize_t at = 0;
    Py_ssize_t seen = 0;
    PyObject* value = nullptr;
    while (!deep && seen++ < kBreadth && PyDict_Next(object, &at, nullptr, &value) != 0) {
      if (!is_plain(value, depth + 1)) return false;
    }
    return true;
  }
  if (type == &PySet_Type || type == &PyFrozenSet_Type) {
    const auto iterator = nb::steal(PyObject_GetIter(object));
    Py_ssize_t seen = 0;
    while (!deep && iterator.is_valid() && seen++ < kBreadth) {
      const auto element = nb::steal(PyIter_Next(iterator.ptr()));
      if (!element.is_valid()) break;
      if (!is_plain(element.ptr(), depth + 1)) return false;
    }
    PyErr_Clear();
    return true;
  }
  return false;
}

void describe_function(PyObject* object, Value& value, Origins& origins) {
  const auto* function = reinterpret_cast<PyFunctionObject*>(object);
  value.module = text_of(function->func_module);
  value.qualname = text_of(function->func_qualname);
  value.definer = origin_of_globals(function->func_globals, origins);
}

void describe_builtin(PyObject* object, Value& value, Origins& origins) {
  const auto* function = reinterpret_cast<PyCFunctionObject*>(object);
  value.module = text_of(function->m_module);
  value.qualname = function->m_ml->ml_name;
  if (function->m_module != nullptr) value.definer = origin_of_module(function->m_module, origins);
}

// The function inside a descriptor of the interpreter's own: its attribute is a plain C member.
void describe_inner(PyObject* object, const char* attribute, Value& value, Origins& origins) {
  const auto inner = nb::steal(PyObject_GetAttrString(object, attribute));
  if (!inner.is_valid()) return PyErr_Clear();
  if (PyFunction_Check(inner.ptr())) describe_function(inner.ptr(), value, origins);
}

}  // namespace

bool is_plain(PyObject* object) { return is_plain(object, 0); }

Value describe(PyObject* object, Origins& origins) {
  Value value;
  if (object == nullptr) return value;
  auto* type = Py_TYPE(object);
  value.present = true;
  value.plain = is_plain(object);
  value.callable = type->tp_call != nullptr;
  value.descriptor = type->tp_descr_get != nullptr || type->tp_descr_set != nullptr;
  value.is_class = PyType_Check(object);
  value.is_module = PyModule_Check(object);
  const auto module = type_module(type);
  value.type = module == "builtins" ? type_qualname(type) : module + "." + type_qualname(type);

  if (PyFunction_Check(object)) {
    describe_function(object, value, origins);
  } else if (PyMethod_Check(object) && PyFunction_Check(PyMethod_GET_FUNCTION(object))) {
    describe_function(PyMethod_GET_FUNCTION(object), value, origins);
  } else if (PyCFunction_Check(object)) {
    describe_builtin(object, value, origins);
  } else if (value.is_class) {
    auto* described = reinterpret_cast<PyTypeObject*>(object);
    value.module = type_module(described);
    value.qualname = type_qualname(described);
    value.definer = origin_of_type(described, origins);
  } else if (value.is_module) {
    PyObject* dict = PyModule_GetDict(object);
    PyObject* spec = item(dict, "__spec__");
    value.module = text_of(item(dict, "__name__"));
    value.has_spec = spec != nullptr && spec != Py_None;
    value.definer = origin_of_globals(dict, origins);
  } else if (type == &PyStaticMethod_Type || type == &PyClassMethod_Type) {
    describe_inner(object, "__func__", value, origins);
  } else if (type == &PyProperty_Type) {
    describe_inner(object, "fget", value, origins);
  } else if (!value.plain) {
    value.definer = origin_of_type(type, origins);
  }
  return value;
}

}  // namespace overt::py
