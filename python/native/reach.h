// Who refers to what was patched: modules that hold it, and modules that kept the old object.
// THREADS: every caller holds the GIL. PYTHON: runs no Python code, imports nothing.
#pragma once

#include <vector>

#include "overt/patch.h"
#include "records.h"

namespace overt::py {

// Fills in the reach of every patch that stands, in one pass over the namespaces of sys.modules.
void measure_reach(std::vector<Patch>& patches, const std::vector<Subject>& subjects);

// What each patch of others that stands looks like beside what it replaced, and what the code of
// each does with errors, where that was not read yet.
void read_code(std::vector<Patch>& patches, const std::vector<Subject>& subjects);

}  // namespace overt::py
