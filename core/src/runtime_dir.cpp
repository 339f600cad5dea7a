#include "overt/runtime_dir.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>

namespace overt {

std::string runtime_directory_path() {
  for (const char* variable : {"OVERT_RUNTIME_DIR", "RUNTIME_DIRECTORY", "XDG_RUNTIME_DIR"}) {
    const char* directory = ::secure_getenv(variable);
    if (directory != nullptr && *directory != '\0' && ::access(directory, W_OK) == 0) {
      return std::string(directory) + "/overt";
    }
  }
  std::error_code ignored;
  auto temporary = std::filesystem::temp_directory_path(ignored);
  if (temporary.empty()) temporary = "/tmp";
  return (temporary / ("overt-" + std::to_string(::geteuid()))).string();
}

result<void> check_private(const std::string& path) {
  struct stat info{};
  if (::lstat(path.c_str(), &info) != 0 || !S_ISDIR(info.st_mode) || info.st_uid != ::geteuid() ||
      (info.st_mode & 0077U) != 0) {
    return fail(Code::io,
                "this is not a directory of yours alone (mode 0700); set OVERT_RUNTIME_DIR", path);
  }
  return {};
}

result<std::string> runtime_directory() {
  auto path = runtime_directory_path();
  if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) {
    return fail(Code::io,
                std::string("cannot make a directory for the run (") + std::strerror(errno) +
                    "); set OVERT_RUNTIME_DIR",
                path);
  }
  if (const auto checked = check_private(path); !checked) return tl::unexpected(checked.error());
  return path;
}

}  // namespace overt
