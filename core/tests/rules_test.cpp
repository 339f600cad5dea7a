// What is a patch, and whose: the stack is read from the write outwards.
#include "overt/rules.h"

#include <doctest/doctest.h>

#include "evidence.h"

namespace overt::test {
namespace {

TEST_CASE("code that replaces another distribution's function made a patch") {
  CHECK(replaces("sqlalchemy.engine:Connection.execute")
            .by("opentelemetry.instrumentation:wrap")
            .by("shop.boot:<module>")
            .judged() == "patch (foreign) by opentelemetry");
}

TEST_CASE("so did code that replaces, adds to or deletes from the standard library") {
  const auto judged = [](Evidence write) {
    return write.by("sentry_sdk.integrations:install").by("shop.boot:<module>").judged();
  };
  CHECK(judged(replaces("http.client:HTTPConnection.send")) == "patch (foreign) by sentry-sdk");
  CHECK(judged(adds("http.client:HTTPConnection.trace")) == "patch (foreign) by sentry-sdk");
  CHECK(judged(deletes("http.client:HTTPConnection.send")) == "patch (foreign) by sentry-sdk");
  CHECK(judged(changes_code_of("http.client:parse_headers")) == "patch (foreign) by sentry-sdk");
}

TEST_CASE("the application is an owner like any other, by the name of its module") {
  CHECK(replaces("json:dumps").by("shop.boot:go").by("__main__:<module>").judged() ==
        "patch (foreign) by shop.boot");
  CHECK(replaces("builtins:print").by("__main__:<module>").judged() ==
        "patch (foreign) by __main__");
}

TEST_CASE("two packages of one application are strangers to each other") {
  CHECK(replaces("shop.clock:now").by("depot.testing:freeze").judged() ==
        "patch (foreign) by depot.testing");
}

TEST_CASE("a helper is how a patch was made, and its caller is the owner") {
  CHECK(replaces("http.client:HTTPConnection.send")
            .by("wrapt.patches:wrap_function_wrapper")
            .by("sentry_sdk.integrations.stdlib:install")
            .judged() == "patch (foreign) by sentry-sdk via wrapt");
  CHECK(replaces("time:sleep")
            .by("unittest.mock:_patch.__enter__")
            .by("shop.tests:test_waiting")
            .judged() == "patch (foreign) by shop.tests via unittest.mock");
  CHECK(replaces("time:sleep")
            .by("_pytest.monkeypatch:MonkeyPatch.setattr")
            .by("shop.tests:test_waiting")
            .judged() == "patch (foreign) by shop.tests via pytest");
}

TEST_CASE("helpers that use each other are all named, innermost first and once each") {
  CHECK(replaces("time:sleep")
            .by("wrapt.patches:apply_patch")
            .by("wrapt.patches:wrap_object")
            .by("pytest_mock.plugin:MockerFixture.patch")
            .by("shop.tests:test_waiting")
            .judged() == "patch (foreign) by shop.tests via wrapt, pytest-mock");
}

TEST_CASE("the standard library between a helper and its caller changes nothing") {
  CHECK(replaces("time:sleep")
            .by("unittest.mock:_patch.__enter__")
            .by("functools:wraps")
            .by("shop.tests:test_waiting")
            .judged() == "patch (foreign) by shop.tests via unittest.mock");
}

TEST_CASE("a helper with nobody behind it owns the patch itself") {
  CHECK(replaces("http.client:HTTPConnection.send").by("wrapt.patches:wrap_object").judged() ==
        "patch (foreign) by wrapt");
  CHECK(replaces("http.client:HTTPConnection.send")
            .by("unittest.mock:patch")
            .by("wrapt.patches:wrap_object")
            .judged() == "patch (foreign) by wrapt via unittest.mock");
}

TEST_CASE("who imports a module did not ask for what a helper does in it") {
  CHECK(replaces("shop.clock:now")
            .by("wrapt.importer:notify")
            .by("importlib._bootstrap:_load_unlocked")
            .by("shop.web:<module>")
            .judged() == "patch (foreign) by wrapt");
}

TEST_CASE("the standard library acts for its caller, where others are concerned") {
  CHECK(replaces("sqlalchemy.engine:Connection.execute")
            .by("functools:update_wrapper")
            .by("sentry_sdk.integrations:install")
            .judged() == "patch (foreign) by sentry-sdk");
}

TEST_CASE("what the standard library does to itself or on its own account is no patch") {
  constexpr auto kOwnAccount = "machinery (standard library on its own account)";
  CHECK(
      replaces("http.client:HTTPConnection.send").by("socket:create").by("shop.web:get").judged() ==
      kOwnAccount);
  CHECK(adds("shop.jobs:Job.run").by("threading:Thread.run").judged() == kOwnAccount);
  CHECK(adds("shop.jobs:Job.run")
            .by("functools:total_ordering")
            .by("importlib._bootstrap:_call_with_frames_removed")
            .by("shop.web:<module>")
            .judged() == kOwnAccount);
}

TEST_CASE("a call that somebody left behind is told by the code that it installs") {
  const auto judged = [](Evidence write, const Value& installed) {
    return write.to(installed).by("threading:Timer.run").by("threading:Thread._bootstrap").judged();
  };
  constexpr auto kOwnAccount = "machinery (standard library on its own account)";
  const auto sentry = function_of("sentry_sdk.tracing");
  CHECK(judged(replaces("shop.jobs:run"), sentry) ==
        "patch (deferred) by sentry-sdk in the line of another");
  CHECK(judged(replaces("shop.jobs:run"), function_of("shop.jobs")) == kOwnAccount);
  CHECK(judged(replaces("shop.jobs:run"), function_of("threading")) == kOwnAccount);
  CHECK(judged(replaces("shop.jobs:run"), thing()) == kOwnAccount);
  CHECK(judged(replaces("json:dumps"), sentry) == kOwnAccount);
}

TEST_CASE("but not while modules are being imported or executed") {
  constexpr auto kOwnAccount = "machinery (standard library on its own account)";
  CHECK(replaces("shop.jobs:run")
            .to(function_of("sentry_sdk.tracing"))
            .by("functools:update_wrapper")
            .by("importlib._bootstrap:_load_unlocked")
            .judged() == kOwnAccount);
  CHECK(replaces("shop.jobs:run")
            .to(function_of("sentry_sdk.tracing"))
            .by("asyncio:<module>")
            .judged() == kOwnAccount);
}

TEST_CASE("the hook through which a class lets itself be written to acts for its caller") {
  CHECK(replaces("pandas:DataFrame.sum")
            .by("pandas.core:Meta.__setattr__")
            .by("sentry_sdk.integrations:install")
            .judged() == "patch (foreign) by sentry-sdk");
  CHECK(deletes("pandas:DataFrame.sum")
            .by("pandas.core:Meta.__delattr__")
            .by("sentry_sdk.integrations:install")
            .judged() == "patch (foreign) by sentry-sdk");
}

TEST_CASE("generated code without a module acts for its caller") {
  CHECK(replaces("json:dumps").by(":<lambda>").by("sentry_sdk.utils:install").judged() ==
        "patch (foreign) by sentry-sdk");
}

TEST_CASE("a write by the import system is the machine at work") {
  CHECK(replaces("shop:clock")
            .by("importlib._bootstrap:_handle_fromlist")
            .by("shop.web:<module>")
            .judged() == "machinery (import system)");
}

TEST_CASE("compiled code has no frame of its own, so its caller's frame is the evidence") {
  CHECK(replaces("json:dumps").by("shop.fast:enable").by("__main__:<module>").judged() ==
        "patch (foreign) by shop.fast");
}

TEST_CASE("an extension that patches while it is initialised is the owner") {
  CHECK(replaces("json:dumps")
            .by("pandas._libs.json:<module>")
            .by("importlib._bootstrap:_call_with_frames_removed")
            .by("shop.web:<module>")
            .judged() == "patch (foreign) by pandas");
}

TEST_CASE("a write without any Python frame is a patch by nobody we could name") {
  CHECK(replaces("json:dumps").judged() == "patch (no Python frame) by nobody");
  CHECK(replaces("sys:stdin").judged() == "machinery (interpreter)");
}

TEST_CASE("who hands its function to another distribution to install it is the owner") {
  CHECK(replaces("http.client:HTTPConnection.send")
            .to(function_of("sentry_sdk.tracing"))
            .by("gevent.hooks:install")
            .by("functools:wraps")
            .by("sentry_sdk.tracing:setup")
            .by("shop.boot:<module>")
            .judged() == "patch (foreign) by sentry-sdk via gevent");
}

TEST_CASE("but not for a function that its distribution did not ask to install") {
  const auto judged = [](const Value& installed) {
    return replaces("pandas:read_csv")
        .to(installed)
        .by("gevent.hooks:install")
        .by("shop.boot:go")
        .by("importlib._bootstrap:_load_unlocked")
        .by("sentry_sdk.tracing:setup")
        .judged();
  };
  CHECK(judged(function_of("sentry_sdk.tracing")) ==
        "patch (foreign) by gevent");                                          // behind an import
  CHECK(judged(function_of("freezegun.api")) == "patch (foreign) by gevent");  // not on the stack
  CHECK(judged(function_of("gevent.socket")) == "patch (foreign) by gevent");
  CHECK(judged(function_of("pandas.core")) == "patch (foreign) by gevent");  // the target's own
  CHECK(judged(function_of("time")) == "patch (foreign) by gevent");
  CHECK(judged(thing()) == "patch (foreign) by gevent");  // whose code it runs is not known
}

TEST_CASE("nor where the stack ends before its distribution appears") {
  CHECK(replaces("pandas:read_csv")
            .to(function_of("sentry_sdk.tracing"))
            .by("gevent.hooks:install")
            .by("shop.boot:go")
            .judged() == "patch (foreign) by gevent");
}

}  // namespace
}  // namespace overt::test
