// The report for people: the table as a picture, and names that try to break it.
#include <doctest/doctest.h>

#include <algorithm>
#include <limits>

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

TEST_CASE("the table has one line a patch, sorted by owner, in columns") {
  auto send = patch_of("http.client:HTTPConnection.send", "sentry-sdk");
  send.via = {"wrapt", "unittest.mock"};
  send.reach = Reach{3, {"shop.http"}};
  auto now = patch_of("shop.clock:now", "__main__");
  now.owner.version = "";
  now.change = Change::added;
  now.boundary = Boundary::application;
  now.reach = Reach{1, {}};
  now.times = 3;
  now.site = {"__main__", "<module>", "/src/app.py", 12};
  auto alias = patch_of("sys.modules:MySQLdb", "PyMySQL");
  alias.change = Change::module;
  alias.boundary = Boundary::third_party;
  alias.site.line = 0;
  auto lost = patch_of("builtins:str.words", "unknown");
  lost.owner.version = "";
  lost.boundary = Boundary::builtins;
  lost.site = {};
  auto report = report_of({send, now, alias, lost});
  report.patches[2].reverted = true;
  CHECK(to_table(report) ==
        R"(overt: 4 patches by 4 owners in 312 modules, python 3.13.0, pid 7: python app.py
  id  owner                                      target                           change    boundary     reach               state     made at
  p3  PyMySQL 1.0                                sys.modules:MySQLdb              module    third-party  -                   reverted  package.module
  p2  __main__                                   shop.clock:now                   added     application  1 module            on x3     /src/app.py:12
  p1  sentry-sdk 1.0 (via wrapt, unittest.mock)  http.client:HTTPConnection.send  replaced  stdlib       3 modules, 1 stale  on        package.module:10
  p4  unknown                                    builtins:str.words               replaced  builtins     -                   on        unknown: no Python frame
)");
}

TEST_CASE("one is counted as one") {
  auto report = report_of({patch_of("m:a", "x")});
  report.modules = 1;
  CHECK(to_table(report).starts_with("overt: 1 patch by 1 owner in 1 module, "));
}

TEST_CASE("columns line up where names are wide") {
  auto report = report_of({patch_of("大大大大:größe", "größe"), patch_of("abcdefgh:grown", "owner")});
  for (auto& patch : report.patches) patch.owner.version = "";
  const auto table = to_table(report);
  CHECK(contains(table, "\n  p1  größe  大大大大:größe  replaced"));
  CHECK(contains(table, "\n  p2  owner  abcdefgh:grown  replaced"));
}

TEST_CASE("colour is for the head of a table, and only when asked for") {
  const auto report = report_of({patch_of("m:a", "x")});
  CHECK_FALSE(contains(to_table(report), "\x1b"));
  const auto table = to_table(report, {.colour = true, .internal = false});
  CHECK(contains(table, "\n\x1b[1m  id  owner"));
  CHECK(contains(table, "made at\x1b[0m\n"));
  CHECK(std::count(table.begin(), table.end(), '\x1b') == 2);
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
  CHECK(to_table(report).ends_with("\nconflicts: two owners on one target\n"
                                   "  time:sleep: p1 gevent, then p2 freezegun\n"));
  report.conflicts[0].patches = {1, 99};
  CHECK(to_table(report).ends_with("  time:sleep: p1 gevent\n"));
}

TEST_CASE("children are one line each, and what only they have is a table of its own") {
  auto report = report_of({});
  report.elsewhere = {{patch_of("time:sleep", "gevent"), {8, 9}}};
  report.children = {{8, "fork", {"python", "app.py"}, 1, "/tmp/r.8.json", true},
                     {9, "spawn", {"python"}, 2, "", false}};
  CHECK(to_table(report) == R"(overt: no patches in 312 modules, python 3.13.0, pid 7: python app.py

only in children
  pid  owner       target      change    boundary  reach  state  made at
  8,9  gevent 1.0  time:sleep  replaced  stdlib    -      on     package.module:10

children
  pid 8 (fork): 1 patch, report /tmp/r.8.json: python app.py
  pid 9 (spawn): 2 patches, still running: python
)");
}

