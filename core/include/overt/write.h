// One write to a watched namespace, as evidence: what was there, what is there now, who was
// running.
//
// The Python face fills this in inside a watcher and judge() (rules.h) decides what it means.
// Nothing here refers to a Python object, so that every rule can be tested without an interpreter.
// Views point into the interpreter's own strings: a Write is valid during the write only.
// THREADS: values; no shared state.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "overt/origins.h"

namespace overt {

// One frame of the stack at the write, innermost first.
struct Frame {
  std::string_view module;    // __name__ of its globals
  std::string_view function;  // qualified name; "<module>" for a module's body
  std::string_view file;
  int line = 0;  // 1-based; filled in only for a write that is reported
  OriginId origin = kNoOrigin;
  bool body = false;       // the body of `module` itself, that is: the module is being executed
  bool machinery = false;  // a frame of the import system
};

// The old or the new value of a name, described without running any code of its type.
struct Value {
  bool present = false;     // false: the name did not exist (old) or was deleted (new)
  bool plain = false;       // numbers, strings, bytes, None, and containers of these
  bool callable = false;    // its type has tp_call
  bool descriptor = false;  // its type has tp_descr_get or tp_descr_set
  bool is_class = false;
  bool is_module = false;
  bool has_spec = false;         // a module with a __spec__, that is: made by an import system
  std::string type;              // "function", "wrapt.wrappers.BoundFunctionWrapper"
  std::string module;            // where it says it was defined, "" when it does not
  std::string qualname;          // "" for an object without one
  OriginId definer = kNoOrigin;  // origin of the code that it runs, when that is known
};

enum class Change { replaced, added, deleted, code, module };

std::string_view name(Change change);

enum class Space {
  module,
  type,
  modules,
  function
};  // what was written to; `modules` is sys.modules

struct Write {
  Space space = Space::module;
  std::string_view module;      // the module that the namespace belongs to
  std::string_view qualname;    // the class, or the function for Space::function; "" for a module
  std::string_view key;         // the name written; "" for Space::function
  OriginId origin = kNoOrigin;  // of the namespace; for sys.modules of the entry's name
  bool builtin_type = false;    // a type that the interpreter defines in C
  bool bodiless = false;   // of a module without a __spec__: others fill it, since it has no body
  bool extension = false;  // of a module written in C, or of a class in one
  bool shadowed = false;   // another module, or class, answers to the name of this namespace
  bool patched = false;    // the name is patched already, as far as the ledger knows
  std::vector<OriginId> frameworks;  // origins of the class's bases and metaclass, for Space::type
  Value old_value;
  Value new_value;
  std::vector<Frame> frames;

  Change change() const;
  std::string target() const;  // "http.client:HTTPConnection.putrequest"
};

}  // namespace overt
