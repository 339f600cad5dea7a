// What the readers of overt.toml's tables have in common: the file as a table, and what is wrong
// with a node of it, with its place.
// THREADS: pure functions.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "overt/result.h"
#include "toml.h"

namespace overt {

inline std::string place_of(const toml::source_region& source, const std::string& path) {
  return path + ":" + std::to_string(source.begin.line) + ":" + std::to_string(source.begin.column);
}

// `node`: a value or a key.
template <class Node>
tl::unexpected<Error> wrong_at(const Node& node, const std::string& path, std::string what) {
  return fail(Code::format, std::move(what), place_of(node.source(), path));
}

inline std::string quoted(const toml::key& key) { return "`" + std::string(key.str()) + "`"; }

// Errors: format, for a file that is no TOML or larger than kLargestFile (switch_file.h).
result<toml::table> parse_toml(std::string_view text, const std::string& path);

}  // namespace overt
