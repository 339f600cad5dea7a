#include "overt/output.h"

#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <ctime>

namespace overt {
namespace {

// While it lives this thread gets no SIGPIPE and no SIGXFSZ; one that a write caused is taken back,
// one that was pending before stays.
class NoWriteSignals {
 public:
  NoWriteSignals() {
    sigset_t pending;
    ::sigpending(&pending);
    ::sigemptyset(&ours_);
    for (const int number : {SIGPIPE, SIGXFSZ}) {
      if (::sigismember(&pending, number) == 0) ::sigaddset(&ours_, number);
    }
    ::pthread_sigmask(SIG_BLOCK, &ours_, &before_);
  }
  ~NoWriteSignals() {
    const int saved = errno;
    constexpr timespec kNow{};
    while (::sigtimedwait(&ours_, nullptr, &kNow) > 0) {
    }
    ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
    errno = saved;
  }
  NoWriteSignals(const NoWriteSignals&) = delete;
  NoWriteSignals& operator=(const NoWriteSignals&) = delete;

 private:
  sigset_t ours_{};
  sigset_t before_{};
};

}  // namespace

ssize_t write_some(int fd, std::string_view text) {
  const NoWriteSignals quiet;
  ssize_t written = 0;
  do {
    written = ::write(fd, text.data(), text.size());
  } while (written < 0 && errno == EINTR);
  return written;
}

bool write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const auto written = write_some(fd, text);
    if (written >= 0) {
      text.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno == EAGAIN) {
      pollfd ready{fd, POLLOUT, 0};
      ::poll(&ready, 1, -1);
    } else {
      return false;
    }
  }
  return true;
}

}  // namespace overt
