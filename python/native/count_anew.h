// In a forked child everything is counted anew: what was counted before is its parent's, and a
// service is its processes added up.
// THREADS: with the GIL.
#pragma once

#include <nanobind/nanobind.h>

namespace overt::py {

// Registers that with os. To be called before anything that starts a thread after a fork does.
void count_anew_in_children(nanobind::module_& module);

}  // namespace overt::py
