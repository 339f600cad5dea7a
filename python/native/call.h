// Calling through the vectorcall protocol on the path of a patched call: as few instructions as it
// takes.
//
// THREADS: with the GIL. PYTHON: runs the callee.
#pragma once

#include <nanobind/nanobind.h>

#include <algorithm>
#include <cstring>
#include <memory>

namespace overt::py {

// PyObject_Vectorcall without its check of the result, which costs a tenth of a bare call: what is
// called here checks its own.
inline PyObject* call(PyObject* callable, PyObject* const* args, std::size_t nargsf,
                      PyObject* kwnames) {
  const auto* type = Py_TYPE(callable);
  if (type == &PyFunction_Type) [[likely]] {
    const auto function = reinterpret_cast<PyFunctionObject*>(callable)->vectorcall;
    return function(callable, args, nargsf, kwnames);
  }
  if ((type->tp_flags & Py_TPFLAGS_HAVE_VECTORCALL) != 0) {
    vectorcallfunc function = nullptr;
    std::memcpy(static_cast<void*>(&function),
                reinterpret_cast<const char*>(callable) + type->tp_vectorcall_offset,
                sizeof function);
    if (function != nullptr) return function(callable, args, nargsf, kwnames);
  }
  return PyObject_Vectorcall(callable, args, nargsf, kwnames);
}

// The number of values behind `args`: positional ones, then one for each keyword.
inline std::size_t count_of(std::size_t nargsf, PyObject* kwnames) {
  const auto positional = static_cast<std::size_t>(PyVectorcall_NARGS(nargsf));
  return kwnames == nullptr ? positional
                            : positional + static_cast<std::size_t>(PyTuple_GET_SIZE(kwnames));
}

// call() for a caller that left no room in front of its arguments: they are copied.
PyObject* call_with_first_copied(PyObject* callable, PyObject* first, PyObject* const* args,
                                 std::size_t nargsf, PyObject* kwnames);

// callable(first, *args): the first argument is put in front without a copy where the caller left
// room for it.
inline PyObject* call_with_first(PyObject* callable, PyObject* first, PyObject* const* args,
                                 std::size_t nargsf, PyObject* kwnames) {
  if ((nargsf & PY_VECTORCALL_ARGUMENTS_OFFSET) == 0) {
    return call_with_first_copied(callable, first, args, nargsf, kwnames);
  }
  PyObject** const room = const_cast<PyObject**>(args) - 1;
  PyObject* const before = *room;
  *room = first;
  PyObject* result =
      call(callable, room, static_cast<std::size_t>(PyVectorcall_NARGS(nargsf)) + 1, kwnames);
  *room = before;
  return result;
}

}  // namespace overt::py
