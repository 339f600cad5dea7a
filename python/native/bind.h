// The parts of overt._native, one a file.
#pragma once

#include <nanobind/nanobind.h>

namespace overt::py {

namespace nb = nanobind;

void bind_patches(nb::module_& m);
void bind_tools(nb::module_& m);
void bind_wrapper(nb::module_& m);
void bind_metrics(nb::module_& m);
void bind_switch(nb::module_& m);
void bind_testing(nb::module_& m);

}  // namespace overt::py
