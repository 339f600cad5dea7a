// Libraries that patch what their caller names, and nothing else.
#include "overt/helpers.h"

#include <doctest/doctest.h>

namespace overt {
namespace {

TEST_CASE("general-purpose patching tools are helpers, with all their modules") {
  for (const char* module : {"unittest.mock", "mock", "mock.mock", "_pytest.monkeypatch",
                             "pytest_mock", "pytest_mock.plugin", "wrapt", "wrapt.patches",
                             "gorilla", "aspectlib.utils", "forbiddenfruit", "patchy.api",
                             "flexmock._api", "mockito.patching", "testfixtures.replace"}) {
    CAPTURE(module);
    CHECK(is_helper(module));
  }
}

TEST_CASE("a library that patches what it chose itself is an owner") {
  for (const char* module :
       {"freezegun.api", "gevent.monkey", "tqdm.std", "sentry_sdk", "ddtrace"}) {
    CAPTURE(module);
    CHECK_FALSE(is_helper(module));
  }
}

TEST_CASE("neighbours of a helper and copies inside other packages are no helpers") {
  for (const char* module :
       {"", "unittest", "unittest.mocks", "mocks", "wraptor", "_pytest", "_pytest.monkeypatching",
        "django.test.utils", "ddtrace.vendor.wrapt"}) {
    CAPTURE(module);
    CHECK_FALSE(is_helper(module));
  }
}

TEST_CASE("a helper goes by the name that people know") {
  CHECK(helper_name("unittest.mock") == "unittest.mock");
  CHECK(helper_name("_pytest.monkeypatch") == "pytest");
  CHECK(helper_name("pytest_mock.plugin") == "pytest-mock");
  CHECK(helper_name("wrapt.wrappers") == "wrapt");
}

TEST_CASE("what is no helper goes by its top import name") {
  CHECK(helper_name("sentry_sdk.tracing") == "sentry_sdk");
}

}  // namespace
}  // namespace overt
