// Who calls Overt: the distribution, the line and the stack, for what is made through it.
// THREADS: with the GIL. PYTHON: runs no Python code, sets no error.
#pragma once

#include <string>
#include <vector>

#include "overt/boundary.h"
#include "overt/origins.h"
#include "overt/patch.h"

namespace overt::py {

class Namespaces;

struct Caller {
  Owner owner;
  OriginId origin = kNoOrigin;
  Site site;
  std::vector<Site> stack;       // innermost first
  std::vector<std::string> via;  // helpers between the owner and us
};

// The innermost frame that belongs neither to Overt, nor to a helper, nor, if there is another one,
// to the standard library.
Caller caller();

// How far a patch of `module` by this caller reaches beyond the caller's own.
Boundary boundary_for(const Caller& caller, const std::string& module, bool builtin_type);

}  // namespace overt::py
