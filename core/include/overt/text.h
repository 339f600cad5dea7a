// Text that came from a program, made safe to print: no control sequence reaches a terminal through
// a name. THREADS: pure functions.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace overt {

// `text` with control characters, bidirectional controls and bytes that are no UTF-8 written as
// escapes
// (\n, \x1b, \u202e). A text longer than `longest` bytes is cut there and says how much is missing.
std::string printable(std::string_view text, std::size_t longest = 400);

// Columns that a printable text takes on a terminal; East Asian wide characters count two.
std::size_t width(std::string_view text);

}  // namespace overt
