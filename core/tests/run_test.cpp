// What the processes of a run tell each other, and where their reports go.
#include "overt/run.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>
#include <set>

#include "journals.h"

namespace overt::test {
namespace {

namespace fs = std::filesystem;

// The names in a directory, sorted: "7.journal 8.journal".
std::string names_in(const std::string& directory) {
  std::set<std::string> names;
  for (const auto& entry : fs::directory_iterator(directory)) names.insert(entry.path().filename());
  std::string text;
  for (const auto& name : names) text += (text.empty() ? "" : " ") + name;
  return text;
}

// While it lives standard error is another file.
class StandardError {
 public:
  explicit StandardError(const std::string& path) : before_(::dup(STDERR_FILENO)) {
    const int fd = ::open(path.c_str(), O_WRONLY | O_NOCTTY);
    REQUIRE(::dup2(fd, STDERR_FILENO) == STDERR_FILENO);
    ::close(fd);
  }
  ~StandardError() {
    ::dup2(before_, STDERR_FILENO);
    ::close(before_);
  }
  StandardError(const StandardError&) = delete;
  StandardError& operator=(const StandardError&) = delete;

 private:
  int before_;
};

TEST_CASE("settings travel through the environment unchanged") {
  const Directory files;
  auto settings = settings_of(files, "größe \"x\".json");
  settings.children = false;
  settings.internal = true;
  settings.leads = true;
  const auto text = settings.encode();
  CHECK(text.find('\n') == std::string::npos);
  const auto read = RunSettings::decode(text);
  REQUIRE(read);
  CHECK(read->encode() == text);
  CHECK(read->report == settings.report);
  CHECK(read->pid == 7);
  CHECK_FALSE(read->children);
  CHECK(read->internal);
}

TEST_CASE("a path that is no UTF-8 travels too, as far as JSON can carry it") {
  RunSettings settings;
  settings.report = "/tmp/\xff.json";
  const auto read = RunSettings::decode(settings.encode());
  REQUIRE(read);
  CHECK(read->report == "/tmp/\ufffd.json");
}

TEST_CASE("a variable that somebody else wrote is refused") {
  for (const char* text :
       {"", "1", "[]", "{}", "\"x\"", "null", "{\"version\": 1}", "{\"version\": \"1\"}"}) {
    CAPTURE(text);
    const auto read = RunSettings::decode(text);
    REQUIRE_FALSE(read);
    CHECK(read.error().code == Code::format);
    CHECK(read.error().subject == text);
  }
}

TEST_CASE("a report is what its name says, or a directory") {
  const Directory files;
  CHECK(report_kind("") == ReportKind::table);
  CHECK(report_kind("/tmp/r.json") == ReportKind::json);
  CHECK(report_kind("/tmp/r.txt") == ReportKind::text);
  CHECK(report_kind("/tmp/r.html") == ReportKind::page);
  CHECK(report_kind("/no/such/directory/") == ReportKind::directory);
  CHECK(report_kind(files.path()) == ReportKind::directory);
  for (const char* path : {"/tmp/r.xml", "/tmp/json", "r"}) {
    const auto kind = report_kind(path);
    REQUIRE_FALSE(kind);
    CHECK(kind.error().code == Code::usage);
    CHECK(kind.error().subject == path);
  }
}

TEST_CASE("the report of the root has the name asked for, others have their pid in it") {
  const Directory files;
  const auto settings = settings_of(files, "my.report.json");
  CHECK(report_path(settings, 7) == files.path("my.report.json"));
  CHECK(report_path(settings, 8) == files.path("my.report.8.json"));
  CHECK(report_path(settings_of(files), 8).empty());
  CHECK(report_path(settings_of(files, "all/"), 7) == files.path("all/7.json"));
  CHECK(report_path(settings_of(files, "all/"), 8) == files.path("all/8.json"));
  CHECK(journal_path(settings, 8) == files.path("run/8.journal"));
}

TEST_CASE("a process that leads has its own run, directory and report") {
  const Directory files;
  const auto settings = settings_of(files, "r.txt");
  const auto led = settings.lead(8);
  CHECK(led.leads);
  CHECK(led.pid == 8);
  CHECK(led.run != settings.run);
  CHECK(fs::path(led.directory).parent_path() == settings.directory);
  CHECK(report_path(led, 8) == files.path("r.8.txt"));
  CHECK(report_path(led, 9) == files.path("r.9.txt"));
}

TEST_CASE("a report into a directory keeps the journals of all leaders there") {
  const Directory files;
  auto settings = settings_of(files, "run");
  CHECK(settings.lead(8).directory == settings.directory);
  CHECK(settings.lead(8).run != settings.lead(9).run);
}

TEST_CASE("a report goes where it was asked for, in one piece") {
  const Directory files;
  const auto report = report_of({patch_of("time:sleep", "gevent")});
  const Directory out;
  auto settings = settings_of(files);
  settings.report = out.path("r.json");
  REQUIRE(deliver(settings, report));
  CHECK(read_file(out.path("r.json")) == to_json(report));
  settings.report = out.path("r.txt");
  REQUIRE(deliver(settings, report));
  CHECK(read_file(out.path("r.txt")) == to_text(report));
  settings.report = out.path();
  REQUIRE(deliver(settings, report));
  CHECK(read_file(out.path("7.json")) == to_json(report));
  CHECK(names_in(out.path()) == "7.json r.json r.txt");
}

TEST_CASE("an old report is replaced, also by a shorter one") {
  const Directory files;
  const auto settings = settings_of(files, "r.json");
  files.write("r.json", std::string(100'000, 'x'));
  REQUIRE(deliver(settings, report_of({})));
  CHECK(read_file(files.path("r.json")) == to_json(report_of({})));
}

TEST_CASE("without a name the report is a table on standard error") {
  const Directory files;
  const auto report = report_of({patch_of("time:sleep", "gevent")});
  const auto path = files.write("stderr", "");
  {
    const StandardError there(path);
    CHECK(deliver(settings_of(files), report));
  }
  CHECK(read_file(path) == "\n" + to_table(report));
}

TEST_CASE("a terminal gets colour, unless the environment says no") {
  const Directory files;
  const int terminal = ::posix_openpt(O_RDWR | O_NOCTTY);
  if (::grantpt(terminal) != 0) {
    MESSAGE("not tested: this machine has no pseudo terminals");
    return;
  }
  REQUIRE(::unlockpt(terminal) == 0);
  const auto report = report_of({patch_of("m:a", "x")});
  const auto delivered = [&] {
    const StandardError there(::ptsname(terminal));
    CHECK(deliver(settings_of(files), report));
    std::string text(4096, ' ');
    const auto size = ::read(terminal, text.data(), text.size());
    return text.substr(0, static_cast<std::size_t>(size));
  };
  ::unsetenv("NO_COLOR");
  CHECK(delivered().find("\x1b[1m") != std::string::npos);
  ::setenv("NO_COLOR", "1", 1);
  CHECK(delivered().find("\x1b[1m") == std::string::npos);
  ::unsetenv("NO_COLOR");
  ::close(terminal);
}

TEST_CASE("standard error that takes nothing is an error, nothing worse") {
  const Directory files;
  const StandardError there("/dev/full");
  const auto delivered = deliver(settings_of(files), report_of({}));
  REQUIRE_FALSE(delivered);
  CHECK(delivered.error().code == Code::io);
  CHECK(delivered.error().subject == "standard error");
}

TEST_CASE("internal changes are reported when the run asked for them") {
  const Directory files;
  auto settings = settings_of(files, "r.json");
  auto report = report_of({patch_of("m:secret", "x")});
  report.patches[0].internal = true;
  REQUIRE(deliver(settings, report));
  CHECK(read_file(files.path("r.json")).find("m:secret") == std::string::npos);
  settings.internal = true;
  REQUIRE(deliver(settings, report));
  CHECK(read_file(files.path("r.json")).find("m:secret") != std::string::npos);
}

TEST_CASE("a report that cannot be written is an error that names it, and leaves nothing behind") {
  const Directory files;
  auto settings = settings_of(files, "missing/r.json");
  auto delivered = deliver(settings, report_of({}));
  REQUIRE_FALSE(delivered);
  CHECK(delivered.error().code == Code::io);
  CHECK(delivered.error().subject == files.path("missing/r.json"));

  settings.report = files.path("r.json");
  {
    const FullDisk full(100);
    delivered = deliver(settings, report_of({}));
  }
  REQUIRE_FALSE(delivered);
  CHECK(names_in(files.path()) == "run");

  // A directory of that name cannot be replaced by a file.
  settings.report = files.path("all/");
  fs::create_directories(files.path("all/7.json/x"));
  delivered = deliver(settings, report_of({}));
  REQUIRE_FALSE(delivered);
  CHECK(names_in(files.path("all")) == "7.json");
}

}  // namespace
}  // namespace overt::test
