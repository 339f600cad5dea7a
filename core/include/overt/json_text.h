// JSON as text, of values that hold what a program named: bytes that are no UTF-8 are replaced, so
// that the text is valid whatever they are. THREADS: pure functions.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace overt {

// In one line, for a machine.
template <class Json>
std::string compact_json(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

// Indented, with a line break at its end: for a file or a screen.
template <class Json>
std::string indented_json(const Json& json) {
  return json.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

// A text as a JSON string, with its quotation marks.
inline std::string json_string(std::string_view text) { return compact_json(nlohmann::json(text)); }

}  // namespace overt
