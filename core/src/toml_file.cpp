#include "toml_file.h"

#include "overt/switch_file.h"

namespace overt {

result<toml::table> parse_toml(std::string_view text, const std::string& path) {
  if (text.size() > kLargestFile) {
    return fail(Code::format, "this file is larger than 1 MiB", path + ":1:1");
  }
  auto parsed = toml::parse(text, path);
  if (!parsed) {
    const auto& error = parsed.error();
    return fail(Code::format, std::string(error.description()), place_of(error.source(), path));
  }
  return std::move(parsed).table();
}

}  // namespace overt
