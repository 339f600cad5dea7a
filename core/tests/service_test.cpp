#include "overt/service.h"

#include <doctest/doctest.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <optional>
#include <thread>

#include "control_fixture.h"
#include "files.h"
#include "overt/control_socket.h"

using namespace overt;
namespace fs = std::filesystem;
using namespace std::chrono_literals;
using nlohmann::json;
using test::request;

namespace {

std::string name_of(int pid) { return std::to_string(pid) + ".sock"; }

// A client that says lines and waits for lines.
class Talker {
 public:
  Talker(const std::string& directory, int pid) {
    const auto connected = connect_control_socket(directory, name_of(pid));
    fd_ = connected ? connected->fd : -1;
  }
  ~Talker() { hang_up(); }
  Talker(const Talker&) = delete;
  Talker& operator=(const Talker&) = delete;

  bool is_connected() const { return fd_ >= 0; }
  bool put(std::string_view bytes) const {
    return ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
           static_cast<ssize_t>(bytes.size());
  }
  // The next line; nothing when the other side hung up, or said nothing for so long.
  std::optional<std::string> line(int milliseconds = 3000) {
    while (in_.find('\n') == std::string::npos) {
      pollfd ready{fd_, POLLIN, 0};
      char buffer[4096];
      if (::poll(&ready, 1, milliseconds) != 1) return std::nullopt;
      const auto got = ::recv(fd_, buffer, sizeof(buffer), 0);
      if (got <= 0) return std::nullopt;
      in_.append(buffer, static_cast<std::size_t>(got));
    }
    const auto end = in_.find('\n');
    auto line = in_.substr(0, end);
    in_.erase(0, end + 1);
    return line;
  }
  json ask(const std::string& verb, const json& params = {}) {
    put(request(verb, params) + "\n");
    const auto answer = line();
    return answer ? json::parse(*answer) : json();
  }
  bool is_hung_up(int milliseconds) const {
    pollfd ready{fd_, POLLIN, 0};
    char byte = 0;
    return ::poll(&ready, 1, milliseconds) == 1 && ::recv(fd_, &byte, 1, MSG_PEEK) <= 0;
  }
  void hang_up() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }

 private:
  int fd_ = -1;
  std::string in_;
};

struct Fixture : test::Process {
  Fixture() { ::chmod(files.path().c_str(), 0700); }
  std::string directory() const { return files.path(); }
  result<void> start(const std::string& file = {}) {
    service.emplace(ServiceOptions{true, files.path(), file}, board, view, history);
    return service->start();
  }
  template <class Question>
  static bool soon(Question question, std::chrono::milliseconds patience = 3s) {
    const auto end = std::chrono::steady_clock::now() + patience;
    while (!question()) {
      if (std::chrono::steady_clock::now() > end) return false;
      std::this_thread::sleep_for(1ms);
    }
    return true;
  }

  test::Directory files;
  std::optional<Service> service;
};

const json kAll = {{"on", {{{"scope", "process"}}}}};

std::size_t descriptors() {
  std::error_code error;
  std::size_t count = 0;
  for (fs::directory_iterator it("/proc/self/fd", error), end; it != end; ++it) ++count;
  return count;
}

}  // namespace

TEST_CASE_FIXTURE(Fixture, "a service answers, and leaves no socket, thread or descriptor") {
  const auto before = descriptors();
  REQUIRE(start());
  struct stat info{};
  REQUIRE(::stat(service->socket_path().c_str(), &info) == 0);
  CHECK((info.st_mode & 0777U) == 0600);
  {
    Talker talker(directory(), ::getpid());
    CHECK(talker.ask("hello")["result"]["pid"] == ::getpid());
    CHECK(talker.ask("off", kAll)["result"]["counts"]["off"] == 2);
  }
  CHECK(cells[0].is_off());
  service.reset();
  CHECK(fs::is_empty(directory()));
  CHECK(descriptors() == before);
}

TEST_CASE_FIXTURE(Fixture, "frames arrive in any pieces and may be sent ahead") {
  REQUIRE(start());
  Talker talker(directory(), ::getpid());
  const auto frame = request("hello") + "\n";
  for (const char byte : frame) talker.put(std::string_view(&byte, 1));
  CHECK(talker.line());
  talker.put(frame + frame + frame.substr(0, 5));
  CHECK(talker.line());
  CHECK(talker.line());
  talker.put(frame.substr(5));
  CHECK(talker.line());
}

