// What runs tests, as the stack shows it: pluggy and unittest, the plugins that they call, imports.
//
// THREADS: every caller holds the GIL. PYTHON: runs no Python code, sets no error.
#pragma once

namespace overt {
class Origins;
}

namespace overt::py {

class Namespaces;

// Whether the body of a module that is being imported makes the running write, or what it called:
// that belongs to the import, of which there is one in a process, and not to whoever came first.
bool is_below_import();

// Whether an installed plugin of pytest makes it in a hook of its own, with nobody else's code in
// between but the standard library's: capturing exchanges sys.stdout six times a test.
bool is_hook_of_plugin(Namespaces& namespaces, Origins& origins);

}  // namespace overt::py
