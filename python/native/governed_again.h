// Patches follow their names: when a module is executed again (importlib.reload), or another one
// takes its name, its patches are made at what their targets lead to then.
// THREADS: with the GIL.
#pragma once

#include <string>

namespace overt::py {

// Imports of the module are told of from now on, once more for each call. False where they cannot
// be: the interpreter has no watcher id left, and a patch that is left behind only says so.
bool follow_imports(const std::string& module);

void stop_following(const std::string& module);

}  // namespace overt::py
