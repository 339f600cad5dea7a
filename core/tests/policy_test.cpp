// Which rule decides about which patch, and what is fine without one.
#include "overt/policy.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "overt/switch_file.h"
#include "patches.h"

namespace overt::test {
namespace {

Policy policy_of(std::string_view text) {
  auto policy = parse_policy(text, "overt.toml");
  REQUIRE(policy);
  return *policy;
}

// A patch of sentry-sdk, foreign, in production.
PolicyFacts facts_of(std::string target = "http.client:HTTPConnection.send") {
  PolicyFacts facts;
  facts.target = std::move(target);
  facts.owner = {"sentry-sdk", "2.75.0", "sentry_sdk"};
  facts.boundary = Boundary::stdlib;
  return facts;
}

// "deny 2 overt.toml:6 (why)"
std::string decided(const Policy& policy, const PolicyFacts& facts) {
  const auto decision = decide(policy, facts);
  return std::string(name(decision.action)) + " " + std::to_string(decision.rule) + " " +
         decision.where() + " (" + decision.reason + ")";
}

// Whether a policy with this one condition denies.
bool denies(const std::string& condition, const PolicyFacts& facts) {
  const auto policy = policy_of("[policy]\ndefault = \"allow\"\n[[policy.rule]]\n" + condition +
                                "\naction = \"deny\"\n");
  return decide(policy, facts).action == Action::deny;
}

TEST_CASE("the first rule that matches decides, and says so") {
  const auto policy = policy_of(R"(
[policy]
default = "deny"
enforce = true
[[policy.rule]]
owner = "sentry-sdk"
target = "http.client:*"
action = "allow"
reason = "tracing, reviewed 2026-11"
[[policy.rule]]
boundary = "stdlib"
action = "warn"
)");
  CHECK(policy.enforce);
  CHECK(policy.rules.size() == 2);
  CHECK(decided(policy, facts_of()) == "allow 1 overt.toml:5 (tracing, reviewed 2026-11)");
  CHECK(decided(policy, facts_of("threading:Thread.start")) == "warn 2 overt.toml:10 ()");
  auto elsewhere = facts_of("flask:Flask");
  elsewhere.boundary = Boundary::third_party;
  CHECK(decided(policy, elsewhere) == "deny 0 overt.toml:3 (nobody promised to take it back)");
}

TEST_CASE("every condition is looked at") {
  auto facts = facts_of();
  CHECK(denies(R"(owner = "sentry-sdk")", facts));
  CHECK(denies(R"(owner = "Sentry_SDK")", facts));
  CHECK(denies(R"(owner = "sentry-*")", facts));
  CHECK(denies(R"(owner = "SENTRY-.sdk")", facts));
  CHECK_FALSE(denies(R"(owner = "sentry-sdk2")", facts));
  CHECK(denies(R"(owner = ["ddtrace", "sentry_s?k"])", facts));
  CHECK_FALSE(denies(R"(owner = "sentry")", facts));
  facts.owner = {"opentelemetry-instrumentation-redis", "1", "opentelemetry"};
  CHECK(denies(R"(owner = "opentelemetry")", facts));
  facts.owner.package.clear();
  CHECK_FALSE(denies(R"(owner = "opentelemetry")", facts));
  CHECK(denies(R"(target = "http.client:*")", facts));
  CHECK(denies(R"(target = "*")", facts));
  CHECK_FALSE(denies(R"(target = "http.server:*")", facts));
  CHECK(denies(R"(boundary = ["builtins", "stdlib"])", facts));
  CHECK_FALSE(denies(R"(boundary = "builtins")", facts));
  CHECK(denies(R"(change = "replaced")", facts));
  CHECK_FALSE(denies(R"(change = ["added", "deleted", "code", "module"])", facts));
  CHECK(denies(R"(reach = "name")", facts));
  CHECK_FALSE(denies(R"(reach = "everywhere")", facts));
  facts.everywhere = true;
  CHECK(denies(R"(reach = "everywhere")", facts));
  CHECK(denies(R"(lifetime = "none")", facts));
  CHECK_FALSE(denies(R"(lifetime = ["scope", "ttl", "process"])", facts));
  facts.lifetime = "ttl";
  CHECK(denies(R"(lifetime = "ttl")", facts));
  CHECK(denies(R"(origin = "foreign")", facts));
  CHECK_FALSE(denies(R"(origin = "governed")", facts));
  facts.governed = true;
  CHECK(denies(R"(origin = "governed")", facts));
  CHECK(denies(R"(phase = "production")", facts));
  CHECK_FALSE(denies(R"(phase = "test")", facts));
  facts.phase = Phase::test;
  CHECK(denies(R"(phase = "test")", facts));
  CHECK(denies("owner = \"*\"\nphase = \"test\"", facts));
  CHECK_FALSE(denies("owner = \"*\"\nphase = \"production\"", facts));
  CHECK(denies("", facts));
}

TEST_CASE("one's own symbol in a test or for a limited time is fine, the rest needs a rule") {
  const auto policy = policy_of("[policy]\ndefault = \"deny\"\n");
  auto facts = facts_of("shop.clock:now");
  facts.owner = {"shop.testing", "", "shop"};
  facts.boundary = Boundary::own;
  facts.phase = Phase::test;
  CHECK(decided(policy, facts) == "allow 0 built in (one's own symbol, in a test)");
  facts.boundary = Boundary::application;
  CHECK(decided(policy, facts) == "allow 0 built in (one's own symbol, in a test)");
  facts.phase = Phase::production;
  facts.lifetime = "process";
  CHECK(decided(policy, facts) == "deny 0 overt.toml:2 (no rule is about it)");
  facts.lifetime = "scope";
  CHECK(decided(policy, facts) == "allow 0 built in (one's own symbol, for a limited time)");
  facts.lifetime = "ttl";
  CHECK(decided(policy, facts) == "allow 0 built in (one's own symbol, for a limited time)");
  facts.boundary = Boundary::third_party;
  CHECK(decided(policy, facts) == "deny 0 overt.toml:2 (no rule is about it)");
  facts.boundary = Boundary::stdlib;
  CHECK(decided(policy, facts) == "deny 0 overt.toml:2 (the standard library, in production)");
  facts.boundary = Boundary::builtins;
  CHECK(decided(policy, facts) == "deny 0 overt.toml:2 (a builtin, in production)");
  facts.phase = Phase::test;
  CHECK(decided(policy, facts) == "deny 0 overt.toml:2 (no rule is about it)");
  facts.lifetime.clear();
  CHECK(decided(policy, facts) == "deny 0 overt.toml:2 (nobody promised to take it back)");
  facts.boundary = Boundary::own;
  for (const char* nobody : {"", "unknown"}) {
    facts.owner = {nobody, "", ""};
    CHECK(decided(policy, facts) == "deny 0 overt.toml:2 (nobody is known to own it)");
  }
}

TEST_CASE("without a default the rest is warned about; without a policy nothing is decided") {
  CHECK(decided(policy_of("[policy]\n"), facts_of()) ==
        "warn 0 built in (the standard library, in production)");
  CHECK(decided(policy_of("[off]\n"), facts_of()) == "allow 0 built in (no policy is stated)");
}

TEST_CASE("a patch of the ledger is judged by what is known of it") {
  auto patch = patch_of("time:time", "acme");
  patch.governed = patch.everywhere = true;
  patch.lifetime = "scope";
  patch.change = Change::added;
  const auto facts = policy_facts(patch, Phase::test);
  CHECK(facts.target == "time:time");
  CHECK(facts.owner == patch.owner);
  CHECK(facts.boundary == Boundary::stdlib);
  CHECK(facts.change == Change::added);
  CHECK(facts.everywhere);
  CHECK(facts.governed);
  CHECK(facts.lifetime == "scope");
  CHECK(facts.phase == Phase::test);
  CHECK(parse_phase("test") == Phase::test);
  CHECK(parse_phase("production") == Phase::production);
  CHECK(parse_phase("tests") == Phase::production);
}

TEST_CASE("a decision is said in a sentence and as JSON") {
  auto policy = policy_of("[policy]\n[[policy.rule]]\naction = \"deny\"\nreason = \"no\"\n");
  auto facts = facts_of();
  const auto said = [&] { return sentence(decide(policy, facts), facts); };
  const std::string target = "http.client:HTTPConnection.send of sentry-sdk";
  CHECK(said() == target + " 2.75.0 is denied by rule 1 (overt.toml:2): no");
  facts.owner.version.clear();
  policy.rules[0].action = Action::warn;
  policy.rules[0].reason.clear();
  CHECK(said() == target + " is warned about by rule 1 (overt.toml:2)");
  const auto as_json = [&] {
    const auto all = nlohmann::json::parse(to_json({{decide(policy, facts), facts}}));
    CHECK(all["schema"] == "overt.policy/1");
    return all["decisions"][0];
  };
  const auto json = as_json();
  CHECK(json["action"] == "warn");
  CHECK(json["rule"] == 1);
  CHECK(json["file"] == "overt.toml");
  CHECK(json["line"] == 2);
  CHECK(json["lifetime"] == "none");
  policy.rules.clear();
  policy.otherwise = Action::allow;
  CHECK(said() == target +
                      " is allowed by the default (built in): the standard library, in "
                      "production");
  const auto built_in = as_json();
  CHECK(built_in["rule"].is_null());
  CHECK(built_in["file"].is_null());
  CHECK(built_in["line"].is_null());
}

}  // namespace
}  // namespace overt::test
