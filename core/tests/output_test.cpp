// Writing to descriptors that the program shares with us: all of it, and never at the program's
// cost.
#include "overt/output.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <string>
#include <thread>

#include "files.h"

namespace overt::test {
namespace {

class Pipe {
 public:
  explicit Pipe(int flags = 0) { REQUIRE(::pipe2(ends_.data(), flags) == 0); }
  ~Pipe() {
    close_reader();
    ::close(writer());
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;

  int reader() const { return ends_[0]; }
  int writer() const { return ends_[1]; }
  void close_reader() {
    if (ends_[0] >= 0) ::close(ends_[0]);
    ends_[0] = -1;
  }

 private:
  std::array<int, 2> ends_{};
};

bool is_pending(int number) {
  sigset_t pending;
  ::sigpending(&pending);
  return ::sigismember(&pending, number) == 1;
}

TEST_CASE("a reader that is gone is an error and no signal") {
  Pipe pipe;
  pipe.close_reader();
  CHECK_FALSE(write_all(pipe.writer(), "text"));
  CHECK(errno == EPIPE);
  CHECK_FALSE(is_pending(SIGPIPE));
}

TEST_CASE("a signal that waited for the program before still waits for it") {
  sigset_t pipe_only;
  sigset_t before;
  ::sigemptyset(&pipe_only);
  ::sigaddset(&pipe_only, SIGPIPE);
  ::pthread_sigmask(SIG_BLOCK, &pipe_only, &before);
  ::raise(SIGPIPE);
  Pipe pipe;
  pipe.close_reader();
  CHECK(write_some(pipe.writer(), "text") == -1);
  CHECK(is_pending(SIGPIPE));
  int taken = 0;
  ::sigwait(&pipe_only, &taken);
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

TEST_CASE("a file that may not grow is an error and no signal") {
  const Directory files;
  const int fd = ::open(files.write("file", "").c_str(), O_WRONLY);
  bool written = true;
  {
    const FullDisk full(2);
    written = write_all(fd, "text");
  }
  CHECK_FALSE(written);
  CHECK(read_file(files.path("file")) == "te");
  ::close(fd);
}

TEST_CASE("all is written, also where the program made the descriptor non-blocking") {
  Pipe pipe(O_NONBLOCK);
  const std::string text(1U << 20U, 'x');
  std::size_t read = 0;
  std::thread reader([&] {
    std::array<char, 4096> part{};
    while (read < text.size()) {
      const auto size = ::read(pipe.reader(), part.data(), part.size());
      if (size > 0) read += static_cast<std::size_t>(size);
    }
  });
  CHECK(write_all(pipe.writer(), text));
  reader.join();
  CHECK(read == text.size());
}

TEST_CASE("a write that a signal interrupted is made again") {
  Pipe pipe(O_NONBLOCK);
  while (::write(pipe.writer(), "x", 1) == 1) {
  }
  ::fcntl(pipe.writer(), F_SETFL, 0);
  static volatile sig_atomic_t interrupted = 0;
  struct sigaction handler{};
  struct sigaction before{};
  handler.sa_handler = [](int) { interrupted = 1; };  // no SA_RESTART: the write returns EINTR
  REQUIRE(::sigaction(SIGUSR1, &handler, &before) == 0);
  const pthread_t writer = ::pthread_self();
  std::thread reader([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    ::pthread_kill(writer, SIGUSR1);
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    std::string all(1U << 20U, ' ');
    CHECK(::read(pipe.reader(), all.data(), all.size()) > 0);
  });
  CHECK(write_some(pipe.writer(), "y") == 1);
  reader.join();
  CHECK(interrupted == 1);
  ::sigaction(SIGUSR1, &before, nullptr);
}

}  // namespace
}  // namespace overt::test
