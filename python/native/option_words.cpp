#include "option_words.h"

#include <nanobind/stl/string.h>

#include <cmath>

#include "overt/duration.h"
#include "refusal.h"

namespace overt::py {

namespace nb = nanobind;

double seconds_of(const char* option, const nb::object& given) {
  if (given.is_none()) return 0;
  if (nb::isinstance<nb::str>(given)) {
    const auto seconds = parse_duration(nb::cast<std::string>(given));
    if (!seconds) throw Refusal(seconds.error());
    return *seconds;
  }
  const double seconds = PyFloat_AsDouble(given.ptr());
  PyErr_Clear();
  if (std::isfinite(seconds) && seconds > 0) return seconds;
  refuse(Code::usage,
         std::string(option) + " must be a number of seconds above zero, or a text as in \"20us\"",
         nb::cast<std::string>(nb::repr(given)));
}

}  // namespace overt::py
