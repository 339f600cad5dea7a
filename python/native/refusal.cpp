#include "refusal.h"

#include <nanobind/stl/string.h>

namespace overt::py {
namespace {

const char* class_of(Code code) {
  switch (code) {
    case Code::not_found:
      return "TargetError";
    case Code::refused:
    case Code::policy:  // a PolicyRefusal says more
      return "RefusedError";
    case Code::signature:
      return "SignatureError";
    case Code::duplicate:
      return "DuplicateError";
    case Code::misuse:
      return "StateError";
    case Code::usage:
    case Code::io:
    case Code::format:
      break;
  }
  return "Error";
}

}  // namespace

void raise(const Error& error) {
  try {
    const auto errors = nb::module_::import_("overt._errors");
    const auto type = nb::getattr(errors, class_of(error.code));
    const auto made = type(error.what, error.subject);
    PyErr_SetObject(type.ptr(), made.ptr());
  } catch (nb::python_error& problem) {
    problem.restore();
  }
}

void register_refusals() {
  nb::register_exception_translator([](const std::exception_ptr& thrown, void* /*unused*/) {
    try {
      std::rethrow_exception(thrown);
    } catch (const Refusal& refusal) {
      refusal.raise();
    }
  });
}

}  // namespace overt::py
