// Two parameter lists out of bytes, in the order that Python wants: whoever takes all calls of a
// second callable that takes all of a third takes those too, and each takes its own.

#include "overt/signature.h"

#include <algorithm>
#include <array>
#include <string>

#include "fuzz.h"

namespace {

using namespace overt;

// A byte a parameter: its kind, its name (never twice) and whether it has a default.
Signature signature_of(std::string_view bytes) {
  constexpr std::string_view kNames = "abcdefgh";
  Signature signature;
  auto& all = signature.parameters;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    Parameter parameter;
    parameter.kind = static_cast<ParameterKind>(byte % 5);
    parameter.name = kNames[(byte / 5) % kNames.size()];
    parameter.has_default = byte >= 128;
    const bool star = parameter.kind == ParameterKind::var_positional ||
                      parameter.kind == ParameterKind::var_keyword;
    if (star) parameter.has_default = false;
    const bool taken = std::any_of(all.begin(), all.end(), [&](const auto& each) {
      return each.name == parameter.name || (star && each.kind == parameter.kind);
    });
    if (!taken) all.push_back(parameter);
  }
  std::stable_sort(all.begin(), all.end(),
                   [](const auto& a, const auto& b) { return a.kind < b.kind; });
  bool defaulted = false;  // of positional parameters those without a default come first
  for (auto& each : all) {
    if (each.kind > ParameterKind::positional_or_keyword) continue;
    each.has_default = defaulted = defaulted || each.has_default;
  }
  return signature;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = fuzz::text_of(data, size);
  const auto third = bytes.size() / 3;
  const std::array<Signature, 3> each = {signature_of(bytes.substr(0, third)),
                                         signature_of(bytes.substr(third, third)),
                                         signature_of(bytes.substr(2 * third))};
  for (const auto& one : each) {
    fuzz::promise(accepts(one, one).has_value(), "it takes its own calls");
    for (const auto& other : each) {
      const auto taken = accepts(one, other, {.leading = bytes.size() % 3});
      fuzz::promise(taken || !taken.error().what.empty(), "an error says what to change");
    }
    static_cast<void>(one.bound().str() + one.of_method().str());
  }
  return 0;
}
