// Wrappers of wrapt's shape: an object with `__wrapped__` that calls an inner function
// (`_self_wrapper`) with (wrapped, instance, args, kwargs). Vendors ship copies of wrapt under
// other names, so the shape tells, never the import.
//
// THREADS: with the GIL. PYTHON: attributes are read past __getattr__, which would run a mock's
// code.
#pragma once

#include <memory>

#include "overt/patch_meter.h"
#include "refusal.h"

namespace overt::py {

struct WraptLike {
  nb::object function;      // the inner function; invalid: it is no such wrapper
  nb::object wrapped;       // what it wraps
  std::size_t leading = 0;  // arguments in front of `wrapped`: the instance of a bound method
};
WraptLike wrapt_like(const nb::object& value);
bool is_wrapt_like(const nb::object& value);

// The meter of the patch that put this wrapper somewhere, while it is armed; else nullptr.
std::shared_ptr<PatchMeter> meter_of_wrapt_like(const nb::object& wrapper);

}  // namespace overt::py
