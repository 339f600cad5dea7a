#include "variables.h"

#include <nanobind/nanobind.h>

#include <cstdlib>

namespace nb = nanobind;

namespace overt::py {
namespace {

bool is_ignored() {
  PyObject* flags = PySys_GetObject("flags");
  const auto flag =
      nb::steal(flags == nullptr ? nullptr : PyObject_GetAttrString(flags, "ignore_environment"));
  if (!flag.is_valid()) PyErr_Clear();
  return flag.is_valid() && PyObject_IsTrue(flag.ptr()) == 1;
}

}  // namespace

std::string variable(const char* name) {
  const char* value = ::secure_getenv(name);
  return value == nullptr || is_ignored() ? std::string() : std::string(value);
}

bool is_plain() {
  static const bool plain = variable("OVERT") == "0";
  return plain;
}

}  // namespace overt::py
