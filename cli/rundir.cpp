#include "rundir.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>

namespace overt::cli {
namespace {

namespace fs = std::filesystem;

std::string reason() { return std::strerror(errno); }

std::string parent_of_runs() {
  for (const char* variable : {"OVERT_RUNTIME_DIR", "RUNTIME_DIRECTORY", "XDG_RUNTIME_DIR"}) {
    const char* directory = std::getenv(variable);
    if (directory != nullptr && *directory != '\0' && ::access(directory, W_OK) == 0) {
      return std::string(directory) + "/overt";
    }
  }
  std::error_code ignored;
  auto temporary = fs::temp_directory_path(ignored);
  if (temporary.empty()) temporary = "/tmp";
  return (temporary / ("overt-" + std::to_string(::getuid()))).string();
}

// Somebody else may have made a directory of this name in a shared place: it must be ours alone.
result<void> claim(const std::string& path) {
  if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) {
    return fail(Code::io, "cannot make a directory for the run (" + reason() + "); set OVERT_RUNTIME_DIR", path);
  }
  struct stat info {};
  if (::lstat(path.c_str(), &info) != 0 || !S_ISDIR(info.st_mode) || info.st_uid != ::getuid() ||
      (info.st_mode & 0077U) != 0) {
    return fail(Code::io, "this is not a directory of yours alone (mode 0700); set OVERT_RUNTIME_DIR", path);
  }
  return {};
}

}  // namespace

result<std::string> make_run_directory(int pid) {
  const auto parent = parent_of_runs();
  if (auto claimed = claim(parent); !claimed) return tl::unexpected(claimed.error());
  std::string directory = parent + "/run-" + std::to_string(pid) + "-XXXXXX";
  if (::mkdtemp(directory.data()) == nullptr) {
    return fail(Code::io, "cannot make a directory for the run (" + reason() + "); set OVERT_RUNTIME_DIR",
                parent);
  }
  return directory;
}

result<std::string> make_report_directory(const std::string& path) {
  std::error_code error;
  auto absolute = fs::absolute(path, error).lexically_normal();
  if (!absolute.has_filename()) absolute = absolute.parent_path();
  fs::create_directories(absolute, error);
  if (error || ::access(absolute.c_str(), W_OK | X_OK) != 0) {
    return fail(Code::usage, "cannot write reports to this directory (" + (error ? error.message() : reason()) + ")",
                absolute.string());
  }
  return absolute.string();
}

result<std::string> check_report_file(const std::string& path) {
  std::error_code ignored;
  const auto absolute = fs::absolute(path, ignored).lexically_normal();
  const auto directory = absolute.parent_path();
  if (::access(directory.c_str(), W_OK | X_OK) != 0) {
    return fail(Code::usage, "cannot write a report to this directory (" + reason() + ")", directory.string());
  }
  if (fs::exists(absolute, ignored) && ::access(absolute.c_str(), W_OK) != 0) {
    return fail(Code::usage, "cannot replace this report (" + reason() + ")", absolute.string());
  }
  return absolute.string();
}

}  // namespace overt::cli
