#include "overt/vote.h"

#include <doctest/doctest.h>

using namespace overt;

namespace {

const Facts kSentry{"http.client:HTTPConnection.send",
                    {"sentry-sdk", "2.75.0", "sentry_sdk"},
                    Boundary::stdlib,
                    false,
                    Fail::original};

Facts guarded() {
  auto facts = kSentry;
  facts.fail = Fail::patched;
  return facts;
}

}  // namespace

TEST_CASE("an owner is named by its distribution, however it is spelled, or by its package") {
  for (const char* name : {"sentry-sdk", "sentry_sdk", "Sentry.SDK", "sentry--sdk"}) {
    CHECK(Selector::of_owner(name).matches(1, kSentry));
  }
  for (const char* name : {"sentry", "sentry-sdk2", "sentry-sdk-", "", "2.75.0"}) {
    CHECK_FALSE(Selector::of_owner(name).matches(1, kSentry));
  }
  const Facts dbapi{"sqlite3:connect",
                    {"opentelemetry-instrumentation-dbapi", "1", "opentelemetry"},
                    Boundary::stdlib,
                    false,
                    Fail::original};
  CHECK(Selector::of_owner("opentelemetry").matches(1, dbapi));
  Facts script = kSentry;
  script.owner = {"shop", "", ""};  // of no package
  CHECK(Selector::of_owner("shop").matches(1, script));
  CHECK_FALSE(Selector::of_owner("").matches(1, script));
  CHECK_FALSE(same_owner("shop", std::string_view("shop\0x", 6)));
  CHECK_FALSE(same_owner(std::string_view("shop\0x", 6), "shop"));
}

TEST_CASE("globs: * is any text, ? one character, and a bad one takes no time") {
  CHECK(matches_glob("http.client:*", "http.client:HTTPConnection.send"));
  CHECK(matches_glob("*:*.send", "http.client:HTTPConnection.send"));
  CHECK(matches_glob("time:tim?", "time:time"));
  CHECK(matches_glob("", ""));
  CHECK(matches_glob("**", ""));
  CHECK_FALSE(matches_glob("http.client:?", "http.client:HTTPConnection"));
  CHECK_FALSE(matches_glob("time", "time:time"));
  const std::string text(5000, 'a');
  CHECK_FALSE(matches_glob("*a*a*a*a*a*a*a*a*b", text));
}

TEST_CASE("a target or a boundary can be narrowed to one owner") {
  auto selector = Selector::of_target("http.client:*");
  CHECK(selector.matches(1, kSentry));
  selector.owner = "sentry_sdk";
  CHECK(selector.matches(1, kSentry));
  selector.owner = "ddtrace";
  CHECK_FALSE(selector.matches(1, kSentry));
  CHECK(Selector::of_boundary(Boundary::stdlib).matches(1, kSentry));
  CHECK_FALSE(Selector::of_boundary(Boundary::builtins).matches(1, kSentry));
}

TEST_CASE("a wide vote spares protected patches, one that names the patch means it") {
  Vote vote{Source::control, Selector::everything(), {"me", ""}, false, 0};
  CHECK(vote.holds(1, kSentry));
  CHECK_FALSE(vote.holds(1, guarded()));
  vote.including_protected = true;
  CHECK(vote.holds(1, guarded()));
  CHECK(Vote{Source::control, Selector::of_patch(1), {"me", ""}, false, 0}.holds(1, guarded()));
}

TEST_CASE("what lies within what, as far as the words tell") {
  const auto all = Selector::everything();
  const auto owner = Selector::of_owner("sentry-sdk");
  auto target = Selector::of_target("a:*");
  CHECK(owner.within(all));
  CHECK_FALSE(all.within(owner));
  CHECK(Selector::of_owner("Sentry_SDK").within(owner));
  CHECK_FALSE(target.within(owner));
  target.owner = "sentry-sdk";
  CHECK(target.within(owner));
  CHECK(target.within(Selector::of_target("a:*")));
  CHECK_FALSE(Selector::of_patch(1).within(Selector::of_patch(2)));
  auto wider = Selector::of_target("a:*");
  wider.owner = "Sentry_SDK";
  CHECK(target.within(wider));
  CHECK_FALSE(Selector::of_target("a:*").within(wider));
  wider.owner = "ddtrace";
  CHECK_FALSE(target.within(wider));
  CHECK_FALSE(owner.within({Scope::process, {}, 0, "ddtrace"}));
}

TEST_CASE("what is meant has words") {
  CHECK(Selector::everything().str() == "everything");
  CHECK(Selector::of_owner("a").str() == "owner a");
  CHECK(Selector::of_boundary(Boundary::stdlib).str() == "boundary stdlib");
  CHECK(Selector::of_patch(12).str() == "p12");
  CHECK(Selector::of_patch(-3).str() == "w3");  // a decorator, which no ledger has
  auto target = Selector::of_target("m:*");
  CHECK(target.str() == "target m:*");
  target.owner = "a";
  CHECK(target.str() == "target m:* of a");
  CHECK(name(Fail::patched) == "patched");
  CHECK(name(Fail::original) == "original");
}

TEST_CASE("votes and sources have names that can be read back") {
  for (const auto source : {Source::policy, Source::environment, Source::file, Source::control,
                            Source::api, Source::budget}) {
    CHECK(parse_source(name(source)) == source);
  }
  CHECK_FALSE(parse_source("fleet"));
  const Vote vote{
      Source::control, Selector::of_owner("sentry-sdk"), {"me", "incident 42"}, false, 0};
  CHECK(vote.str() == "control: owner sentry-sdk (incident 42)");
}
