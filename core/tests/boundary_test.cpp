// How far a patch reaches, from its owner's own code to the interpreter itself.
#include "overt/boundary.h"

#include <doctest/doctest.h>

namespace overt {
namespace {

const Origin kShop{Place::application, "shop.web", "", "shop", "app:shop"};
const Origin kDepot{Place::application, "depot", "", "depot", "app:depot"};
const Origin kFlask{Place::site, "Flask", "3.1", "flask", "dist:Flask"};
const Origin kSentry{Place::site, "sentry-sdk", "2.0", "sentry_sdk", "dist:sentry-sdk"};
const Origin kHttp{Place::stdlib, "python", "3.13.0", "http", "python"};
const Origin kBuiltins{Place::builtins, "python", "3.13.0", "builtins", "python"};

TEST_CASE("boundaries are ordered from narrow to wide") {
  CHECK(Boundary::own < Boundary::application);
  CHECK(Boundary::application < Boundary::third_party);
  CHECK(Boundary::third_party < Boundary::stdlib);
  CHECK(Boundary::stdlib < Boundary::builtins);
}

TEST_CASE("a boundary's name reads back as the same boundary") {
  for (const auto boundary : {Boundary::own, Boundary::application, Boundary::third_party,
                              Boundary::stdlib, Boundary::builtins}) {
    CHECK(parse_boundary(name(boundary)) == boundary);
  }
  CHECK(name(Boundary::third_party) == "third-party");
}

TEST_CASE("other names are no boundary") {
  for (const char* text : {"", "Own", "third_party", "own "}) CHECK_FALSE(parse_boundary(text));
}

TEST_CASE("changing oneself is own, for an application and for a distribution") {
  CHECK(boundary_of(kShop, kShop, false) == Boundary::own);
  CHECK(boundary_of(kFlask, kFlask, true) == Boundary::own);
}

TEST_CASE("changing others is as wide as what they are") {
  CHECK(boundary_of(kFlask, kShop, false) == Boundary::application);
  CHECK(boundary_of(kDepot, kShop, false) == Boundary::application);
  CHECK(boundary_of(kSentry, kFlask, false) == Boundary::third_party);
  CHECK(boundary_of(kSentry, kFlask, true) == Boundary::third_party);
  CHECK(boundary_of(kShop, kHttp, false) == Boundary::stdlib);
  CHECK(boundary_of(kShop, kBuiltins, false) == Boundary::builtins);
}

TEST_CASE("a type that the interpreter defines in C is as wide as builtins") {
  CHECK(boundary_of(kShop, kHttp, true) == Boundary::builtins);
  CHECK(boundary_of(kShop, kBuiltins, true) == Boundary::builtins);
}

TEST_CASE("the standard library that changes itself is still felt by all") {
  CHECK(boundary_of(kHttp, kHttp, false) == Boundary::stdlib);
  CHECK(boundary_of(kHttp, kBuiltins, false) == Boundary::builtins);
}

}  // namespace
}  // namespace overt
