// Versions of distributions and ranges of them, as PEP 440 orders them.
//
// A range is text: specifiers with commas between them, as in ">=2.75.0,<3"; "" takes everything.
// THREADS: pure functions.
#pragma once

#include <compare>
#include <optional>
#include <string>
#include <string_view>

#include "overt/result.h"

namespace overt {

// How two versions are ordered; nothing where one of them is no version of PEP 440. What stands
// behind a + (a local build) is not looked at.
std::optional<std::strong_ordering> compare_versions(std::string_view a, std::string_view b);

// From this version on, up to the next that may break: ">=2.75.0,<3", ">=0.66b1,<0.67". A version
// that PEP 440 does not know is accepted as it is: "==2.x-custom".
std::string compatible_range(std::string_view version);

// Errors: format, with the specifier that is none.
result<void> check_range(std::string_view range);

// REQUIRES: check_range(range). As in PEP 440, <3 does not take 3rc1.
bool in_range(std::string_view range, std::string_view version);

}  // namespace overt
