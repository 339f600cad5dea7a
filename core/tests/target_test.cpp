// The grammar of targets, and errors that point at the column.
#include "overt/target.h"

#include <doctest/doctest.h>

namespace overt {
namespace {

// "module | qualname | item", or the error without its text and example.
std::string parts(std::string_view text) {
  const auto target = Target::parse(text);
  if (target) return target->module + " | " + target->qualname + " | " + target->item;
  const auto& what = target.error().what;
  const auto from = what.find("', column ") + 3;
  return what.substr(from, what.rfind("; ") - from);
}

TEST_CASE("a target is a module, a qualified name and perhaps an item") {
  CHECK(parts("time:time") == "time | time | ");
  CHECK(parts("http.client:HTTPConnection.send") == "http.client | HTTPConnection.send | ");
  CHECK(parts("sys.modules:MySQLdb.cursors") == "sys.modules | MySQLdb.cursors | ");
  CHECK(parts("shop.web:route.<locals>.inner") == "shop.web | route.<locals>.inner | ");
  CHECK(parts("größe:naïve") == "größe | naïve | ");
}

TEST_CASE("an item is kept as written, whatever its key holds") {
  CHECK(parts("shop.config:SETTINGS[\"debug\"]") == "shop.config | SETTINGS | [\"debug\"]");
  CHECK(parts("shop.config:SETTINGS['a:b']") == "shop.config | SETTINGS | ['a:b']");
  CHECK(parts("shop.config:CACHE[(1, ' [x] ')][0]") == "shop.config | CACHE | [(1, ' [x] ')][0]");
}

TEST_CASE("a target prints as it was read") {
  for (const char* text : {"time:time", "sys.modules:MySQLdb", "a.b:C.d['k']"}) {
    const auto target = Target::parse(text);
    REQUIRE(target);
    CHECK(target->str() == text);
    CHECK(*target == *Target::parse(target->str()));
  }
}

TEST_CASE("a missing colon is missed at the end") {
  CHECK(parts("http.client") == "column 12: a ':' between module and name is missing");
  CHECK(parts("") == "column 1: a ':' between module and name is missing");
}

TEST_CASE("a module name that is none is pointed at") {
  CHECK(parts(":time") == "column 1: this is no module name");
  CHECK(parts(".time:time") == "column 1: this is no module name");
  CHECK(parts("http..client:x") == "column 6: this is no module name");
  CHECK(parts("http.:x") == "column 5: this is no module name");
  CHECK(parts("http client:x") == "column 5: this is no module name");
  CHECK(parts("http]:x") == "column 5: this is no module name");
  CHECK(parts("http[0]:x") == "column 5: this is no module name");
}

TEST_CASE("a qualified name that is none is pointed at") {
  CHECK(parts("time:") == "column 6: this is no qualified name");
  CHECK(parts("time:[0]") == "column 6: this is no qualified name");
  CHECK(parts("time:a.") == "column 7: this is no qualified name");
  CHECK(parts("time:.a") == "column 6: this is no qualified name");
  CHECK(parts("time:a:b") == "column 7: this is no qualified name");
  CHECK(parts("time:a\tb") == "column 7: this is no qualified name");
  CHECK(parts("time:a\x7f") == "column 7: this is no qualified name");
  CHECK(parts("time:a]") == "column 7: this is no qualified name");
}

TEST_CASE("an item that is empty or not closed is pointed at") {
  CHECK(parts("shop:S[") == "column 8: the item's '[' is not closed, or empty");
  CHECK(parts("shop:S[]") == "column 9: the item's '[' is not closed, or empty");
  CHECK(parts("shop:S['a'") == "column 11: the item's '[' is not closed, or empty");
  CHECK(parts("shop:S['a'] ") == "column 13: the item's '[' is not closed, or empty");
}

TEST_CASE("columns count what a person sees, not bytes") {
  CHECK(parts("größe x:y") == "column 6: this is no module name");
  CHECK(parts("大 x:y") == "column 3: this is no module name");
}

TEST_CASE("an error names the text, an example and what to do, and is one of usage") {
  const auto target = Target::parse("http.client");
  REQUIRE_FALSE(target);
  CHECK(target.error().code == Code::usage);
  CHECK(target.error().subject == "http.client");
  CHECK(target.error().what ==
        "target 'http.client', column 12: a ':' between module and name is missing; "
        "write it as package.module:Class.method");
}

TEST_CASE("an error about a hostile text can be printed") {
  const auto target = Target::parse("a\x1b[31m:b");
  REQUIRE_FALSE(target);
  CHECK(target.error().what.find("target 'a\\x1b[31m:b', column 2") == 0);
}

}  // namespace
}  // namespace overt
