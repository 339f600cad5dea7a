// The report for people: the table as a picture, and names that try to break it.
#include <doctest/doctest.h>

#include <algorithm>

#include "overt/report.h"
#include "patches.h"

namespace overt::test {
namespace {

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

TEST_CASE("a report without patches says so in one line") {
  CHECK(to_table(report_of({})) ==
        "overt: no patches in 312 modules, python 3.13.0, pid 7: python app.py\n");
}

TEST_CASE("the table has one line a patch, under its owner, in columns") {
  auto send = patch_of("http.client:HTTPConnection.send", "sentry-sdk");
  send.via = {"wrapt", "unittest.mock"};
  send.reach = Reach{3, {"shop.http"}};
  auto now = patch_of("shop.clock:now", "__main__");
  now.owner.version = "";
  now.change = Change::added;
  now.boundary = Boundary::application;
  now.reach = Reach{1, {}};
  now.site = {"__main__", "<module>", "/src/app.py", 12};
  auto alias = patch_of("sys.modules:MySQLdb", "PyMySQL");
  alias.change = Change::module;
  alias.boundary = Boundary::third_party;
  alias.site.line = 0;
  auto lost = patch_of("builtins:str.words", "unknown");
  lost.owner.version = "";
  lost.boundary = Boundary::builtins;
  lost.site = {};
  auto again = patch_of("time:sleep", "PyMySQL");
  CHECK("\n" + to_table(report_of({send, now, alias, lost, again})) == R"(
overt: 5 patches by 4 owners in 312 modules, python 3.13.0, pid 7: python app.py

  id  target                           change    boundary     reach               made at
PyMySQL 1.0
  p3  sys.modules:MySQLdb              module    third-party  -                   package.module
  p5  time:sleep                       replaced  stdlib       -                   package.module:10
__main__
  p2  shop.clock:now                   added     application  1 module            /src/app.py:12
sentry-sdk 1.0, via wrapt, unittest.mock
  p1  http.client:HTTPConnection.send  replaced  stdlib       3 modules, 1 stale  package.module:10
unknown
  p4  builtins:str.words               replaced  builtins     -                   unknown: no Python frame
)");
}

TEST_CASE("a state is a column where not every patch simply stands") {
  auto report = report_of({patch_of("m:a", "x"), patch_of("m:bb", "x"), patch_of("m:c", "y")});
  report.patches[0].reverted = true;
  report.patches[0].times = 3;
  report.patches[1].times = 2;
  CHECK(contains(to_table(report), R"(
  id  target  change    boundary  reach  state        made at
x 1.0
  p1  m:a     replaced  stdlib    -      reverted x3  package.module:10
  p2  m:bb    replaced  stdlib    -      on x2        package.module:10
y 1.0
  p3  m:c     replaced  stdlib    -      on           package.module:10
)"));
}

TEST_CASE("one is counted as one") {
  auto report = report_of({patch_of("m:a", "x")});
  report.modules = 1;
  CHECK(to_table(report).starts_with("overt: 1 patch by 1 owner in 1 module, "));
}

TEST_CASE("columns line up where names are wide") {
  const auto table =
      to_table(report_of({patch_of("大大大大:größe", "x"), patch_of("abcdefgh:grown", "x")}));
  CHECK(contains(table, "\n  p1  大大大大:größe  replaced"));
  CHECK(contains(table, "\n  p2  abcdefgh:grown  replaced"));
}

TEST_CASE("colour is for what heads a table or a group, and only when asked for") {
  const auto report = report_of({patch_of("m:a", "x")});
  CHECK_FALSE(contains(to_table(report), "\x1b"));
  const auto table = to_table(report, {.colour = true, .internal = false});
  CHECK(contains(table, "\n\x1b[1m  id  target"));
  CHECK(contains(table, "made at\x1b[0m\n\x1b[1mx 1.0\x1b[0m\n  p1  m:a"));
  CHECK(std::count(table.begin(), table.end(), '\x1b') == 4);
}

TEST_CASE("internal changes are shown when asked for") {
  auto report = report_of({patch_of("m:secret", "x")});
  report.patches[0].internal = true;
  CHECK(to_table(report).starts_with("overt: no patches in"));
  CHECK(contains(to_table(report, {.colour = false, .internal = true}), "m:secret"));
  CHECK_FALSE(contains(to_text(report), "m:secret"));
  CHECK(contains(to_text(report, {.colour = false, .internal = true}), "\np1  m:secret\n"));
}

TEST_CASE("a conflict names its patches from the innermost layer outwards") {
  auto report = report_of({patch_of("time:sleep", "gevent"), patch_of("time:sleep", "freezegun")});
  CHECK(
      to_table(report).ends_with("\nconflicts: several owners on one target\n"
                                 "  time:sleep: p1 gevent, then p2 freezegun\n"));
  report.conflicts[0].patches = {1, 99};
  CHECK(to_table(report).ends_with("  time:sleep: p1 gevent\n"));
}

TEST_CASE("children are one line each, and what only they have is a table of its own") {
  auto report = report_of({});
  report.elsewhere = {{patch_of("time:sleep", "gevent"), {8, 9}},
                      {patch_of("time:time", "x"), {9}}};
  report.children = {{8, "fork", {"python", "app.py"}, 1, "/tmp/r.8.json", true},
                     {9, "spawn", {"python"}, 2, "", false}};
  CHECK("\n" + to_table(report) == R"(
overt: no patches in 312 modules, python 3.13.0, pid 7: python app.py

only in children
  in pid       target      change    boundary  reach  made at
gevent 1.0
  every child  time:sleep  replaced  stdlib    -      package.module:10
x 1.0
  9            time:time   replaced  stdlib    -      package.module:10

children
  pid 8 (fork): 1 patch, report /tmp/r.8.json: python app.py
  pid 9 (spawn): 2 patches, still running: python
)");
}

TEST_CASE("of many children that have a patch the first three are named") {
  auto report = report_of({});
  report.elsewhere = {{patch_of("time:sleep", "gevent"), {11, 12, 13}},
                      {patch_of("time:time", "gevent"), {11, 12, 13, 14}}};
  report.children.resize(9);
  const auto table = to_table(report);
  CHECK(contains(table, "\n  11, 12, 13             time:sleep"));
  CHECK(contains(table, "\n  11, 12, 13 and 1 more  time:time"));
}

TEST_CASE("a conflict in children is told with its owners") {
  auto report = report_of({});
  const auto here = [&](const std::string& target, const std::string& owner) -> Patch& {
    return report.elsewhere.emplace_back(Elsewhere{patch_of(target, owner), {8}}).patch;
  };
  here("time:sleep", "freezegun");
  here("time:sleep", "gevent");
  here("time:sleep", "freezegun");
  here("time:time", "gevent");
  here("time:time", "x").reverted = true;
  here("time:time", "y").internal = true;
  CHECK(
      to_table(report).ends_with("\nconflicts: several owners on one target\n"
                                 "  time:sleep: freezegun, then gevent\n"));
}

TEST_CASE("patches that could not be kept are counted") {
  auto report = report_of({});
  report.dropped = 2;
  CHECK(to_table(report).ends_with("\n2 patches more could not be kept\n"));
}

// A report in which a program could choose every text, and chose `name`.
Report report_named(const std::string& name) {
  auto patch = patch_of("m:" + name, "x" + name);
  patch.owner.version = patch.owner.package = name;
  patch.via = {name};
  patch.reach = Reach{1, {name}};
  patch.site = {name, name, name, 1};
  patch.stack = {patch.site};
  patch.old_value = patch.new_value = {name, name, name};
  auto other = patch;
  other.site = {"__main__", name, name, 2};
  other.owner.name = name;
  auto report = report_of({patch, other});
  report.python = name;
  report.argv = {name};
  report.children = {{8, name, {name}, 1, name, true}, {9, name, {}, 1, "", false}};
  report.elsewhere = {{patch, {8}}, {other, {9}}};
  return report;
}

TEST_CASE("no name reaches a terminal with a control sequence, or breaks a line") {
  const auto hostile = report_named("<script>\x1b[31m\n\r\u202e\u009b\xff");
  const auto lines = [](const std::string& text) {
    return std::count(text.begin(), text.end(), '\n');
  };
  CHECK(is_harmless(to_text(hostile)));
  CHECK(lines(to_text(hostile)) == lines(to_text(report_named("clean"))));
  CHECK(contains(to_table(hostile), "m:<script>\\x1b[31m\\n\\x0d\\u202e\\x9b\\xff"));
}

TEST_CASE("a name of a megabyte is cut, and the table says so") {
  const auto table = to_table(report_of({patch_of("m:" + std::string(1U << 20U, 'x'), "owner")}));
  CHECK(table.size() < 4000);
  CHECK(contains(table, "x... (1048178 bytes more)  replaced"));
}

}  // namespace
}  // namespace overt::test
