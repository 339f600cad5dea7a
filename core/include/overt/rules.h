// What counts as a patch, and whose it is. docs/what-counts.md tells the same for people.
//
// judge() is a pure function of the evidence: no state, no Python, no special case for any library.
// THREADS: pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "overt/origins.h"
#include "overt/write.h"

namespace overt {

enum class Ruling {
  patch,       // a foreign patch: goes into the ledger
  internal,    // a distribution changes itself: shown only when asked for
  completion,  // a namespace is being completed, by itself or by a helper it called
  machinery,   // the import system or the interpreter at work
  data,        // plain data, or a new name that changes no behaviour
};

// Verdict::frame when no Python frame was on the stack.
inline constexpr std::size_t kNobody = static_cast<std::size_t>(-1);

struct Verdict {
  Ruling ruling = Ruling::data;
  std::string_view rule;  // short name of the rule that decided, as in docs/what-counts.md
  OriginId owner =
      kNoOrigin;  // for patch and internal: who made it; kNoOrigin when nobody can be named
  std::size_t frame = kNobody;   // index into frames of the line that made it
  std::vector<std::string> via;  // helpers between the owner and the write, innermost first
};

// First half, by values alone: can this write be a patch at all? Cheap, looked at before any frame.
bool changes_behaviour(const Write& write);

// Second half: looks at the stack. REQUIRES: changes_behaviour(write).
Verdict judge(const Write& write, Origins& origins);

}  // namespace overt
