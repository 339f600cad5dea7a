// Policy: which patches a team allows, wants to be warned of, or denies.
//
//   # overt.toml
//   [policy]
//   default = "warn"                  # allow | warn | deny: what needs a rule and has none
//   enforce = true                    # patches of others that are denied are undone at once
//   [[policy.rule]]
//   owner = ["sentry-sdk", "opentelemetry-*"]   # every condition: one text, or a list of them
//   target = "http.client:*"
//   boundary = "stdlib"               # own | application | third-party | stdlib | builtins
//   change = "replaced"               # replaced | added | deleted | code | module
//   reach = "name"                    # name | everywhere
//   lifetime = "scope"                # scope | ttl | process | none
//   origin = "foreign"                # governed | foreign
//   phase = "production"              # production | test, as OVERT_PHASE says
//   action = "allow"
//   reason = "tracing, reviewed 2026-11"
//
// The first rule all of whose conditions hold decides; where none does, what policy.cpp states as
// fine is allowed and `default` decides the rest. A file is taken as a whole or not at all.
// THREADS: values and pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "overt/boundary.h"
#include "overt/patch.h"
#include "overt/result.h"

namespace overt {

enum class Action { allow, warn, deny };
enum class Phase { production, test };

std::string_view name(Action action);
std::string_view name(Phase phase);

// OVERT_PHASE; what is not set, or no phase, is production: the stricter of the two.
Phase parse_phase(std::string_view text);

// What a policy has to know of a patch.
struct PolicyFacts {
  std::string target;
  Owner owner;
  Boundary boundary = Boundary::third_party;
  Change change = Change::replaced;
  bool everywhere = false;
  std::string lifetime;  // "scope", "ttl", "process"; "" where nobody promised one
  bool governed = false;
  Phase phase = Phase::production;
};

PolicyFacts policy_facts(const Patch& patch, Phase phase);

struct PolicyRule {
  // Each is a list of words or globs, of which one must match; an empty one matches everything.
  std::vector<std::string> owner;  // glob of a distribution (PEP 503) or of its top package
  std::vector<std::string> target;
  std::vector<std::string> boundary;
  std::vector<std::string> change;
  std::vector<std::string> reach;
  std::vector<std::string> lifetime;
  std::vector<std::string> origin;
  std::vector<std::string> phase;
  Action action = Action::warn;
  std::string reason;
  int line = 0;

  bool matches(const PolicyFacts& facts) const;
};

struct Policy {
  std::string file;
  bool stated = false;  // there is a [policy]; false: nothing is decided at all
  Action otherwise = Action::warn;
  int otherwise_line = 0;  // 0: not written
  bool enforce = false;
  std::vector<PolicyRule> rules;
};

struct Decision {
  Action action = Action::allow;
  int rule = 0;               // 1 is the first of the file; 0: none of its rules
  std::string file;           // of the rule or of `default`; "" where no line of a file decided
  int line = 0;               // 0: as above
  std::string reason;         // the rule's own, else why it was decided so
  std::string where() const;  // "overt.toml:7", or "built in"
};

// The [policy] of a file. Errors: format, with "path:line:column" as subject; unknown names are
// errors. Other tables are not looked at.
result<Policy> parse_policy(std::string_view text, const std::string& path);

Decision decide(const Policy& policy, const PolicyFacts& facts);

// "policy: time:time of acme 1.4 is denied by rule 2 (overt.toml:7): no clocks"
std::string sentence(const Decision& decision, const PolicyFacts& facts);

struct Decided {
  Decision decision;
  PolicyFacts facts;  // what it is about
};

// overt.policy/1
std::string to_json(const std::vector<Decided>& decided);

}  // namespace overt
