// The switches that a person states in a file or in the environment.
//
//   # overt.toml
//   [off]
//   all = false
//   owners = ["sentry-sdk"]
//   targets = ["http.client:*"]           # globs
//   boundaries = ["builtins"]
//   including_protected = true            # also patches with fail = "patched"; needs a reason
//   reason = "incident 42"
//
// A file is taken as a whole or not at all. THREADS: pure functions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "overt/vote.h"

namespace overt {

inline constexpr std::size_t kLargestFile = std::size_t{1} << 20U;

// The votes of a file's [off] table. Errors: format, with "path:line:column" as subject; unknown
// names are errors. The tables [policy] and [[budget]] belong to others and are not looked at.
result<std::vector<Vote>> parse_switches(std::string_view text, const std::string& path);

// OVERT_OFF: "all", or owners with commas between them.
std::vector<Vote> parse_off_variable(std::string_view text);

}  // namespace overt
