// What runs tests, as the stack shows it: pluggy and unittest, the plugins that they call, imports.
//
// THREADS: every caller holds the GIL. PYTHON: runs no Python code, sets no error.
#pragma once

#include <string_view>

namespace overt {
class Origins;
}

namespace overt::py {

class Namespaces;

// Whether a module is pluggy's, through which pytest calls all that it runs.
bool calls_hooks(std::string_view module);

// Whether the body of a module that is being imported makes the running write, or what it called:
// that belongs to the import, of which there is one in a process, and not to whoever came first.
bool is_below_import();

// The top import name of an installed plugin of pytest that makes it in a hook of its own, with
// nobody else's code in between but the standard library's; "" where that is not so.
std::string_view plugin_at_work(Namespaces& namespaces, Origins& origins);

}  // namespace overt::py
