// JSON that others wrote, as a value that is safe to copy, print and take apart.
//
// The library reads any depth with a stack of its own, and copies and prints by recursion: a frame
// of 64 KiB that is nothing but brackets would take more than the native thread's whole stack. What
// is nested deeper than anything that Overt writes is therefore no JSON to us. THREADS: pure.
#pragma once

#include <nlohmann/json.hpp>
#include <string_view>

namespace overt {

inline constexpr int kDeepestJson = 64;

// Discarded (is_discarded()) for what is no JSON, or too deep.
nlohmann::json parse_json(std::string_view text);

// A whole number: anything else is a json::exception, also one with a fraction or an exponent,
// which no integer may be able to hold.
template <class Number>
Number whole(const nlohmann::json& in) {
  return static_cast<Number>(in.get_ref<const nlohmann::json::number_integer_t&>());
}

}  // namespace overt
