// The parameters and the kind of a callable, read from a Python object.
//
// Functions are read from their code; for the rest inspect is asked, and imported only then.
// THREADS: callers hold the GIL. PYTHON: asks foreign objects for attributes, which may run code of
// theirs; called when a patch is installed, never by a patched call.
#pragma once

#include <nanobind/nanobind.h>

#include <optional>
#include <string>

#include "overt/signature.h"

namespace overt::py {

namespace nb = nanobind;

// Those of a Python function, read from its code and defaults. PYTHON: runs none.
Signature signature_of_function(nb::handle function);

// The calls that `callable` itself takes. Nothing where that cannot be known (C code without a text
// signature): such a callable is taken at its word. A bound method has no `self`.
std::optional<Signature> signature_of(nb::handle callable);

// The calls that `target` is meant for: as inspect.signature() tells them, that is those of
// `__wrapped__` and `__signature__` where it has one. A target that another tool wrapped with
// (*args, **kwargs) before us wants the same advice as without that tool.
std::optional<Signature> declared_signature_of(nb::handle target);

// What a call of `callable` makes, told by its code; behind partials, bound and static methods and
// the `__call__` of its class. inspect.markcoroutinefunction() is respected.
CallKind kind_of(nb::handle callable);

// Why `callee` cannot stand in for `target`, or nothing if it can: kinds first, then calls. The
// first parameter of a method may have any name.
std::optional<std::string> refusal(nb::handle callee, nb::handle target, std::size_t leading,
                                   const std::string& role, bool method = false);

}  // namespace overt::py
