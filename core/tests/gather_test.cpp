// The root of a run collects what the other processes left behind.
#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "journals.h"

namespace overt::test {
namespace {

namespace fs = std::filesystem;

// Pids that no process has: of children that have ended and were waited for.
int dead_pid() {
  const int pid = ::fork();
  if (pid == 0) ::_exit(0);
  REQUIRE(::waitpid(pid, nullptr, 0) == pid);
  return pid;
}

enum class End { orderly, killed };

// The journal of a process of the run that made one patch.
void leave_journal(const RunSettings& settings, int pid, End end, const std::string& target = "m:a",
                   bool internal = false) {
  Journal journal;
  auto head = head_of(pid);
  head.run = settings.run;
  REQUIRE(journal.open(journal_path(settings, pid), head));
  auto patch = patch_with_id(1, target);
  patch.internal = internal;
  journal.patch(patch, 100);
  if (end == End::orderly) journal.end(200, 1);
}

// "pid started_by patches report ended", in lines.
std::string children_of(const Report& report) {
  std::string text;
  for (const auto& child : report.children) {
    text += std::to_string(child.pid) + " " + child.started_by + " " +
            std::to_string(child.patches) + " " + fs::path(child.report).filename().string() +
            (child.ended ? " ended" : " runs") + "\n";
  }
  return text;
}

// "target pid,pid", in lines.
std::string elsewhere_of(const Report& report) {
  std::string text;
  for (const auto& [patch, pids] : report.elsewhere) {
    text += patch.target;
    for (const int& pid : pids) text += (&pid == &pids.front() ? " " : ",") + std::to_string(pid);
    text += "\n";
  }
  return text;
}

TEST_CASE("children are listed by pid, with the reports that they wrote") {
  const Directory files;
  const auto settings = settings_of(files, "r.json");
  leave_journal(settings, 90, End::orderly);
  leave_journal(settings, 12, End::orderly);
  auto report = report_of({});
  gather(settings, report);
  CHECK(children_of(report) == "12 spawn 1 r.12.json ended\n90 spawn 1 r.90.json ended\n");
  CHECK(report.children[0].argv == std::vector<std::string>{"python", "worker.py"});
  CHECK_FALSE(fs::exists(files.path("r.12.json")));  // written by the process itself
}

TEST_CASE("the root writes the report of a process that did not live to write it") {
  const Directory files;
  const auto settings = settings_of(files, "r.json");
  const int pid = dead_pid();
  leave_journal(settings, pid, End::killed);
  auto report = report_of({});
  gather(settings, report);
  const auto name = "r." + std::to_string(pid) + ".json";
  CHECK(children_of(report) == std::to_string(pid) + " spawn 1 " + name + " ended\n");
  const auto written = report_from_json(read_file(files.path(name)));
  REQUIRE(written);
  CHECK(written->pid == pid);
  CHECK(written->patches[0].target == "m:a");
}

TEST_CASE("a process that still runs will write its own") {
  const Directory files;
  const auto settings = settings_of(files, "r.json");
  leave_journal(settings, ::getpid(), End::killed);
  leave_journal(settings, 1, End::killed);  // also where it belongs to somebody else
  auto report = report_of({});
  gather(settings, report);
  const auto pid = std::to_string(::getpid());
  CHECK(children_of(report) ==
        "1 spawn 1 r.1.json runs\n" + pid + " spawn 1 r." + pid + ".json runs\n");
  CHECK_FALSE(fs::exists(files.path("r.1.json")));
}

TEST_CASE("what only children have is told once, with the pids of all that have it") {
  const Directory files;
  const auto settings = settings_of(files);
  leave_journal(settings, 12, End::orderly, "time:sleep");
  leave_journal(settings, 11, End::orderly, "time:sleep");
  leave_journal(settings, 13, End::orderly, "time:ctime");
  leave_journal(settings, 14, End::orderly, "time:time");
  auto report = report_of({patch_with_id(1, "time:time")});
  gather(settings, report);
  CHECK(elsewhere_of(report) == "time:sleep 11,12\ntime:ctime 13\n");
  CHECK(report.children.size() == 4);
  CHECK(report.children[0].report.empty());
}

TEST_CASE("a child that made a patch in several ways is named once") {
  const Directory files;
  const auto settings = settings_of(files);
  {
    Journal journal;
    REQUIRE(journal.open(journal_path(settings, 12), head_of(12)));
    auto patch = patch_with_id(1);
    journal.patch(patch, 100);
    patch.id = 2;
    patch.new_value.qualname = "another";
    journal.patch(patch, 100);
    journal.end(200, 1);
  }
  auto report = report_of({});
  gather(settings, report);
  CHECK(elsewhere_of(report) == "time:sleep 12\n");
}

TEST_CASE("where each child has a report of its own the root's tells nothing twice") {
  const Directory files;
  const auto settings = settings_of(files, "r.txt");
  leave_journal(settings, 12, End::orderly);
  auto report = report_of({});
  gather(settings, report);
  CHECK(report.elsewhere.empty());
}

TEST_CASE("internal changes of children count when the run asked for them") {
  const Directory files;
  for (const bool internal : {false, true}) {
    auto settings = settings_of(files);
    settings.internal = internal;
    leave_journal(settings, 12, End::orderly, "m:secret", true);
    auto report = report_of({});
    gather(settings, report);
    CHECK(report.children.at(0).patches == (internal ? 1 : 0));
    CHECK((elsewhere_of(report) == "m:secret 12\n") == internal);
  }
}

TEST_CASE("the root itself, other runs, damaged journals and other files are no children") {
  const Directory files;
  const auto settings = settings_of(files);
  leave_journal(settings, 7, End::killed);
  auto other = settings;
  other.run = "7-1";
  leave_journal(other, 12, End::orderly);
  files.write("run/13.journal", "rubbish");
  files.write("run/14.json", "{}");
  fs::create_directories(files.path("run/15.journal"));
  auto report = report_of({});
  gather(settings, report);
  CHECK(report.children.empty());
}

TEST_CASE("a run's private directory is removed, the user's own stays") {
  const Directory files;
  auto settings = settings_of(files);
  leave_journal(settings, 12, End::orderly);
  auto report = report_of({});
  gather(settings, report);
  CHECK_FALSE(fs::exists(settings.directory));

  settings = settings_of(files, "run");
  leave_journal(settings, 12, End::orderly);
  gather(settings, report);
  CHECK(fs::exists(files.path("run/12.journal")));
}

TEST_CASE("a directory that is gone has no children") {
  const Directory files;
  auto settings = settings_of(files);
  fs::remove(settings.directory);
  auto report = report_of({});
  gather(settings, report);
  CHECK(report.children.empty());
}

TEST_CASE("the last leader of a run removes the directory that held all of theirs") {
  const Directory files;
  const auto settings = settings_of(files);
  const auto first = settings.lead(8);
  const auto second = settings.lead(9);
  for (const auto& led : {first, second}) {
    fs::create_directories(led.directory);
    leave_journal(led, led.pid + 100, End::orderly);
  }
  auto report = report_of({});
  report.pid = 8;
  gather(first, report);
  CHECK(children_of(report) == "108 spawn 1  ended\n");
  CHECK(fs::exists(second.directory));
  report = report_of({});
  report.pid = 9;
  gather(second, report);
  CHECK_FALSE(fs::exists(settings.directory));
}

}  // namespace
}  // namespace overt::test
