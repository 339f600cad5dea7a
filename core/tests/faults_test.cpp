// Faults of the system around a service: no thread left, paths that are prepared by others. Numbers
// as in docs/reliability.md.
#include <doctest/doctest.h>
#include <pthread.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>

#include "control_fixture.h"
#include "files.h"
#include "overt/control_socket.h"
#include "overt/service.h"

using namespace overt;
namespace fs = std::filesystem;

namespace {

struct Fixture : test::Process {
  Fixture() { ::chmod(files.path().c_str(), 0700); }
  test::Directory files;
};

std::string own_name() { return std::to_string(::getpid()) + ".sock"; }

void use_up_threads() {
  pthread_attr_t attributes;
  ::pthread_attr_init(&attributes);
  ::pthread_attr_setstacksize(&attributes, std::size_t{1} << 20U);
  const auto sleep = [](void*) -> void* {
    while (true) ::pause();
  };
  pthread_t thread{};
  while (::pthread_create(&thread, &attributes, sleep, nullptr) == 0) {
  }
}

}  // namespace

#ifndef __SANITIZE_ADDRESS__  // which wants all of the address space for itself
TEST_CASE_FIXTURE(Fixture, "FM-33: no thread left is said, and the votes of the file hold") {
  const auto file = files.write("overt.toml", "[off]\nall = true\n");
  const pid_t child = ::fork();
  if (child == 0) {
    const rlimit none{1U << 20U, 1U << 20U};  // no room for another stack
    ::setrlimit(RLIMIT_AS, &none);
    use_up_threads();  // stacks of threads that have ended are kept, and used again
    Service service({true, files.path(), file}, board, view, history);
    const auto started = service.start();
    const bool told = !started && started.error().what.starts_with("no thread is left");
    ::_exit(told && cells[0].is_off() && cells[1].is_off() && service.socket_path().empty() ? 0
                                                                                            : 1);
  }
  int status = 1;
  ::waitpid(child, &status, 0);
  CHECK(status == 0);
}
#endif

TEST_CASE_FIXTURE(Fixture, "FM-31: a link under our name is no way to somewhere else") {
  fs::create_symlink(files.path("elsewhere"), files.path(own_name()));
  const auto refused = open_control_socket(files.path(), ::getpid());
  REQUIRE_FALSE(refused);
  CHECK(refused.error().what.find("remove it, or set OVERT_RUNTIME_DIR") != std::string::npos);
  CHECK_FALSE(fs::exists(files.path("elsewhere")));
  const auto client = connect_control_socket(files.path(), own_name());
  REQUIRE_FALSE(client);
  CHECK(client.error().what == "this is no socket");
}

TEST_CASE_FIXTURE(Fixture,
                  "FM-31: a link in place of the temporary name is replaced, not followed") {
  const auto temporary = files.path(".binding-" + std::to_string(::getpid()));
  files.write("precious", "data");
  fs::create_symlink(files.path("precious"), temporary);
  const auto opened = open_control_socket(files.path(), ::getpid());
  REQUIRE(opened);
  ::close(opened->fd);
  unlink_control_socket(*opened);
  CHECK(fs::file_size(files.path("precious")) == 4);
}

TEST_CASE_FIXTURE(Fixture, "FM-31: a socket that replaced ours is not removed at the end") {
  const auto ours = open_control_socket(files.path(), ::getpid());
  REQUIRE(ours);
  fs::remove(ours->path);
  const auto theirs = open_control_socket(files.path(), ::getpid());
  REQUIRE(theirs);
  CHECK_FALSE(is_in_place(*ours));
  unlink_control_socket(*ours);
  CHECK(fs::exists(theirs->path));
  unlink_control_socket(*theirs);
  CHECK_FALSE(fs::exists(theirs->path));
  ::close(ours->fd);
  ::close(theirs->fd);
}