TEST_CASE("patches that could not be kept are counted") {
  auto report = report_of({});
  report.dropped = 2;
  CHECK(to_table(report).ends_with("\n2 patches more could not be kept\n"));
}

TEST_CASE("the text has all that is known of each patch") {
  auto patch = patch_of("http.client:HTTPConnection.send", "sentry-sdk");
  patch.via = {"wrapt"};
  patch.reach = Reach{3, {"shop.http", "shop.web"}};
  const auto text = to_text(report_of({patch}));
  CHECK(text.ends_with(R"(
p1  http.client:HTTPConnection.send
    owner       sentry-sdk 1.0 (package package)
    via         wrapt
    change      replaced, layer 1
    boundary    stdlib
    state       on
    reach       3 modules, 2 stale
    stale in    shop.http, shop.web
    old         function http.client:HTTPConnection.send
    new         function package.module:send
    at          2026-09-21T14:13:20Z
    stack       /site/package/module.py:10 in install
                /src/shop/boot.py:3 in <module>
)"));
}

TEST_CASE("what a patch does not know is left out of the text") {
  auto patch = patch_of("m:a", "x");
  patch.old_value = {};
  patch.new_value = {"wrapt.FunctionWrapper", "", ""};
  patch.stack = {};
  patch.reach = Reach{1, {}};
  auto text = to_text(report_of({patch}));
  CHECK(contains(text, "    old         nothing\n    new         a wrapt.FunctionWrapper\n"));
  for (const char* label : {"  via  ", "  stale in  ", "  stack  "}) CHECK_FALSE(contains(text, label));
  patch.new_value = {"type", "", "Fake"};
  text = to_text(report_of({patch}));
  CHECK(contains(text, "    new         type Fake\n"));
}

TEST_CASE("a long list of stale modules is not cut") {
  auto patch = patch_of("m:a", "x");
  patch.reach = Reach{200, {}};
  for (int i = 0; i < 200; ++i) patch.reach->stale.push_back("shop.module" + std::to_string(i));
  CHECK(contains(to_text(report_of({patch})), ", shop.module199\n"));
}

TEST_CASE("a moment that no calendar holds is a question mark") {
  auto report = report_of({patch_of("m:a", "x")});
  for (const double at : {1e18, 1e300, -1e300, std::numeric_limits<double>::infinity(),
                          std::numeric_limits<double>::quiet_NaN()}) {
    report.patches[0].at = at;
    CHECK(contains(to_text(report), "    at          ?\n"));
  }
}

TEST_CASE("no name reaches a terminal with a control sequence, or breaks a line") {
  const std::string hostile = "<script>\x1b[31m\n\r\u202e\u009b\xff";
  const auto clean = to_text(report_of({patch_of("m:a", "x")}));
  auto patch = patch_of("m:" + hostile, "x" + hostile);
  patch.owner.version = patch.owner.package = hostile;
  patch.via = {hostile};
  patch.reach = Reach{1, {hostile}};
  patch.site = {hostile, hostile, hostile, 1};
  patch.stack = {patch.site};
  patch.old_value = patch.new_value = {hostile, hostile, hostile};
  auto other = patch;
  other.site.line = 2;
  auto report = report_of({patch, other});
  report.patches[1].owner.name = hostile;
  report.patches[1].site.module = "__main__";
  report.python = hostile;
  report.argv = {hostile};
  report.conflicts = {{hostile, {1, 2}}};
  report.children = {{8, hostile, {hostile}, 1, hostile, true}};
  report.elsewhere = {{patch, {8}}};
  const auto table = to_table(report);
  CHECK(is_harmless(table));
  CHECK(is_harmless(to_text(report)));
  CHECK(std::count(table.begin(), table.end(), '\n') == 14);
  CHECK(contains(table, "m:<script>\\x1b[31m\\n\\x0d\\u202e\\x9b\\xff"));
}

TEST_CASE("a name of a megabyte is cut, and the table says so") {
  const auto table = to_table(report_of({patch_of("m:" + std::string(1U << 20U, 'x'), "owner")}));
  CHECK(table.size() < 4000);
  CHECK(contains(table, "x... (1048178 bytes more)  replaced"));
}

}  // namespace
}  // namespace overt::test
