#include "overt/followed_file.h"

#include <fcntl.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

#include "descriptors.h"
#include "overt/switch_file.h"

namespace overt {
namespace {

bool is_trusted(uid_t owner) { return owner == 0 || owner == ::geteuid(); }

// Somebody else could have written this.
const char* loose(const struct stat& info) {
  if (!is_trusted(info.st_uid)) return "this file belongs to another user";
  if ((info.st_mode & S_IWOTH) != 0) return "everybody may write to this file; chmod o-w";
  if ((info.st_mode & S_IWGRP) != 0 && info.st_gid != ::getegid()) {
    return "another group may write to this file; chmod g-w";
  }
  return nullptr;
}

// In a directory that everybody may write to, only a sticky bit keeps others from renaming.
const char* loose_directory(const struct stat& info) {
  if (!is_trusted(info.st_uid)) return "its directory belongs to another user";
  const bool shared = (info.st_mode & S_IWOTH) != 0 && (info.st_mode & S_ISVTX) == 0;
  return shared ? "everybody may write to its directory; chmod o-w" : nullptr;
}

result<std::string> read_plain(int fd, const struct stat& info, const std::string& path) {
  if (!S_ISREG(info.st_mode)) return fail(Code::io, "this is no plain file", path);
  if (const char* why = loose(info)) return fail(Code::io, why, path);
  if (static_cast<std::size_t>(info.st_size) > kLargestFile) {
    return fail(Code::format, "this file is larger than 1 MiB", path);
  }
  std::string text;
  std::array<char, 16384> buffer{};
  while (text.size() <= kLargestFile) {
    const auto got = ::read(fd, buffer.data(), buffer.size());
    if (got == 0) break;
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail(Code::io, std::strerror(errno), path);
    text.append(buffer.data(), static_cast<std::size_t>(got));
  }
  return text;
}

std::int64_t nanoseconds(const timespec& time) {
  return static_cast<std::int64_t>(time.tv_sec) * 1'000'000'000 + time.tv_nsec;
}

}  // namespace

FollowedFile::FollowedFile(std::string path) : path_(std::move(path)) {
  directory_ = std::filesystem::path(path_).parent_path().string();
  if (directory_.empty()) directory_ = ".";
  kill_ = directory_ + "/KILL";
}

FollowedFile::~FollowedFile() {
  if (watch_ >= 0) ::close(watch_);
}

void FollowedFile::rewatch() {
  if (watch_ >= 0) ::close(watch_);
  watch_ = -1;
  watched_ = {};
}

FollowedFile::Stamp FollowedFile::stamp_of(const struct stat& info) {
  return {info.st_dev, info.st_ino, nanoseconds(info.st_ctim), nanoseconds(info.st_mtim),
          info.st_size};
}

// Empties the queue, and follows the directory when another one has taken its place.
void FollowedFile::drain() {
  alignas(inotify_event) std::array<char, 4096> buffer{};
  while (watch_ >= 0 && ::read(watch_, buffer.data(), buffer.size()) > 0) {
  }
  struct stat info{};
  if (::stat(directory_.c_str(), &info) != 0) return;
  if (watch_ >= 0 && info.st_dev == watched_.device && info.st_ino == watched_.inode) return;
  if (watch_ >= 0) ::close(watch_);
  watch_ = move_up(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
  if (watch_ < 0) return;
  constexpr std::uint32_t kEvents = IN_CREATE | IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM |
                                    IN_DELETE | IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF |
                                    IN_ONLYDIR;
  if (::inotify_add_watch(watch_, directory_.c_str(), kEvents) < 0) {
    ::close(watch_);
    watch_ = -1;
    return;
  }
  watched_ = stamp_of(info);
}

Sighting FollowedFile::look() {
  drain();
  Sighting seen;
  look_at_file(seen);
  look_at_kill(seen);
  return seen;
}

// One moment's file: it is opened first, and all that is said is about what was opened.
void FollowedFile::look_at_file(Sighting& seen) {
  struct stat info{};
  if (::stat(path_.c_str(), &info) != 0 && (errno == ENOENT || errno == ENOTDIR)) {
    seen.gone = std::exchange(stamp_, std::nullopt).has_value();
    unopened_ = 0;
    return;
  }
  if (stamp_ && stamp_of(info) == *stamp_) return;
  const int fd = ::open(path_.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
  if (fd < 0) {
    const int why = errno;
    if (why == ENOENT) return;  // gone between the two; the next look tells
    // Tried at each look, as it may pass without a trace in the file: too many open files.
    if (why == std::exchange(unopened_, why)) return;
    seen.text = fail(Code::io, std::string("cannot read this file: ") + std::strerror(why), path_);
    return;
  }
  unopened_ = 0;
  ::fstat(fd, &info);
  struct stat directory{};  // not loose where it is gone by now: the file is what was opened
  ::stat(directory_.c_str(), &directory);
  if (const char* why = loose_directory(directory)) {
    seen.text = fail(Code::io, why, path_);
  } else {
    seen.text = read_plain(fd, info, path_);
  }
  ::close(fd);
  stamp_ = stamp_of(info);
}

// Its presence is all it says, so its absence counts only where it was: in the same directory.
void FollowedFile::look_at_kill(Sighting& seen) {
  struct stat directory{};
  struct stat info{};
  if (::stat(directory_.c_str(), &directory) != 0) return;
  const bool there = ::lstat(kill_.c_str(), &info) == 0;
  if (!there && errno != ENOENT) return;
  const char* why = nullptr;
  if (there) {
    why = loose_directory(directory);
    if (why == nullptr && !is_trusted(info.st_uid)) why = "it belongs to another user";
  }
  const std::string refused = why == nullptr ? "" : why;
  if (refused != kill_refused_) seen.kill_refused = kill_refused_ = refused;
  const bool counts = there && why == nullptr;
  const bool same =
      directory.st_dev == kill_directory_.device && directory.st_ino == kill_directory_.inode;
  if (counts) kill_directory_ = stamp_of(directory);
  if (counts == killed_ || (!there && !same) || (there && !counts)) return;
  killed_ = counts;
  seen.kill = counts;
}

}  // namespace overt
