// What has been seen, held against the lock: what is new, wider, or another owner's, and what is
// gone.
// THREADS: values and pure functions.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "overt/lock.h"

namespace overt {

enum class Difference {
  added,     // nobody patched this target when the lock was written
  owner,     // another owner does it now
  change,    // the same owner does another thing to the target
  wider,     // it reaches farther: a wider boundary, or everywhere
  version,   // the owner's version is outside of the range that was accepted
  conflict,  // owners share a target that is not locked as shared by them
  narrower,  // it reaches less far; told, never a failure, as is the next
  gone,
};

std::string_view name(Difference difference);
bool fails(Difference difference);

struct Finding {
  Difference what = Difference::added;
  std::string target;
  std::string owner;    // who does it now; of `gone`, who did
  std::string version;  // of that owner, "" where there is none
  std::string locked;   // the line of the lock that it is about, "" for none
  int line = 0;         // of that line; else of the one that it would stand behind
  std::string seen;     // the line as it would be locked now; "" of `gone`
  Site site;            // the line that made it; of `conflict` and `gone` none
  std::string said;     // one sentence for people
};

struct Comparison {
  std::string path;  // of the lock, as the command was told
  std::size_t seen = 0;
  std::vector<Finding> findings;  // by target

  bool fails() const;
};

Comparison compare(const Lock& lock, const Seen& seen, std::string path);

// Lines with + and -, as people read them; colour for a terminal.
std::string to_text(const Comparison& comparison, bool colour);
std::string to_json(const Comparison& comparison);   // overt.check/1
std::string to_sarif(const Comparison& comparison);  // SARIF 2.1.0
// Workflow commands of GitHub Actions: one annotation a finding, on the lock's line.
std::string to_github(const Comparison& comparison);

}  // namespace overt
