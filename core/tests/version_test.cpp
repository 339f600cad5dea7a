// Versions as PEP 440 orders them.
#include "overt/version.h"

#include <doctest/doctest.h>

#include <vector>

namespace overt::test {
namespace {

TEST_CASE("versions are ordered as PEP 440 says") {
  const std::vector<std::string> rising = {"1.dev0",
                                           "1.0.dev456",
                                           "1.0a1",
                                           "1.0a2.dev456",
                                           "1.0a12.dev456",
                                           "1.0a12",
                                           "1.0b1.dev456",
                                           "1.0b2",
                                           "1.0b2.post345.dev456",
                                           "1.0b2.post345",
                                           "1.0rc1.dev456",
                                           "1.0rc1",
                                           "1.0",
                                           "1.0.post456.dev34",
                                           "1.0.post456",
                                           "1.1.dev1",
                                           "1.9",
                                           "1.10",
                                           "2",
                                           "1!0.1"};
  for (std::size_t i = 0; i < rising.size(); ++i) {
    for (std::size_t j = 0; j < rising.size(); ++j) {
      CAPTURE(rising[i]);
      CAPTURE(rising[j]);
      CHECK(compare_versions(rising[i], rising[j]) == (i <=> j));
    }
  }
}

TEST_CASE("spellings of one version are one") {
  for (const auto& [a, b] :
       std::vector<std::pair<std::string, std::string>>{{"1.0", "1"},
                                                        {"1.0.0", "v1.0"},
                                                        {"1.0ALPHA1", "1.0a1"},
                                                        {"1.0-beta.2", "1.0b2"},
                                                        {"1.0_c3", "1.0rc3"},
                                                        {"1.0pre4", "1.0rc4"},
                                                        {"1.0-5", "1.0.post5"},
                                                        {"1.0rev6", "1.0.post6"},
                                                        {"1.0+ubuntu.1", "1.0"},
                                                        {"1.0a", "1.0a0"}}) {
    CAPTURE(a);
    CHECK(compare_versions(a, b) == std::strong_ordering::equal);
  }
}

TEST_CASE("what is no version has no order") {
  for (const char* text : {"", "x", "1.", "1..2", "1.0x", "!1", "1!", "1.0a1b", "1.0 0", "1.0-x"}) {
    CAPTURE(text);
    CHECK_FALSE(compare_versions(text, "1"));
    CHECK_FALSE(compare_versions("1", text));
  }
  CHECK(compare_versions(std::string(10'000, '9'), "1") == std::strong_ordering::greater);
}

TEST_CASE("a range reaches to the next version that may break") {
  CHECK(compatible_range("2.75.0") == ">=2.75.0,<3");
  CHECK(compatible_range("0.66b1") == ">=0.66b1,<0.67");
  CHECK(compatible_range("0") == ">=0,<1");
  CHECK(compatible_range("1!4.2+local") == ">=1!4.2,<1!5");
  CHECK(compatible_range("trunk-x") == "==trunk-x");
  for (const char* words : {"1 in builtins", "trunk,x", "trunk\\x", "trunk\x7f", "tr\xc3\xbcnk"}) {
    CAPTURE(words);
    CHECK(compatible_range(words).empty());
  }
  CHECK(compatible_range("").empty());
  for (const char* version : {"2.75.0", "0.66b1", "1!4.2+local", "trunk-x", "3rc1", "0.5.dev1"}) {
    CAPTURE(version);
    CHECK(in_range(compatible_range(version), version));
  }
}

TEST_CASE("a range takes what all of its specifiers take") {
  CHECK(in_range(">=2.75.0,<3", "2.99"));
  CHECK_FALSE(in_range(">=2.75.0,<3", "2.74.9"));
  CHECK_FALSE(in_range(">=2.75.0,<3", "3.0"));
  CHECK_FALSE(in_range(">=2.75.0,<3", "3.0rc1"));
  CHECK(in_range("<3rc2", "3rc1"));
  CHECK(in_range("<3", "2.9rc1"));
  CHECK_FALSE(in_range("<3", "3.0.dev1"));
  CHECK_FALSE(in_range("<3", "3.0.post1.dev1"));
  CHECK(in_range("<1!3", "3.0rc1"));
  CHECK(in_range(" >=1 , <2 ", "1.5"));
  CHECK(in_range("> 1, <= 2, != 1.5", "2.0"));
  CHECK_FALSE(in_range(">1,!=1.5", "1.5"));
  CHECK_FALSE(in_range("<=2", "2.0.1"));
  CHECK(in_range("==1.0", "1"));
  CHECK_FALSE(in_range("==1.0", "1.1"));
  CHECK(in_range("==trunk", "trunk"));
  CHECK_FALSE(in_range("==trunk", "1"));
  CHECK(in_range("!=trunk", "1"));
  CHECK_FALSE(in_range(">=1", "trunk"));
  CHECK(in_range("", "anything"));
  CHECK(check_range(">=1,<2"));
  CHECK_FALSE(check_range("1"));
  CHECK_FALSE(check_range(">="));
  CHECK_FALSE(check_range(">=1,,<2"));
}

}  // namespace
}  // namespace overt::test
