// The report: what a process looks like to people and to other programs.
//
// JSON is `overt.report/1`: fields are only ever added. The table is for a terminal or a file.
// THREADS: values; no shared state.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "overt/history.h"
#include "overt/ledger.h"
#include "overt/patch.h"
#include "overt/registries.h"
#include "overt/result.h"

namespace overt {

// A process that a governed process started, in one line.
struct Child {
  int pid = 0;
  std::string started_by;  // "fork" or "spawn"
  std::vector<std::string> argv;
  int patches = 0;
  std::string report;  // its own report's path, "" when none was asked for
  bool ended = true;   // false: it was still running when the report was made
};

// A patch that a child has and this process does not.
struct Elsewhere {
  Patch patch;
  std::vector<int> pids;
};

struct Report {
  std::string python;  // "3.13.0"
  int pid = 0;
  std::vector<std::string> argv;
  int modules = 0;
  double watch_ms = 0;  // time spent judging writes
  std::size_t dropped = 0;
  std::vector<Patch> patches;
  std::vector<Conflict> conflicts;
  std::vector<RegistryState> registries;  // by name
  std::vector<Child> children;
  // What happened to the patches after they were made, where a journal or the living process told.
  std::vector<Event> events;
  std::vector<Elsewhere> elsewhere;  // for the table of a whole run; each child has its own JSON
};

inline constexpr std::string_view kReportSchema = "overt.report/1";

// Everything, internal changes only with `internal`.
std::string to_json(const Report& report, bool internal = false);
result<Report> report_from_json(std::string_view text);

struct TableStyle {
  bool colour = false;
  bool internal = false;
};

// The table that `overt run` prints: one line a patch, then conflicts and children. No line is cut.
std::string to_table(const Report& report, TableStyle style = {});

// The same with all that is known of each patch, for a file or a pager.
std::string to_text(const Report& report, TableStyle style = {});

}  // namespace overt
