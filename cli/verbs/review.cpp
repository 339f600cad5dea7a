// overt review: six questions about every patch, answered from evidence.

#include "overt/review.h"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <memory>

#include "../config.h"
#include "../evidence.h"
#include "../living.h"
#include "../locking.h"
#include "../processes.h"
#include "../verbs.h"
#include "../words.h"
#include "overt/switch_file.h"
#include "overt/text.h"

namespace overt::cli {
namespace {

struct Options {
  EvidenceOptions evidence;
  std::string process;
  std::string lock{kLockName};
  std::string output;
  std::string html;
  bool json = false;
  bool strict = false;
  bool prove = false;
  std::string reason;
};

result<Accepted> what_is_accepted(const Options& options) {
  Accepted accepted;
  const char* phase = std::getenv("OVERT_PHASE");
  accepted.phase = parse_phase(phase == nullptr ? "" : phase);
  auto file = config_file(options.evidence.policy);
  if (!file) return tl::unexpected(file.error());
  if (!file->empty()) {
    auto policy = config_text(*file).and_then(
        [&](const std::string& text) { return parse_policy(text, *file); });
    if (!policy) return tl::unexpected(policy.error());
    accepted.policy = std::move(*policy);
  }
  auto lock = read_lock(options.lock);
  if (!lock) return tl::unexpected(lock.error());
  accepted.lock = std::move(*lock);
  accepted.lock_path = options.lock;
  return accepted;
}

result<void> tell(const Options& options, const Review& review) {
  if (options.html.empty()) {
    return deliver(options.output, options.evidence, [&](bool colour) {
      return options.json ? to_json(review) : to_text(review, colour);
    });
  }
  const auto page = [&](bool) { return to_html(review); };
  if (const auto done = deliver(options.html, options.evidence, page); !done) return done;
  return deliver("", options.evidence, [&](bool) {
    return "overt: " + printable(options.html) + ": " + counted(review.patches.size(), "patch") +
           ", " + counted(review.findings(), "finding") + "\n";
  });
}

int review(const Options& options) {
  const auto accepted = what_is_accepted(options);
  if (!accepted) return complain(accepted.error());
  const bool lives = options.evidence.program.size() <= 1 && options.evidence.files.empty();
  if (!lives && !options.process.empty()) {
    return complain({Code::usage, "either a process, a command or --from", options.process});
  }
  if (!lives && options.prove) {
    return complain({Code::usage, "--prove asks processes that run", "--prove"});
  }
  const auto evidence = options.prove ? prove_living(options.process, options.reason)
                        : lives       ? read_living(options.process)
                                      : gather_evidence(options.evidence, "review");
  if (!evidence) return complain(evidence.error());
  // Ids differ between the processes of a service; owner and target are the same.
  const auto process = !lives                     ? ""
                       : !options.process.empty() ? options.process
                       : evidence->reports.size() == 1
                           ? std::to_string(evidence->reports.front().pid)
                           : "";
  const auto reviewed = review_of(evidence->reports, *accepted, process);
  if (const auto done = tell(options, reviewed); !done) return complain(done.error());
  if (evidence->status != 0) return evidence->status;
  return options.strict && reviewed.findings() > 0 ? 1 : 0;
}

}  // namespace

void add_review(CLI::App& app, const Words& program, int& status) {
  auto options = std::make_shared<Options>();
  auto* verb = app.add_subcommand("review", "Answer six questions about every patch of a program.");
  verb->add_option("PROCESS", options->process,
                   "A pid or the name of a service that runs; by default the only one, where no "
                   "command is given");
  add_evidence(*verb, options->evidence);
  verb->add_option("--lock", options->lock, "What the team has accepted, by default ./overt.lock");
  verb->add_option("--output", options->output,
                   "Write it to this file; by default to standard error where a command is run, "
                   "else to standard output");
  auto* json = verb->add_flag("--json", options->json, "As overt.review/1");
  verb->add_option("--html", options->html, "Write one page to this file, for a browser")
      ->excludes(json)
      ->excludes("--output");
  verb->add_flag("--strict", options->strict,
                 "Exit status 1 where there is a finding; an unanswered question is one");
  auto* prove = verb->add_flag("--prove", options->prove,
                               "Of processes that run: take each patch off, compare what comes "
                               "back, and put it on again, while no other code runs");
  verb->add_option("--reason", options->reason, "Why, for the journal")->needs(prove);
  verb->callback([&status, &program, options] {
    options->evidence.program = program;
    status = review(*options);
  });
}

}  // namespace overt::cli
