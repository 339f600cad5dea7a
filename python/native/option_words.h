// What options of patches and decorators are given in words.
#pragma once

#include <nanobind/nanobind.h>

namespace overt::py {

// A duration in seconds, as a number or as text with a unit; 0 for None. Throws Refusal.
double seconds_of(const char* option, const nanobind::object& given);

}  // namespace overt::py
