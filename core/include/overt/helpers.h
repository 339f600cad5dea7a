// Libraries that patch on behalf of their caller: they are `via`, never owners.
//
// The list holds general-purpose patching tools only, known by import name. A private copy that a
// vendor ships inside its own package belongs to the vendor and needs no entry. THREADS: pure
// functions.
#pragma once

#include <string_view>

namespace overt {

// True when code of `module` (dotted name) patches for whoever called it.
bool is_helper(std::string_view module);

// The name a report gives to such a helper: "wrapt", "unittest.mock", "pytest".
std::string_view helper_name(std::string_view module);

}  // namespace overt
