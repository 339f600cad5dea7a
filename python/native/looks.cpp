// PYTHON: what functools.wraps() and wrapt leave behind is read from where they leave it, past
// every attribute look-up: `__wrapped__` in the dict of a function, `__wrapped__` of a wrapper.
#include "looks.h"

#include "carrier.h"
#include "namespaces.h"
#include "signature.h"
#include "wrapt_like.h"

namespace overt::py {
namespace {

constexpr int kDeepest = 100;  // more wrappers than anybody makes, less than a cycle

PyObject* in_dict_of(PyObject* function, const char* name) {
  PyObject* dict = reinterpret_cast<PyFunctionObject*>(function)->func_dict;
  return dict == nullptr ? nullptr : item(dict, name);
}

// What a wrapper says that it wraps; invalid where it says nothing.
nb::object wrapped_by(const nb::object& value) {
  if (PyFunction_Check(value.ptr())) return nb::borrow(in_dict_of(value.ptr(), "__wrapped__"));
  return wrapt_like(value).wrapped;
}

// A function as it is called: behind a descriptor, a method, the outside of a wrapper.
nb::object bare(const nb::object& value) {
  if (!value.is_valid()) return value;
  if (PyMethod_Check(value.ptr())) return nb::borrow(PyMethod_GET_FUNCTION(value.ptr()));
  return inside_of(value);
}

bool leads_to(nb::object value, const nb::object& wanted) {
  for (int depth = 0; depth < kDeepest; ++depth) {
    value = bare(wrapped_by(value));
    if (!value.is_valid()) return false;
    if (value.is(wanted)) return true;
  }
  return false;
}

// The function that inspect would show the signature of; invalid where that is none of Python's.
nb::object shown(nb::object value) {
  for (int depth = 0; depth < kDeepest; ++depth) {
    const bool says = PyFunction_Check(value.ptr()) && in_dict_of(value.ptr(), "__signature__");
    if (says) return {};
    auto next = bare(wrapped_by(value));
    if (!next.is_valid()) return PyFunction_Check(value.ptr()) ? value : nb::object();
    value = std::move(next);
  }
  return {};
}

// A wrapper of wrapt's shape shows the doc of what it wraps.
PyObject* doc_of(nb::object value) {
  for (int depth = 0; depth < kDeepest && value.is_valid(); ++depth) {
    if (PyFunction_Check(value.ptr())) {
      return reinterpret_cast<PyFunctionObject*>(value.ptr())->func_doc;
    }
    value = bare(wrapt_like(value).wrapped);
  }
  return nullptr;
}

bool is_same_doc(PyObject* a, PyObject* b) {
  if (a == b) return true;
  const bool texts =
      a != nullptr && b != nullptr && PyUnicode_CheckExact(a) && PyUnicode_CheckExact(b);
  return texts && PyUnicode_Compare(a, b) == 0;
}

Looks compare(const nb::object& before, const nb::object& now) {
  Looks looks;
  looks.leads_back = leads_to(now, before);
  // A C function shows its doc by an attribute only.
  looks.same_doc =
      is_same_doc(doc_of(before), doc_of(now)) || (looks.leads_back && !doc_of(before));
  const auto old_function = shown(before);
  const auto new_function = shown(now);
  if (old_function.is_valid() && new_function.is_valid()) {
    const auto old_signature = signature_of_function(old_function);
    const auto new_signature = signature_of_function(new_function);
    looks.same_signature = old_signature == new_signature;
    if (!*looks.same_signature) {
      looks.signature_before = old_signature.str();
      looks.signature_now = new_signature.str();
    }
  } else if (looks.leads_back) {
    looks.same_signature = true;  // it is asked for there
  }
  return looks;
}

bool is_readable(const nb::object& value) {
  return value.is_valid() && (PyFunction_Check(value.ptr()) || is_wrapt_like(value));
}

}  // namespace

std::optional<Looks> looks_of(PyObject* before, PyObject* now) {
  const auto old_value = bare(nb::borrow(before));
  const auto new_value = bare(nb::borrow(now));
  if (!old_value.is_valid() || !is_readable(new_value)) return std::nullopt;
  if (PyType_Check(old_value.ptr()) || PyCallable_Check(old_value.ptr()) == 0) return std::nullopt;
  try {
    return compare(old_value, new_value);
  } catch (const nb::python_error&) {  // no memory
    return std::nullopt;
  }
}

}  // namespace overt::py
