// What is wrong with a [policy] is said with its place, and nothing of the file is taken.
#include <doctest/doctest.h>

#include "overt/policy.h"
#include "overt/switch_file.h"

namespace overt::test {
namespace {

std::string refusal(std::string_view text) {
  const auto read = parse_policy(text, "/etc/overt.toml");
  return read ? "accepted" : read.error().subject + ": " + read.error().what;
}

// Of one line in a rule: where it is wrong, behind "/etc/overt.toml:".
std::string rule(const std::string& line) {
  const auto text = refusal("[[policy.rule]]\naction = \"deny\"\n" + line + "\n");
  const std::string_view path = "/etc/overt.toml:";
  return text.starts_with(path) ? text.substr(path.size()) : text;
}

const std::string kRuleKeys =
    "a rule has no such key; it has owner, target, boundary, change, reach, lifetime, origin, "
    "phase, action and reason";

TEST_CASE("a file without [policy] states none, and other tables are left to others") {
  CHECK_FALSE(parse_policy("", "f")->stated);
  CHECK_FALSE(parse_policy("[off]\nall = 3\n[[budget]]\nowner = \"*\"\n", "f")->stated);
  const auto stated = parse_policy("[policy]\n", "f");
  CHECK(stated->stated);
  CHECK(stated->otherwise == Action::warn);
  CHECK_FALSE(stated->enforce);
  CHECK(stated->rules.empty());
  CHECK(parse_policy("[policy]\ndefault = \"allow\"\n", "f")->otherwise == Action::allow);
  CHECK(parse_policy("[policy]\nenforce = false\nrule = []\n", "f")->rules.empty());
}

TEST_CASE("a rule keeps its words, its reason and its line") {
  const auto policy = parse_policy(
      "# a comment\n\n[[policy.rule]]\nowner = [\"a\", \"b-*\"]\ntarget = \"m:SETTINGS[\\\"x "
      "y\\\"]\"\naction = \"warn\"\nreason = \"r\"\n",
      "f");
  REQUIRE(policy);
  REQUIRE(policy->rules.size() == 1);
  const auto& first = policy->rules[0];
  CHECK(first.owner == std::vector<std::string>{"a", "b-*"});
  CHECK(first.target == std::vector<std::string>{"m:SETTINGS[\"x y\"]"});
  CHECK(first.action == Action::warn);
  CHECK(first.reason == "r");
  CHECK(first.line == 3);
}

TEST_CASE("what is wrong in [policy] is said with its line and column") {
  const std::string here = "/etc/overt.toml:";
  CHECK(refusal("policy = 1\n") == here + "1:10: `policy` must be a table: [policy]");
  CHECK(refusal("[policy]\nrules = []\n") ==
        here + "2:1: [policy] has no such key; it has default, enforce and rule");
  CHECK(refusal("[policy]\ndefault = \"denied\"\n") ==
        here + "2:11: this must be \"allow\", \"warn\" or \"deny\"");
  CHECK(refusal("[policy]\ndefault = true\n").starts_with(here + "2:11: "));
  CHECK(refusal("[policy]\nenforce = \"yes\"\n") == here + "2:11: `enforce` must be true or false");
  CHECK(refusal("[policy]\nrule = 1\n") ==
        here + "2:8: rules are tables of a list: [[policy.rule]]");
  CHECK(refusal("[policy.rule]\naction = \"deny\"\n").starts_with(here + "1:1: rules are tables"));
  CHECK(refusal("[policy]\nrule = [1]\n") == here + "2:9: a rule is a table: [[policy.rule]]");
  CHECK(refusal("[policy\n").starts_with(here));
  CHECK(refusal("[policy]\nenforce = true\nenforce = true\n").starts_with(here + "3:"));
}

TEST_CASE("what is wrong in a rule is said with its line and column") {
  CHECK(refusal("[policy]\n[[policy.rule]]\nowner = \"a\"\n") ==
        "/etc/overt.toml:2:1: this rule has no `action`: \"allow\", \"warn\" or \"deny\"");
  CHECK(refusal("[[policy.rule]]\naction = \"forbid\"\n").starts_with("/etc/overt.toml:2:10: "));
  CHECK(rule("owners = \"a\"") == "3:1: " + kRuleKeys);
  CHECK(rule("reason = 1") == "3:10: `reason` must be text");
  CHECK(rule("owner = []") == "3:9: `owner` is an empty list; leave it out");
  CHECK(rule("owner = 1") == "3:9: `owner` must be text, or a list of text");
  CHECK(rule("owner = \"\"") == "3:9: `owner` must be text, or a list of text");
  CHECK(rule("owner = [\"a\", 2]") == "3:15: `owner` must be text, or a list of text");
  const std::string owner =
      "an owner is a distribution, a top package or a module, as in sentry-sdk or opentelemetry-*";
  CHECK(rule("owner = \"a b\"") == "3:9: " + owner);
  CHECK(rule("owner = \"a\\u007f\"") == "3:9: " + owner);
  CHECK(rule("owner = \"a:b\"") == "3:9: " + owner);
  const std::string target = "a target is module:name, as in http.client:*";
  for (const char* bad : {"http", ":x", "http:"}) {
    CHECK(rule("target = \"" + std::string(bad) + "\"") == "3:10: " + target);
  }
  CHECK(rule("target = \"a b:c\"") == "3:10: there is a blank in the name of a module");
  CHECK(rule("boundary = [\"stdlib\", \"world\"]") ==
        "3:23: there is no `world` here; there are own, application, third-party, stdlib and "
        "builtins");
  CHECK(rule("change = \"x\"") ==
        "3:10: there is no `x` here; there are replaced, added, deleted, code and module");
  CHECK(rule("reach = \"x\"") == "3:9: there is no `x` here; there are name and everywhere");
  CHECK(rule("lifetime = \"x\"") ==
        "3:12: there is no `x` here; there are scope, ttl, process and none");
  CHECK(rule("origin = \"x\"") == "3:10: there is no `x` here; there are governed and foreign");
  CHECK(rule("phase = \"x\"") == "3:9: there is no `x` here; there are production and test");
}

TEST_CASE("depth and size cannot be used against the reader of a policy") {
  CHECK(refusal(std::string(kLargestFile + 1, '\n')) ==
        "/etc/overt.toml:1:1: this file is larger than 1 MiB");
  CHECK(refusal("policy = " + std::string(100'000, '[')) != "accepted");
  std::string words = "[[policy.rule]]\naction = \"deny\"\nowner = [";
  for (int i = 0; i < 100'001; ++i) words += "\"a\",";
  CHECK(refusal(words + "]\n").ends_with("more words than a person can mean"));
  std::string rules = "[policy]\nrule = [";
  for (int i = 0; i < 10'001; ++i) rules += "{action=\"deny\"},";
  CHECK(refusal(rules + "]\n").ends_with("more than 10,000 rules: more than a person can mean"));
}

}  // namespace
}  // namespace overt::test
