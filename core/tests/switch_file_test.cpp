#include "overt/switch_file.h"

#include <doctest/doctest.h>

using namespace overt;

namespace {

std::string refusal(std::string_view text) {
  const auto read = parse_switches(text, "/etc/overt.toml");
  return read ? "accepted" : read.error().subject + ": " + read.error().what;
}

}  // namespace

TEST_CASE("an [off] table becomes votes of the file, with its reason") {
  const auto votes = parse_switches(R"(
[off]
all = false
owners = ["sentry-sdk", "ddtrace"]
targets = ["http.client:*"]
boundaries = ["builtins"]
reason = "incident 42"

[policy]
default = "warn"

[[budget]]
owner = "*"
)",
                                    "overt.toml");
  REQUIRE(votes);
  REQUIRE(votes->size() == 4);
  CHECK((*votes)[0].on == Selector::of_boundary(Boundary::builtins));
  CHECK((*votes)[1].str() == "file: owner sentry-sdk (incident 42)");
  CHECK((*votes)[3].on == Selector::of_target("http.client:*"));
  CHECK((*votes)[0].source == Source::file);
}

TEST_CASE("protected patches are included where a reason says why") {
  const auto votes = parse_switches(
      "[off]\nall = true\nincluding_protected = true\nreason = \"the fix is worse\"\n", "f");
  REQUIRE(votes);
  REQUIRE(votes->size() == 1);
  CHECK((*votes)[0].including_protected);
  CHECK((*votes)[0].by.reason == "the fix is worse");
}

TEST_CASE("an empty file, and one without [off], withdraw everything") {
  CHECK(parse_switches("", "f")->empty());
  CHECK(parse_switches("[off]\n", "f")->empty());
  CHECK(parse_switches("\xef\xbb\xbf[off]\nall = true\n", "f")->size() == 1);
}

TEST_CASE("what is wrong is said with its line and column, and nothing is taken") {
  CHECK(refusal("[off]\nowner = [\"x\"]\n") ==
        "/etc/overt.toml:2:1: [off] has no such key; it has all, owners, targets, boundaries, "
        "including_protected and reason");
  CHECK(refusal("[of]\n").starts_with("/etc/overt.toml:1:"));
  CHECK(refusal("off = 1\n") == "/etc/overt.toml:1:7: `off` must be a table: [off]");
  CHECK(refusal("[off]\nall = \"yes\"\n") == "/etc/overt.toml:2:7: `all` must be true or false");
  CHECK(refusal("[off]\nowners = \"x\"\n") ==
        "/etc/overt.toml:2:10: `owners` must be a list of text");
  CHECK(refusal("[off]\nowners = [\"x\", 1]\n") ==
        "/etc/overt.toml:2:16: `owners` must be a list of text");
  CHECK(refusal("[off]\nowners = [\"x\", \"\"]\n") ==
        "/etc/overt.toml:2:16: `owners` must be a list of text");
  CHECK(refusal("[off]\nreason = 42\n") == "/etc/overt.toml:2:10: `reason` must be text");
  CHECK(refusal("[off]\ntargets = [\"http\"]\n") ==
        "/etc/overt.toml:2:12: a target is module:name, as in http.client:*");
  CHECK(refusal("[off]\nboundaries = [\"world\"]\n").starts_with("/etc/overt.toml:2:15: "));
  CHECK(refusal("[off]\nall = true\nincluding_protected = true\n")
            .ends_with("`including_protected` needs a `reason`"));
  CHECK(refusal("[off]\nall = true\nall = true\n").starts_with("/etc/overt.toml:3:"));
  CHECK(refusal("[off\n").starts_with("/etc/overt.toml:"));
  CHECK(refusal(std::string_view("[off]\nreason = \"\0\"\n", 18)) != "accepted");
  CHECK(refusal("[off]\nreason = \"\xff\"\n") != "accepted");
  CHECK(refusal(std::string(kLargestFile + 1, '\n')) ==
        "/etc/overt.toml:1:1: this file is larger than 1 MiB");
}

TEST_CASE("depth and size cannot be used against the reader") {
  CHECK(refusal("x = " + std::string(100'000, '[')) != "accepted");
  std::string many = "[off]\nowners = [";
  for (int i = 0; i < 100'002; ++i) many += "\"a\",";
  CHECK(refusal(many + "]\n").ends_with("more entries than a person can mean"));
}

TEST_CASE("OVERT_OFF names owners, or all") {
  const auto votes = parse_off_variable(" sentry-sdk , all,,ddtrace");
  REQUIRE(votes.size() == 3);
  CHECK(votes[0].str() == "env: owner sentry-sdk");
  CHECK(votes[1].on == Selector::everything());
  CHECK(votes[2].source == Source::environment);
  CHECK(parse_off_variable("").empty());
  CHECK(parse_off_variable(" , ,").empty());
}
