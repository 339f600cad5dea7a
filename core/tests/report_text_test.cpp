// The long form of the report: all that is known of each patch.
#include <doctest/doctest.h>

#include <limits>

#include "overt/report.h"
#include "patches.h"

namespace overt::test {
namespace {

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
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
  for (const char* label : {"  via  ", "  stale in  ", "  stack  "})
    CHECK_FALSE(contains(text, label));
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

}  // namespace
}  // namespace overt::test
