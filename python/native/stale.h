// Who still holds what a patch replaced: copies that were taken before it was made.
// THREADS: with the GIL. PYTHON: runs no Python code, imports nothing.
#pragma once

#include <nanobind/nanobind.h>

#include <string>
#include <vector>

namespace overt::py {

namespace nb = nanobind;

struct StaleWish {
  std::vector<nb::object> objects;  // what is looked for, by identity
  nb::object except;                // the container of the target itself
  bool closures = false;            // also in the free variables of functions
};

// Every holder as "module:name", "module:Class.name", "module:function(argument=)" or
// "module:function.<closure>.name", sorted.
std::vector<std::string> find_holders(const StaleWish& wish);

}  // namespace overt::py
