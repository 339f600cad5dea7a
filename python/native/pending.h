// What waits for a module to be imported.
//
// The import system ends an import by setting `_initializing` of the module's spec to False: the
// module's body has run then, it stands in sys.modules, and its lock is still held, so nobody has
// used it. A watcher on the spec's dict calls back at that moment. Nothing is put into
// sys.meta_path, and importing is as fast as before.
//
// THREADS: with the GIL; hooks run on the thread that imports. PYTHON: hooks run Python code; what
// they raise is reported as unraisable and never breaks the import.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "refusal.h"

namespace overt::py {

using ImportHook = std::function<void(const nb::object& module)>;

// Calls `hook` once, when `module` is imported next. Returns a number to cancel it by. Throws
// Refusal when the interpreter has no watcher id left.
std::uint64_t when_imported(const std::string& module, ImportHook hook);

// The same for the import after the present one: a module that is there does not count. It is also
// called at the interpreter's next safe point after the module was executed again, or put into
// sys.modules by hand.
std::uint64_t at_next_import(const std::string& module, ImportHook hook);

// Whether the import of a module is at its end, and what waited for it is running: to everybody
// else the module is still being imported.
bool is_import_ending(const std::string& module);

// How many of both were ever asked for.
std::uint64_t import_hooks();

// True when the hook had not run yet.
bool cancel_import_hook(std::uint64_t hook);

}  // namespace overt::py
