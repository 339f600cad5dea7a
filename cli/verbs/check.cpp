// overt check: holds the patches that a program makes against overt.lock.

#include "overt/check.h"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <memory>

#include "../evidence.h"
#include "../locking.h"
#include "../processes.h"
#include "../verbs.h"
#include "overt/text.h"

namespace overt::cli {
namespace {

struct Options {
  EvidenceOptions evidence;
  std::string file{kLockName};
  std::string format = "text";
  std::string output;
  bool update = false;
  bool keep = false;
};

std::string said(const Comparison& comparison, const Options& options, bool colour) {
  if (options.format == "json") return to_json(comparison);
  if (options.format == "sarif") return to_sarif(comparison);
  if (options.format == "github") return to_github(comparison);
  return to_text(comparison, colour);
}

int check(const Options& options) {
  const auto locked = read_lock(options.file);
  if (!locked) return complain(locked.error());
  if (!*locked && !options.update) {
    return complain(
        {Code::not_found, "there is no lock here; `overt lock -- CMD` writes one", options.file});
  }
  const auto evidence = gather_evidence(options.evidence, "check");
  if (!evidence) return complain(evidence.error());
  const auto seen = seen_in(evidence->reports);
  const auto before = locked->value_or(Lock());
  const auto comparison = compare(before, seen, options.file);
  if (const auto done = deliver(options.output, options.evidence,
                                [&](bool colour) { return said(comparison, options, colour); });
      !done)
    return complain(done.error());
  if (evidence->failed()) {
    std::cerr << "overt: the command failed (" << evidence->status
              << "): what it would have patched later was not seen"
              << (options.update ? ", and the lock is not written" : "") << '\n';
    return evidence->status;
  }
  if (options.update) {
    const auto written = write_lock(options.file, lock_of(seen, before, options.keep));
    return written ? evidence->status : complain(written.error());
  }
  if (evidence->status != 0) return evidence->status;
  return comparison.fails() ? 1 : 0;
}

}  // namespace

void add_check(CLI::App& app, const Words& program, int& status) {
  auto options = std::make_shared<Options>();
  auto* verb = app.add_subcommand(
      "check", "Run a program and say which of its patches are not in overt.lock.");
  verb->add_option("--file", options->file, "The lock, by default ./overt.lock");
  verb->add_option("--format", options->format, "text, json, sarif, or github; by default text")
      ->check(CLI::IsMember({"text", "json", "sarif", "github"}));
  verb->add_option("--output", options->output,
                   "Write it to this file; by default to standard error where a command is run, "
                   "whose standard output stays its own, else to standard output");
  auto* update =
      verb->add_flag("--update", options->update, "Accept what is there: write the lock");
  verb->add_flag("--keep", options->keep,
                 "With --update: keep lines of patches that this run did not make")
      ->needs(update);
  add_evidence(*verb, options->evidence);
  verb->callback([&status, &program, options] {
    options->evidence.program = program;
    status = check(*options);
  });
}

}  // namespace overt::cli
