// overt lock: writes down the patches that a program lives with.

#include "overt/lock.h"

#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <set>

#include "../evidence.h"
#include "../locking.h"
#include "../processes.h"
#include "../verbs.h"
#include "../words.h"
#include "overt/text.h"

namespace overt::cli {
namespace {

struct Options {
  EvidenceOptions evidence;
  std::string file{kLockName};
  bool keep = false;
};

int lock(const Options& options) {
  const auto before = read_lock(options.file);
  if (!before) return complain(before.error());
  const auto evidence = gather_evidence(options.evidence, "lock");
  if (!evidence) return complain(evidence.error());
  if (evidence->failed()) {
    std::cerr << "overt: the command failed (" << evidence->status
              << "): " << printable(options.file, 4000) << " is not written\n";
    return evidence->status;
  }
  const auto seen = seen_in(evidence->reports);
  const auto locked = lock_of(seen, before->value_or(Lock()), options.keep);
  if (const auto written = write_lock(options.file, locked); !written) {
    return complain(written.error());
  }
  std::set<std::string> owners;
  for (const auto& patch : locked.patches) owners.insert(patch.owner);
  std::cerr << "overt: " << printable(options.file, 4000) << ": "
            << counted(locked.patches.size(), "patch") << " by " << counted(owners.size(), "owner")
            << '\n';
  return evidence->status;
}

}  // namespace

void add_lock(CLI::App& app, const Words& program, int& status) {
  auto options = std::make_shared<Options>();
  auto* verb =
      app.add_subcommand("lock", "Write every patch that a program lives with into overt.lock.");
  verb->add_option("--file", options->file, "The lock, by default ./overt.lock");
  verb->add_flag("--keep", options->keep, "Keep lines of patches that this run did not make");
  add_evidence(*verb, options->evidence);
  verb->callback([&status, &program, options] {
    options->evidence.program = program;
    status = lock(*options);
  });
}

}  // namespace overt::cli