TEST_CASE_FIXTURE(Fixture, "garbage is answered, a frame without end is not waited for") {
  REQUIRE(start());
  Talker talker(directory(), ::getpid());
  talker.put("\x01\x02garbage\n");
  CHECK(json::parse(*talker.line())["error"]["code"] == -32700);
  std::thread writer([&] {
    for (int i = 0; i < 40 && talker.put(std::string(4096, 'x')); ++i) {
    }
  });
  const auto last = talker.line();
  writer.join();
  REQUIRE(last);
  CHECK(json::parse(*last)["error"]["message"] == "a frame has at most 64 KiB");
  CHECK(Talker(directory(), ::getpid()).ask("hello").contains("result"));
}

TEST_CASE_FIXTURE(Fixture,
                  "a frame that is nothing but brackets does not take the thread's stack") {
  REQUIRE(start());
  const std::string deep = std::string(32'000, '[') + std::string(32'000, ']');
  Talker talker(directory(), ::getpid());
  for (const auto& frame :
       {R"({"jsonrpc":"2.0","id":1,"method":"off","params":{"on":)" + deep + "}}", deep,
        R"({"jsonrpc":"2.0","id":)" + deep + R"(,"method":"off"})"}) {
    talker.put(frame + "\n");
    const auto line = talker.line();
    REQUIRE(line);
    CHECK(json::parse(*line)["error"]["code"] == -32700);
  }
  CHECK(talker.ask("hello").contains("result"));
}

TEST_CASE_FIXTURE(Fixture, "when all places are taken, a kill still gets through") {
  REQUIRE(start());
  std::vector<std::unique_ptr<Talker>> sleepers;
  for (int i = 0; i < 16; ++i) {
    sleepers.push_back(std::make_unique<Talker>(directory(), ::getpid()));
    CHECK(sleepers.back()->ask("hello").contains("result"));
  }
  Talker curious(directory(), ::getpid());
  CHECK(
      curious.ask("list")["error"]["message"].get<std::string>().starts_with("this process talks"));
  Talker killer(directory(), ::getpid());
  const auto start_time = std::chrono::steady_clock::now();
  CHECK(killer.ask("off", kAll)["result"]["counts"]["off"] == 2);
  CHECK(std::chrono::steady_clock::now() - start_time < 500ms);
  CHECK(cells[0].is_off());
}

TEST_CASE_FIXTURE(Fixture, "a flood of connections ends, and the next one is served") {
  REQUIRE(start());
  for (int i = 0; i < 2000; ++i) {
    Talker flood(directory(), ::getpid());
    flood.put("{");
  }
  CHECK(soon([&] { return Talker(directory(), ::getpid()).ask("hello").contains("result"); }));
}

TEST_CASE_FIXTURE(Fixture, "who says nothing whole for five seconds is hung up on") {
  REQUIRE(start());
  Talker slow(directory(), ::getpid());
  slow.put("{");
  bool hung_up = false;
  for (int i = 0; i < 14 && !hung_up; ++i) {
    hung_up = slow.is_hung_up(500) || !slow.put(" ");
  }
  CHECK(hung_up);
}

TEST_CASE_FIXTURE(Fixture, "who never reads does not keep others waiting") {
  REQUIRE(start());
  Talker deaf(directory(), ::getpid());
  const auto frame = request("report") + "\n";
  for (int i = 0; i < 300 && deaf.put(frame); ++i) {
    if (i % 50 == 0) CHECK(Talker(directory(), ::getpid()).ask("hello").contains("result"));
  }
}

TEST_CASE_FIXTURE(Fixture,
                  "a stale socket is taken over, a living one and a foreign file are not") {
  const auto path = files.path(name_of(::getpid()));
  {
    const auto left = open_control_socket(directory(), ::getpid());
    REQUIRE(left);
    ::close(left->fd);  // as a crash does
  }
  REQUIRE(fs::exists(path));
  CHECK(connect_control_socket(directory(), name_of(::getpid())).error().what.find("stale") !=
        std::string::npos);
  REQUIRE(start());
  CHECK_FALSE(open_control_socket(directory(), ::getpid()));
  CHECK(Talker(directory(), ::getpid()).ask("hello").contains("result"));
  service.reset();
  files.write(name_of(::getpid()), "mine");
  const auto refused = start();
  REQUIRE_FALSE(refused);
  CHECK(refused.error().what.find("no socket; remove it") != std::string::npos);
  service.reset();
  CHECK(fs::exists(path));
}

TEST_CASE_FIXTURE(Fixture, "sockets of the dead are cleaned up, those of the living are listed") {
  REQUIRE(start());
  const pid_t child = ::fork();
  if (child == 0) {
    static_cast<void>(open_control_socket(directory(), ::getpid()));
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  REQUIRE(fs::exists(files.path(name_of(child))));
  CHECK(soon([&] { return service->socket_path().size() > 0; }));
  CHECK(control_sockets(directory()) == std::vector{name_of(::getpid())});
  CHECK_FALSE(fs::exists(files.path(name_of(child))));
}

TEST_CASE_FIXTURE(Fixture, "a directory that others can enter is not used") {
  ::chmod(files.path().c_str(), 0755);
  const auto refused = start();
  REQUIRE_FALSE(refused);
  CHECK(refused.error().what.find("directory of yours alone") != std::string::npos);
}

TEST_CASE_FIXTURE(Fixture, "a path longer than an address holds works all the same") {
  const auto deep = files.path(std::string(120, 'd'));
  fs::create_directory(deep);
  ::chmod(deep.c_str(), 0700);
  service.emplace(ServiceOptions{true, deep, ""}, board, view, history);
  REQUIRE(service->start());
  CHECK(Talker(deep, ::getpid()).ask("hello").contains("result"));
  service.reset();
  CHECK(fs::is_empty(deep));
}

TEST_CASE_FIXTURE(Fixture, "a name that is taken away is made again within seconds") {
  REQUIRE(start());
  fs::remove(service->socket_path());
  CHECK(soon([&] { return Talker(directory(), ::getpid()).is_connected(); }, 5s));
  CHECK(Talker(directory(), ::getpid()).ask("hello").contains("result"));
}

TEST_CASE_FIXTURE(Fixture, "a program that closes every descriptor is still served") {
  REQUIRE(start());
  const pid_t child = ::fork();
  if (child == 0) {
    if (!soon([&] { return !service->socket_path().empty(); })) ::_exit(2);
    for (int fd = 3; fd < 2000; ++fd) ::close(fd);
    const bool served =
        soon([&] { return Talker(directory(), ::getpid()).ask("hello").contains("result"); }, 6s);
    service.reset();
    ::_exit(served ? 0 : 1);
  }
  int status = 1;
  ::waitpid(child, &status, 0);
  CHECK(status == 0);
}

TEST_CASE_FIXTURE(Fixture, "no descriptor left: the kill comes later, and no CPU is burnt") {
  REQUIRE(start());
  rlimit before{};
  ::getrlimit(RLIMIT_NOFILE, &before);
  Talker early(directory(), ::getpid());
  CHECK(early.ask("hello").contains("result"));
  std::vector<int> taken;
  for (int fd = ::dup(0); fd >= 0; fd = ::dup(0)) taken.push_back(fd);
  ::close(taken.back());  // for the client's own end
  taken.pop_back();
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  const auto user = used.ru_utime.tv_sec * 1'000'000 + used.ru_utime.tv_usec;
  CHECK(early.ask("off", kAll)["result"]["counts"]["off"] == 2);
  std::this_thread::sleep_for(300ms);
  ::getrusage(RUSAGE_SELF, &used);
  CHECK(used.ru_utime.tv_sec * 1'000'000 + used.ru_utime.tv_usec - user < 100'000);
  for (const int fd : taken) ::close(fd);
  CHECK(soon([&] { return Talker(directory(), ::getpid()).ask("hello").contains("result"); }));
}

TEST_CASE_FIXTURE(Fixture, "parent and child serve after a fork, each under its own name") {
  REQUIRE(start());
  REQUIRE(board.vote({Source::control, Selector::everything(), {"me", ""}, false, 0}));
  for (int i = 0; i < 100; ++i) {
    const pid_t child = ::fork();
    if (child == 0) {
      Talker own(directory(), ::getpid());
      const bool served = own.ask("hello")["result"]["pid"] == ::getpid();
      const bool off = own.ask("list")["result"]["patches"][0]["state"] == "off";
      own.hang_up();
      service.reset();
      ::_exit(served && off ? 0 : 1);
    }
    int status = 1;
    ::waitpid(child, &status, 0);
    REQUIRE(status == 0);
  }
  CHECK(Talker(directory(), ::getpid()).ask("hello")["result"]["pid"] == ::getpid());
  service.reset();
  CHECK(fs::is_empty(directory()));
}

TEST_CASE_FIXTURE(Fixture, "a child that ends with the thread it was forked in does end") {
  REQUIRE(start());
  pid_t child = 0;
  std::thread forking([&] {
    child = ::fork();
    if (child != 0) return;
    alarm(10);  // a child that lives on is killed, and that is the failure
    ::pthread_exit(nullptr);
  });
  forking.join();
  int status = 1;
  ::waitpid(child, &status, 0);
  CHECK(WIFEXITED(status));
}

TEST_CASE_FIXTURE(Fixture,
                  "timers are called on the native thread, in order, and can be cancelled") {
  REQUIRE(start());
  std::atomic<int> called{0};
  std::thread::id native;
  service->at(boot_seconds() + 0.05, [&] { called = called * 10 + 2; });
  const auto never = service->at(boot_seconds() + 0.03, [&] { called = 99; });
  service->at(boot_seconds() + 0.01, [&] { native = std::this_thread::get_id(), called = 1; });
  service->cancel(never);
  CHECK(soon([&] { return called == 12; }));
  CHECK(native != std::this_thread::get_id());
}

TEST_CASE_FIXTURE(Fixture, "a lift ends on time without anybody asking") {
  REQUIRE(start());
  REQUIRE(board.vote({Source::api, Selector::everything(), {"code", ""}, false, 0}));
  Talker talker(directory(), ::getpid());
  auto lift = kAll;
  lift["override_seconds"] = 0.2;
  lift["reason"] = "look";
  CHECK(talker.ask("on", lift)["result"]["counts"]["off"] == 0);
  CHECK_FALSE(cells[0].is_off());
  CHECK(soon([&] { return cells[0].is_off(); }));
}

TEST_CASE_FIXTURE(Fixture, "the native thread takes no signal") {
  REQUIRE(start());
  sigset_t mask;
  REQUIRE(::pthread_sigmask(SIG_SETMASK, nullptr, &mask) == 0);
  CHECK(::sigismember(&mask, SIGTERM) == 0);  // ours is as it was
  std::error_code error;
  int blocked = 0;
  for (fs::directory_iterator it("/proc/self/task", error), end; it != end; ++it) {
    std::ifstream stream(it->path() / "status");
    for (std::string line; std::getline(stream, line);) {
      if (!line.starts_with("SigBlk:")) continue;
      const auto blocks = std::stoull(line.substr(7), nullptr, 16);
      if ((blocks >> (SIGTERM - 1) & 1U) != 0 && (blocks >> (SIGPROF - 1) & 1U) != 0) ++blocked;
    }
  }
  CHECK(blocked == 1);
}

TEST_CASE_FIXTURE(Fixture, "a file's votes hold when start returns, and follow it") {
  const auto file = files.write("overt.toml", "[off]\nowners = [\"sentry-sdk\"]\n");
  REQUIRE(start(file));
  CHECK(cells[0].is_off());
  CHECK_FALSE(cells[1].is_off());
  files.write("overt.toml", "[off]\nowners = [\"ddtr");  // half written
  files.write("new", "[off]\nowners = [\"ddtrace\"]\n");
  std::this_thread::sleep_for(100ms);
  CHECK(cells[0].is_off());
  fs::rename(files.path("new"), file);
  CHECK(soon([&] { return cells[1].is_off() && !cells[0].is_off(); }));
  fs::remove(file);
  std::this_thread::sleep_for(150ms);
  CHECK(cells[1].is_off());  // gone is no withdrawal
  files.write("overt.toml", "");
  CHECK(soon([&] { return !cells[1].is_off(); }));
}

TEST_CASE_FIXTURE(Fixture, "KILL switches all off, and its going switches on again") {
  REQUIRE(start(files.path("overt.toml")));
  files.write("KILL", "anything");
  CHECK(soon([&] { return cells[0].is_off() && cells[1].is_off(); }));
  const auto votes = board.votes_on(1);
  REQUIRE(votes.size() == 1);
  CHECK(votes[0].str() == "file: everything (KILL)");
  fs::remove(files.path("KILL"));
  CHECK(soon([&] { return !cells[0].is_off(); }));
}

TEST_CASE_FIXTURE(Fixture, "a file that flaps is followed at a bounded rate, and ends up right") {
  const auto file = files.write("overt.toml", "");
  REQUIRE(start(file));
  const auto before = history.last();
  const auto begin = boot_seconds();
  for (int i = 0; i < 500; ++i) {
    files.write("new", i % 2 == 0 ? "[off]\nall = true\n" : "[off]\nall = false\n");
    fs::rename(files.path("new"), file);
    std::this_thread::sleep_for(1ms);
  }
  files.write("overt.toml", "[off]\nall = true\n");
  CHECK(soon([&] { return cells[0].is_off(); }));
  std::this_thread::sleep_for(100ms);
  CHECK(cells[0].is_off());
  const auto looks = 20 * (boot_seconds() - begin) + 2;  // each tells at most two things
  CHECK(static_cast<double>(history.last() - before) < 2 * looks);
}

TEST_CASE_FIXTURE(Fixture, "a service can be started again, and only one at a time") {
  REQUIRE(start());
  Service other({true, files.path(), ""}, board, view, history);
  CHECK_FALSE(other.start());
  service.reset();
  CHECK(Service::active() == nullptr);
  REQUIRE(start());
  CHECK(Talker(directory(), ::getpid()).ask("hello").contains("result"));
}
