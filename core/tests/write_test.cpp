// What a write changed, in the words of a report.
#include "overt/write.h"

#include <doctest/doctest.h>

#include "evidence.h"

namespace overt::test {
namespace {

TEST_CASE("a target is module, class and name as reports print it") {
  CHECK(replaces("time:sleep").write().target() == "time:sleep");
  CHECK(replaces("http.client:HTTPConnection.send").write().target() ==
        "http.client:HTTPConnection.send");
  CHECK(replaces("builtins:str.words").write().target() == "builtins:str.words");
  CHECK(changes_code_of("json:dumps").write().target() == "json:dumps");
  CHECK(enters("MySQLdb.cursors").write().target() == "sys.modules:MySQLdb.cursors");
}

TEST_CASE("a write replaces, adds or deletes a name") {
  CHECK(name(replaces("time:sleep").write().change()) == "replaced");
  CHECK(name(adds("time:sleep").write().change()) == "added");
  CHECK(name(deletes("time:sleep").write().change()) == "deleted");
}

TEST_CASE(
    "a name that was never there and is not there now was deleted, as far as anyone can see") {
  CHECK(name(deletes("time:sleep").from(kNothing).write().change()) == "deleted");
}

TEST_CASE("a function gets other code, an entry of sys.modules is another module") {
  CHECK(name(changes_code_of("json:dumps").write().change()) == "code");
  CHECK(name(enters("MySQLdb").write().change()) == "module");
  CHECK(name(enters("MySQLdb").to(kNothing).write().change()) == "module");
}

TEST_CASE("a change of a kind that is not known reads as a replacement") {
  CHECK(name(static_cast<Change>(99)) == "replaced");
}

}  // namespace
}  // namespace overt::test
