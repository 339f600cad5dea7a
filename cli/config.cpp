#include "config.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "overt/switch_file.h"

namespace overt::cli {

result<std::string> config_file(std::string named) {
  std::error_code error;
  if (const char* other = std::getenv("OVERT_CONFIG"); named.empty() && other != nullptr) {
    named = other;
  }
  const std::filesystem::path path(named.empty() ? "overt.toml" : named);
  if (!std::filesystem::exists(path, error)) {
    if (named.empty()) return std::string();
    return fail(Code::not_found, "there is no such file", named);
  }
  auto whole = std::filesystem::absolute(path, error).lexically_normal();
  if (error) return fail(Code::usage, "the current directory is gone", named);
  return whole.string();
}

result<std::string> config_text(const std::string& path) {
  std::error_code error;
  if (!std::filesystem::exists(path, error)) {
    return fail(Code::not_found, "there is no such file", path);
  }
  std::ifstream stream(path, std::ios::binary);
  std::string text(kLargestFile + 1, '\0');
  stream.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (stream.bad() || (!stream && stream.gcount() == 0 && !stream.eof())) {
    return fail(Code::io, "cannot read this file", path);
  }
  text.resize(static_cast<std::size_t>(stream.gcount()));
  return text;
}

}  // namespace overt::cli
