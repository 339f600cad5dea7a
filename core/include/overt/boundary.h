// How far from its owner's own code a patch reaches: the class of its blast radius, narrow to wide.
//
// The order of the enumerators is the order of the classes: a < b means "a is narrower than b".
// THREADS: values; no shared state.
#pragma once

#include <optional>
#include <string_view>

#include "overt/origins.h"

namespace overt {

enum class Boundary { own, application, third_party, stdlib, builtins };

std::string_view name(Boundary boundary);
std::optional<Boundary> parse_boundary(std::string_view text);

// The boundary of a patch that `owner` makes in code of `target`; `builtin_type` is true for the
// namespace of a type that the interpreter itself defines in C (str, dict, datetime.datetime, ...).
Boundary boundary_of(const Origin& owner, const Origin& target, bool builtin_type);

}  // namespace overt
