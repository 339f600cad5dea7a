// The six questions of the review, about one object.
// THREADS: with the GIL. PYTHON: runs no Python code, unless removal is to be proved.
#pragma once

#include <nanobind/nanobind.h>

#include <string>

namespace overt::py {

// Every patch that `object` is a part of: that replaced it, that it replaced, that changed it, or
// that is in it, where it is a class or a module. A text is a target ("time:time") or the id of a
// patch ("p12"). As the review says it; "" where nothing is known. `prove`: by
// then their removal was tried, with the GIL held (proof.h).
std::string explain(nanobind::handle object, bool prove);

}  // namespace overt::py
