// Votes: one source's opinion that something be off.
//
// Votes form a union and no stack: a patch is off when any source says so for any scope that holds
// it. Order of arrival, restarts and races therefore cannot matter, and only the source that voted
// can withdraw. THREADS: values; no shared state.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "overt/boundary.h"
#include "overt/patch.h"
#include "overt/result.h"

namespace overt {

// Policy, environment and file hold until they themselves change; no command lifts them.
enum class Source { policy, environment, file, control, api, budget };

std::string_view name(Source source);  // "policy", "env", "file", "control", "api", "budget"
std::optional<Source> parse_source(std::string_view text);

// What a patch means by "in doubt". A security fix says `patched`: `off --all` spares it.
enum class Fail { original, patched };

std::string_view name(Fail fail);

// What the switchboard has to know of a patch.
struct Facts {
  std::string target;
  Owner owner;
  Boundary boundary = Boundary::third_party;
  bool governed = false;  // made through Overt; false: foreign
  Fail fail = Fail::original;
};

// What a vote is about, wide to narrow.
enum class Scope { process, owner, boundary, target, patch };

struct Selector {
  Scope scope = Scope::process;
  std::string text;   // owner's name or top package, name of a boundary, glob of targets
  int patch = 0;      // for Scope::patch
  std::string owner;  // with a boundary or target: of this owner's patches only

  static Selector everything() { return {}; }
  static Selector of_owner(std::string name) { return {Scope::owner, std::move(name), 0, {}}; }
  static Selector of_boundary(Boundary boundary);
  static Selector of_target(std::string glob) { return {Scope::target, std::move(glob), 0, {}}; }
  static Selector of_patch(int id) { return {Scope::patch, {}, id, {}}; }

  // Whether what this one means is a part of what `wider` means, as far as the words tell.
  bool within(const Selector& wider) const;

  // An owner matches by the name of its distribution, as PEP 503 compares them (sentry_sdk is
  // sentry-sdk), or by its top package: "opentelemetry" stands for all that is named
  // opentelemetry-instrumentation-*. In a glob * stands for any text and ? for one character.
  bool matches(int id, const Facts& facts) const;

  std::string str() const;  // "everything", "owner sentry-sdk", "p12"
  bool operator==(const Selector&) const = default;
};

// Who says so, and why. Both end up in the journal.
struct By {
  std::string actor;  // "uid 1000, pid 71 (overt)"
  std::string reason;
};

struct Vote {
  Source source = Source::api;
  Selector on;
  By by;
  bool including_protected = false;  // a wide vote that also means fail=patched: needs a reason
  double at = 0;                     // seconds since the epoch

  // A vote that names its patch means it; a wider one spares the protected unless it says so.
  bool holds(int id, const Facts& facts) const;
  std::string str() const;  // "control: owner sentry-sdk (incident 42)"
};

// Whether a source is among those that voted.
bool has_vote_of(Source source, const std::vector<Vote>& votes);

// Two names of one owner: PEP 503, runs of -, _ and . are one -, case does not matter.
bool same_owner(std::string_view a, std::string_view b);

bool matches_glob(std::string_view glob, std::string_view text);

}  // namespace overt
