#include "rundir.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "overt/runtime_dir.h"

namespace overt::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kRunPrefix = "run-";

std::string reason() { return std::strerror(errno); }

// Still written by a process of its run, whatever became of the root.
bool is_written(const fs::path& journal) {
  const int fd = ::open(journal.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return false;
  const bool locked = ::flock(fd, LOCK_EX | LOCK_NB) != 0;
  ::close(fd);
  return locked;
}

bool is_abandoned(const fs::path& directory) {
  const auto name = directory.filename().string();
  if (!name.starts_with(kRunPrefix)) return false;
  int root = 0;
  std::from_chars(name.data() + kRunPrefix.size(), name.data() + name.size(), root);
  if (root <= 0 || ::kill(root, 0) == 0 || errno != ESRCH) return false;
  std::error_code error;
  // A root that we cannot see, in another container, has opened its journal by then.
  const auto age = fs::file_time_type::clock::now() - fs::last_write_time(directory, error);
  if (error || age < std::chrono::minutes(1)) return false;
  fs::recursive_directory_iterator it(directory, error);
  for (const fs::recursive_directory_iterator end; !error && it != end; it.increment(error)) {
    if (is_written(it->path())) return false;
  }
  return !error;
}

// A root removes its directory unless it is killed, leaves by os._exit, or is no Python at all.
void remove_abandoned(const std::string& parent) {
  std::error_code error;
  std::error_code ignored;
  for (fs::directory_iterator it(parent, error), end; !error && it != end; it.increment(error)) {
    if (is_abandoned(it->path())) fs::remove_all(it->path(), ignored);
  }
}

// Not access(2): it knows neither quotas nor file systems that take no new files.
result<void> try_file(const fs::path& path) {
  const auto trial = path.string() + "." + std::to_string(::getpid()) + ".tmp";
  const int fd = ::open(trial.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
  if (fd < 0) {
    return fail(Code::usage, "cannot write a report to this directory (" + reason() + ")",
                path.parent_path().string());
  }
  ::close(fd);
  ::unlink(trial.c_str());
  return {};
}

result<fs::path> absolute(const std::string& path) {
  std::error_code error;
  auto whole = fs::absolute(path, error).lexically_normal();
  if (error)
    return fail(Code::usage, "the current directory is gone; write an absolute path", path);
  return whole;
}

}  // namespace

result<std::string> make_run_directory(int pid) {
  const auto parent = runtime_directory();
  if (!parent) return tl::unexpected(parent.error());
  remove_abandoned(*parent);
  std::string directory = *parent + "/" + std::string(kRunPrefix) + std::to_string(pid) + "-XXXXXX";
  if (::mkdtemp(directory.data()) == nullptr) {
    return fail(Code::io,
                "cannot make a directory for the run (" + reason() + "); set OVERT_RUNTIME_DIR",
                *parent);
  }
  // Made to see that it can be; the first governed process makes it again. The program may be none,
  // and then nobody would remove it.
  ::rmdir(directory.c_str());
  return directory;
}

result<std::string> make_report_directory(const std::string& path) {
  auto whole = absolute(path);
  if (!whole) return tl::unexpected(whole.error());
  auto directory = whole->has_filename() ? *whole : whole->parent_path();
  std::error_code error;
  fs::create_directories(directory, error);
  if (error) {
    return fail(Code::usage, "cannot make this directory (" + error.message() + ")",
                directory.string());
  }
  if (auto tried = try_file(directory / "report"); !tried) return tl::unexpected(tried.error());
  return directory.string();
}

result<std::string> check_report_file(const std::string& path) {
  const auto whole = absolute(path);
  if (!whole) return tl::unexpected(whole.error());
  if (auto tried = try_file(*whole); !tried) return tl::unexpected(tried.error());
  std::error_code ignored;
  if (fs::exists(*whole, ignored) && ::access(whole->c_str(), W_OK) != 0) {
    return fail(Code::usage, "cannot replace this report (" + reason() + ")", whole->string());
  }
  return whole->string();
}

}  // namespace overt::cli
