// Descriptors of ours in a process of somebody else.
//
// They stay away from the numbers that a program expects for its own files, and are never inherited
// by what it executes. Daemons close every descriptor there is: before one is closed or used after
// a wait, it is asked whether it is still what was opened.
#pragma once

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <utility>

namespace overt {

// The same file under a high number, or what was given where there is none left.
inline int move_up(int fd) {
  constexpr int kLowest = 1000;  // as the journal, and below the usual limit of 1024
  if (fd < 0 || fd >= kLowest) return fd;
  const int high = ::fcntl(fd, F_DUPFD_CLOEXEC, kLowest);
  if (high < 0) return fd;
  ::close(fd);
  return high;
}

class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int fd) : fd_(fd) {
    struct stat info{};
    if (fd_ >= 0 && ::fstat(fd_, &info) == 0) device_ = info.st_dev, inode_ = info.st_ino;
  }
  Descriptor(Descriptor&& other) noexcept
      : fd_(std::exchange(other.fd_, -1)), device_(other.device_), inode_(other.inode_) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    std::swap(device_, other.device_);
    std::swap(inode_, other.inode_);
    return *this;
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() { reset(); }

  int get() const { return fd_; }
  bool is_open() const { return fd_ >= 0; }
  bool is_ours() const {
    struct stat info{};
    return fd_ >= 0 && ::fstat(fd_, &info) == 0 && info.st_dev == device_ && info.st_ino == inode_;
  }
  void reset() {
    if (is_ours()) ::close(fd_);
    fd_ = -1;
  }

 private:
  int fd_ = -1;
  dev_t device_ = 0;
  ino_t inode_ = 0;
};

}  // namespace overt
