#include "evidence.h"

namespace nb = nanobind;

namespace overt::py {
namespace {

// An exception that was raised while many others were handled has a long history.
constexpr int kDeepest = 100;

bool leads_to(PyObject* error, PyObject* wanted, int depth) {
  if (error == nullptr || depth > kDeepest) return false;
  if (error == wanted) return true;
  const auto cause = nb::steal(PyException_GetCause(error));
  if (leads_to(cause.ptr(), wanted, depth + 1)) return true;
  // `from` hides the context: what a person reads in the traceback is the cause.
  if (reinterpret_cast<PyBaseExceptionObject*>(error)->suppress_context != 0) return false;
  const auto context = nb::steal(PyException_GetContext(error));
  return leads_to(context.ptr(), wanted, depth + 1);
}

bool has_note(PyObject* error, PyObject* text) {
  const auto notes = nb::steal(PyObject_GetAttrString(error, "__notes__"));
  if (!notes.is_valid()) {
    PyErr_Clear();
    return false;
  }
  const int found = PySequence_Contains(notes.ptr(), text);
  if (found < 0) PyErr_Clear();
  return found == 1;
}

}  // namespace

bool weigh(Evidence& evidence, PyObject* raised, bool returned) noexcept {
  evidence.probed.add();
  if (raised == nullptr) return false;
  evidence.raised.add();
  if (returned) {
    evidence.swallowed.add();
    return true;
  }
  PyObject* error = PyErr_GetRaisedException();
  if (error != nullptr && error != raised) {
    (leads_to(error, raised, 0) ? evidence.replaced : evidence.hidden).add();
  }
  PyErr_SetRaisedException(error);
  return true;
}

void add_note(const std::string& text) noexcept {
  PyObject* error = PyErr_GetRaisedException();
  if (error == nullptr) return;
  const auto note = nb::steal(PyUnicode_FromStringAndSize(text.data(), std::ssize(text)));
  if (note.is_valid() && !has_note(error, note.ptr())) {
    const auto done = nb::steal(PyObject_CallMethod(error, "add_note", "O", note.ptr()));
    if (!done.is_valid()) PyErr_Clear();  // the exception matters more than the note
  }
  PyErr_Clear();
  PyErr_SetRaisedException(error);
}

}  // namespace overt::py
