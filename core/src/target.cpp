#include "overt/target.h"

#include <cstddef>

#include "overt/text.h"

namespace overt {
namespace {

constexpr std::string_view kExample = "write it as package.module:Class.method";

// The column is the one where a terminal shows the byte `at`.
Error error_at(std::string_view text, std::size_t at, std::string_view problem) {
  const auto column = width(printable(text.substr(0, at), text.size())) + 1;
  std::string what = "target '" + printable(text) + "', column " + std::to_string(column) + ": ";
  what.append(problem).append("; ").append(kExample);
  return Error{Code::usage, std::move(what), std::string(text)};
}

bool is_separator(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte <= ' ' || byte == 0x7f || c == ':' || c == '[' || c == ']';
}

// Where the first character stands that no dotted name can hold, or npos.
std::size_t bad_name(std::string_view dotted) {
  if (dotted.empty()) return 0;
  bool start = true;
  for (std::size_t i = 0; i < dotted.size(); ++i) {
    const bool dot = dotted[i] == '.';
    if ((dot && start) || is_separator(dotted[i])) return i;
    start = dot;
  }
  return start ? dotted.size() - 1 : std::string_view::npos;
}

}  // namespace

result<Target> Target::parse(std::string_view text) {
  const auto colon = text.find(':');
  if (colon == std::string_view::npos) {
    return tl::unexpected(error_at(text, text.size(), "a ':' between module and name is missing"));
  }
  const auto module = text.substr(0, colon);
  auto rest = text.substr(colon + 1);
  std::string_view item;
  if (const auto bracket = rest.find('['); bracket != std::string_view::npos) {
    item = rest.substr(bracket);
    rest = rest.substr(0, bracket);
    if (item.size() < 3 || item.back() != ']') {
      return tl::unexpected(error_at(text, text.size(), "the item's '[' is not closed, or empty"));
    }
  }
  if (const auto bad = bad_name(module); bad != std::string_view::npos) {
    return tl::unexpected(error_at(text, bad, "this is no module name"));
  }
  if (const auto bad = bad_name(rest); bad != std::string_view::npos) {
    return tl::unexpected(error_at(text, colon + 1 + bad, "this is no qualified name"));
  }
  return Target{std::string(module), std::string(rest), std::string(item)};
}

}  // namespace overt
