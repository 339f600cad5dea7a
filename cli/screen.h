// A text that is shown again and again on a terminal must fit it: what scrolls out at the top is
// what matters most.
#pragma once

#include <string>

namespace overt::cli {

// The first lines of `text` that fit `rows` rows of `columns`, and a last one that says how many
// are left out. Lines that are too long take several rows.
std::string fitted(const std::string& text, std::size_t rows, std::size_t columns);

// The same for the terminal that standard output is; the text itself where that has no size.
std::string fitted_to_terminal(const std::string& text);

}  // namespace overt::cli
