// What a person steers Overt with through the environment of a process.
//
// Not heard, as CPython does not hear its own: by a program with more rights than who started it,
// and under `python -E` and `-I`. THREADS: with the GIL.
#pragma once

#include <string>

namespace overt::py {

// "" when it is not set or not heard.
std::string variable(const char* name);

// OVERT=0: nothing is patched, watched or served in this process. Fixed when it is first asked.
bool is_plain();

}  // namespace overt::py
