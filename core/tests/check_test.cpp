// What is not as it was locked.
#include "overt/check.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "patches.h"

namespace overt::test {
namespace {

Patch stands(std::string target, std::string owner, std::string version = "1.2.0") {
  auto patch = patch_of(std::move(target), std::move(owner));
  patch.owner.version = std::move(version);
  return patch;
}

Comparison compared(std::string_view lines, std::vector<Patch> patches) {
  const auto lock = parse_lock("overt.lock 1\n" + std::string(lines), "overt.lock");
  REQUIRE(lock);
  return compare(*lock, seen_in({report_of(std::move(patches))}), "overt.lock");
}

// "new m:a acme; gone m:b x", with the line of the lock.
std::string found(std::string_view lines, std::vector<Patch> patches) {
  std::string text;
  for (const auto& each : compared(lines, std::move(patches)).findings) {
    if (!text.empty()) text += "; ";
    text += std::string(name(each.what)) + " " + each.target + " " + each.owner + " " +
            std::to_string(each.line);
  }
  return text;
}

TEST_CASE("what is as locked is no finding") {
  const auto same = compared("m:a replaced by acme >=1,<2 in stdlib\n", {stands("m:a", "Acme")});
  CHECK(same.findings.empty());
  CHECK_FALSE(same.fails());
  CHECK(to_text(same, true) == "overt: 1 patch, as locked in overt.lock\n");
  CHECK(found("m:a replaced by acme in stdlib\n", {stands("m:a", "acme", "99")}).empty());
}

TEST_CASE("a patch of a target that nobody patched is new") {
  CHECK(found("", {stands("m:a", "acme")}) == "new m:a acme 1");
  CHECK(found("a:a replaced by x in stdlib\nm:a replaced by x in stdlib\n",
              {stands("m:b", "acme"), stands("a:a", "x"), stands("m:a", "x")}) == "new m:b acme 3");
}

TEST_CASE("another owner is one in place of another, or beside it") {
  CHECK(found("m:a replaced by acme in stdlib\n", {stands("m:a", "other")}) == "owner m:a other 2");
  CHECK(found("m:a replaced by acme in stdlib\n", {stands("m:a", "other"), stands("m:a", "acme")})
            .starts_with("owner m:a other"));
  CHECK(found("m:a replaced by a in stdlib\nm:a replaced by b in stdlib\n", {stands("m:a", "c")}) ==
        "owner m:a c 2; gone m:a b 3");
}

TEST_CASE("the same owner that does another thing is a change") {
  auto deleted = stands("m:a", "acme");
  deleted.change = Change::deleted;
  CHECK(found("m:a replaced by acme in stdlib\n", {deleted}) == "change m:a acme 2");
  CHECK(found("m:a replaced by acme in stdlib\n", {deleted, stands("m:a", "acme")}) ==
        "owner m:a acme 2");
}

TEST_CASE("a wider boundary and everywhere fail, a narrower one is told") {
  CHECK(found("m:a replaced by acme in third-party\n", {stands("m:a", "acme")}) ==
        "wider m:a acme 2");
  CHECK(found("m:a replaced by acme in builtins\n", {stands("m:a", "acme")}) ==
        "narrower m:a acme 2");
  CHECK(found("m:a replaced by acme in stdlib, everywhere\n", {stands("m:a", "acme")}) ==
        "narrower m:a acme 2");
  auto everywhere = stands("m:a", "acme");
  everywhere.everywhere = true;
  CHECK(found("m:a replaced by acme in builtins\n", {everywhere}) == "wider m:a acme 2");
  CHECK_FALSE(compared("m:a replaced by acme in builtins\n", {stands("m:a", "acme")}).fails());
}

TEST_CASE("an owner outside of its range fails") {
  CHECK(found("m:a replaced by acme >=1,<1.2 in stdlib\n", {stands("m:a", "acme")}) ==
        "version m:a acme 2");
  CHECK(found("m:a replaced by acme >=1,<1.2 in own\n", {stands("m:a", "acme")}) ==
        "wider m:a acme 2; version m:a acme 2");
}

TEST_CASE("owners that are not locked together are a conflict") {
  const std::string both = "m:a replaced by a in stdlib\nm:a replaced by b in stdlib\n";
  const std::vector<Patch> two = {stands("m:a", "a"), stands("m:a", "b")};
  CHECK(found(both, two) == "conflict m:a a, b 3");
  CHECK(found(both + "m:a shared by a, b\n", two).empty());
  CHECK(found(both + "m:a shared by b, c\n", two) == "conflict m:a a 4");
}

TEST_CASE("what is gone is told and no failure") {
  const auto gone = compared("m:a replaced by acme in stdlib # why\n", {});
  REQUIRE(gone.findings.size() == 1);
  CHECK(gone.findings[0].what == Difference::gone);
  CHECK(gone.findings[0].locked == "m:a replaced by acme in stdlib # why");
  CHECK_FALSE(gone.fails());
  CHECK(to_text(gone, false) ==
        "overt: 1 gone, against overt.lock\n\n- m:a replaced by acme in stdlib # why\n"
        "    gone: nobody patched this in this run\n");
}

TEST_CASE("the text is a diff with a sentence and the line that made it") {
  const auto wider = compared("m:a replaced by acme >=1,<2 in own # ok\n", {stands("m:a", "acme")});
  CHECK(to_text(wider, false) ==
        "overt: 1 wider, against overt.lock\n\n"
        "- m:a replaced by acme >=1,<2 in own # ok\n"
        "+ m:a replaced by acme >=1,<2 in stdlib # ok\n"
        "    wider: it reaches farther: stdlib, which was own\n"
        "    made at package.module:10 (/site/package/module.py)\n\n"
        "`overt check --update` accepts what is here.\n");
  CHECK(to_text(wider, true).find("\x1b[31m- m:a") != std::string::npos);
}

TEST_CASE("every format has every finding, and no name breaks one") {
  const std::string evil = "m:\x1b[31m\n::error::%0A<script>\xff\u202e";
  const auto all =
      compared("m:gone added by x in own\n", {stands(evil, evil), stands("m:b", "acme")});
  REQUIRE(all.findings.size() == 3);
  CHECK(is_harmless(to_text(all, false)));
  CHECK(is_harmless(to_github(all)));
  const auto json = nlohmann::json::parse(to_json(all));
  CHECK(json["schema"] == "overt.check/1");
  CHECK(json["fails"] == true);
  CHECK(json["findings"].size() == 3);
  CHECK(json["findings"][0]["owner"]["version"] == "1.2.0");
  const auto sarif = nlohmann::json::parse(to_sarif(all));
  CHECK(sarif["runs"][0]["results"].size() == 3);
  CHECK(sarif["runs"][0]["tool"]["driver"]["rules"].size() == 8);
  CHECK(sarif["runs"][0]["results"][0]["locations"][0]["logicalLocations"].is_array());
  for (const auto& result : sarif["runs"][0]["results"]) {
    const auto index = result["ruleIndex"].get<std::size_t>();
    CHECK(sarif["runs"][0]["tool"]["driver"]["rules"][index]["id"] == result["ruleId"]);
  }
  const auto github = to_github(all);
  CHECK(std::count(github.begin(), github.end(), '\n') == 3);
  CHECK(github.find("::notice file=overt.lock,line=2,title=Patch is gone::m:gone: nobody") !=
        std::string::npos);
}

}  // namespace
}  // namespace overt::test
