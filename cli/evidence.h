// The reports that lock, check and review are about: of a program that they run, or of files.
#pragma once

#include <CLI/App.hpp>
#include <functional>
#include <string>
#include <vector>

#include "launch.h"
#include "overt/report.h"
#include "overt/result.h"

namespace overt::cli {

struct Evidence {
  std::vector<Report> reports;  // of each process
  int status = 0;               // that the program ended with; 128 + n for signal n
  bool stopped = false;         // it ended because somebody stopped it: SIGINT or SIGTERM

  // Not because it was done, nor because somebody wanted it: what it would have patched later was
  // not seen.
  bool failed() const { return status != 0 && !stopped; }
};

struct EvidenceOptions {
  Words program;                   // with its --
  std::vector<std::string> files;  // --from
  std::string policy;
};

// Adds --from and --policy; what is behind `--` is the program.
void add_evidence(CLI::App& verb, EvidenceOptions& options);

// Writes what came of it: to the file `output`, or, where that is "", to standard output, which is
// the program's own where one was run: to standard error then. `said` is asked for the text, in
// colour or not.
result<void> deliver(const std::string& output, const EvidenceOptions& options,
                     const std::function<std::string(bool colour)>& said);

// Runs the program with all its children as `overt run` does, and waits: its streams, its terminal
// and its signals are its own. Or reads the files.
result<Evidence> gather_evidence(const EvidenceOptions& options, const std::string& verb);

}  // namespace overt::cli
