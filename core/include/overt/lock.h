// The lock: every patch that a team has accepted, in a file beside its code.
//
//   overt.lock 1
//   # comments
//   TARGET CHANGE by OWNER [RANGE] in BOUNDARY[, everywhere][ # REASON]
//   TARGET shared by OWNER, OWNER[, OWNER ...][ # REASON]
//
//   http.client:HTTPConnection.send replaced by sentry-sdk >=2.75.0,<3 in stdlib # tracing
//
// One line a patch, sorted as bytes, without anything that changes by itself: no ids, lines of
// source, addresses, times. A blank, a comma, a backslash or what cannot be printed is written
// \xNN, by byte. Comments and reasons are people's: they are kept. THREADS: values.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "overt/patch.h"
#include "overt/report.h"
#include "overt/result.h"

namespace overt {

inline constexpr std::string_view kLockName = "overt.lock";

struct LockedPatch {
  std::string target;
  Change change = Change::replaced;
  std::string owner;
  std::string range;  // of the owner's versions; "" for an application, and for any
  Boundary boundary = Boundary::third_party;
  bool everywhere = false;
  std::string reason;
  int line = 0;  // in the file; 0 for what is in none
};

// Several owners on one target at the same time.
struct LockedConflict {
  std::string target;
  std::vector<std::string> owners;  // sorted
  std::string reason;
  int line = 0;
};

struct Lock {
  std::vector<std::string> comments;
  std::vector<LockedPatch> patches;
  std::vector<LockedConflict> conflicts;
};

std::string to_line(const LockedPatch& patch);  // without a newline
std::string to_line(const LockedConflict& conflict);

// The file.
std::string to_text(const Lock& lock);

// Errors: format, with "path:line:column". A patch that stands there twice is one: a merge.
result<Lock> parse_lock(std::string_view text, const std::string& path);

// A patch that was seen and stands, whatever number of processes have it.
struct SeenPatch {
  LockedPatch patch;  // its range is what would be locked
  std::string version;
  Site site;
};

struct Seen {
  std::vector<SeenPatch> patches;         // by target
  std::vector<LockedConflict> conflicts;  // by target
};

// What the processes of a run live with: not what was undone, nor what a distribution changed in
// itself.
Seen seen_in(const std::vector<Report>& reports);

// What has been seen as a lock. Comments, reasons, and ranges that hold still are those of
// `before`; with `keep` its other lines stay too.
Lock lock_of(const Seen& seen, const Lock& before, bool keep);

// Two lines about the same patch: target, change and owner are equal.
bool is_same_patch(const LockedPatch& a, const LockedPatch& b);

}  // namespace overt
