// What `overt run` tells the processes that it starts, and where their reports go.
//
// It travels in one environment variable, OVERT_RUN, as a JSON object, so that children inherit it.
// THREADS: values; no shared state.
#pragma once

#include <string>
#include <string_view>

#include "overt/journal.h"
#include "overt/report.h"
#include "overt/result.h"

namespace overt {

inline constexpr const char* kRunVariable = "OVERT_RUN";

enum class ReportKind { table, text, json, page, directory };

struct RunSettings {
  std::string version;    // of overt; a process with another version steps aside
  std::string run;        // names this run: pid of the root and time of its start
  int pid = 0;            // of the process that `overt run` became: the root
  std::string directory;  // holds a journal for each process: the report's own directory, or one
                          // that is private to this run and removed by the root at its end
  std::string report;     // absolute path, "" for the table on stderr
  std::string command;  // absolute path of the `overt` command, which makes reports after a SIGTERM
  bool children = true;
  bool internal = false;
  bool meter = true;    // count and time the calls of patches that others made
  std::string runtime;  // directory of the control sockets, "" for none (--no-control)
  std::string file;     // the overt.toml to follow, absolute, "" for none
  std::string service;  // what people call the processes of this run
  bool leads = false;   // see lead()

  // The settings of a process that acts as root for itself and its children, because the program
  // that `overt run` became is no Python (`overt run -- bash start.sh`). There may be several of
  // them.
  RunSettings lead(int leader) const;

  std::string encode() const;
  static result<RunSettings> decode(std::string_view text);
};

// What a path given to --report asks for: by its ending, or a directory (that exists, or ends in
// "/").
result<ReportKind> report_kind(const std::string& path);

// The journal of process `pid`.
std::string journal_path(const RunSettings& settings, int pid);

// Where the report of process `pid` goes: the path itself for the root, else with the pid inserted
// ("r.json" -> "r.123.json"); in a directory "123.json".
std::string report_path(const RunSettings& settings, int pid);

// Writes a report where the settings say; the table on stderr when they name no file. A file is
// written under a temporary name and renamed, so that nobody reads half of one.
result<void> deliver(const RunSettings& settings, const Report& report);

// For the root: reads the journals of the run's other processes, writes the reports that they did
// not live to write, and adds them to `report` as children. Removes the run's directory if it is
// private.
void gather(const RunSettings& settings, Report& report);

}  // namespace overt
