#include "locking.h"

#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace overt::cli {

result<std::optional<Lock>> read_lock(const std::string& path) {
  std::error_code error;
  if (!std::filesystem::exists(path, error)) return std::nullopt;
  std::ifstream stream(path, std::ios::binary);
  std::ostringstream text;
  text << stream.rdbuf();
  if (!stream) return fail(Code::io, "cannot read this file", path);
  auto lock = parse_lock(text.str(), path);
  if (!lock) return tl::unexpected(lock.error());
  return std::move(*lock);
}

result<void> write_lock(const std::string& path, const Lock& lock) {
  const auto temporary = path + "." + std::to_string(::getpid()) + ".tmp";
  std::ofstream stream(temporary, std::ios::binary);
  stream << to_text(lock);
  stream.close();
  if (stream && std::rename(temporary.c_str(), path.c_str()) == 0) return {};
  const std::string why = std::strerror(errno);
  std::remove(temporary.c_str());
  return fail(Code::io, "cannot write the lock: " + why, path);
}

}  // namespace overt::cli
