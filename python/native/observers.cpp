#include "observers.h"

#include "call.h"

namespace overt::py {
namespace {

// Swallows what an observer raised. False: it is not the observer's, and stays set.
bool contain(LayerState& state, PyObject* observer) {
  if (PyErr_ExceptionMatches(PyExc_KeyboardInterrupt) != 0) return false;
  state.meter->evidence.contained.add();
  if (std::exchange(state.told, true)) {
    PyErr_Clear();
  } else {
    PyErr_WriteUnraisable(observer);
  }
  return true;
}

}  // namespace

bool tell_before(LayerState& state, PyObject* const* args, std::size_t nargsf, PyObject* kwnames) {
  if (!state.function.is_valid()) return true;
  PyObject* observer = state.function.ptr();
  // No room in front of the arguments: they belong to the call that comes.
  const auto ignored = nb::steal(
      call(observer, args, static_cast<std::size_t>(PyVectorcall_NARGS(nargsf)), kwnames));
  return ignored.is_valid() || contain(state, observer);
}

PyObject* tell_after(LayerState& state, PyObject* result, PyObject* const* args, std::size_t nargsf,
                     PyObject* kwnames) {
  PyObject* error = result == nullptr ? PyErr_GetRaisedException() : nullptr;
  PyObject* observer = result == nullptr ? state.failed.ptr() : state.after.ptr();
  bool contained = true;
  if (observer != nullptr) {
    PyObject* first = result != nullptr ? result : error;
    const auto ignored = nb::steal(call_with_first(observer, first, args, nargsf, kwnames));
    contained = ignored.is_valid() || contain(state, observer);
  }
  if (!contained) {
    Py_XDECREF(result);
    Py_XDECREF(error);
    return nullptr;
  }
  if (error != nullptr) PyErr_SetRaisedException(error);
  return result;
}

}  // namespace overt::py
