// overt report: the report of a process that did not live to write it, from its journal.

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <iostream>
#include <memory>

#include "../verbs.h"
#include "overt/control_socket.h"
#include "overt/journal.h"
#include "overt/run.h"
#include "overt/text.h"

namespace overt::cli {
namespace {

struct Options {
  std::string journal;
  bool json = false;
  bool text = false;
  bool internal = false;
};

int complain(const Error& error) {
  std::cerr << "overt: " << printable(error.subject) << ": " << printable(error.what) << '\n';
  return exit_status(error.code);
}

int report(const Options& options) {
  const auto read = read_journal(options.journal);
  if (!read) return complain(read.error());
  const TableStyle style{.colour = false, .internal = options.internal};
  std::cout << (options.json   ? to_json(read->report, options.internal)
                : options.text ? to_text(read->report, style)
                               : to_table(read->report, style));
  if (!read->ended) std::cerr << "overt: this process has not ended in order, or still runs\n";
  return 0;
}

// Runs in the place of a process that SIGTERM ends; see python/native/terminate.h.
int finish_run() {
  const char* variable = std::getenv(kRunVariable);
  const auto settings = RunSettings::decode(variable == nullptr ? "" : variable);
  if (!settings) return complain(settings.error());
  auto read = read_journal(journal_path(*settings, settings->pid));
  if (!read) return complain(read.error());
  gather(*settings, read->report);
  // It waits for us and will not close its socket any more.
  if (!settings->runtime.empty()) {
    ::unlink((settings->runtime + "/" + std::to_string(settings->pid) + ".sock").c_str());
    static_cast<void>(control_sockets(settings->runtime));
  }
  if (const auto delivered = deliver(*settings, read->report); !delivered)
    return complain(delivered.error());
  return 0;
}

}  // namespace

void add_report(CLI::App& app, int& status) {
  auto options = std::make_shared<Options>();
  auto* verb = app.add_subcommand("report", "Print the report of a process from its journal.");
  verb->add_option("JOURNAL", options->journal,
                   "A .journal file from a directory given to --report")
      ->required();
  auto* json = verb->add_flag("--json", options->json, "As overt.report/1");
  verb->add_flag("--text", options->text, "With all that is known of each patch")->excludes(json);
  verb->add_flag("--internal", options->internal,
                 "Also show what a distribution changed in itself");
  verb->callback([&status, options] { status = report(*options); });
}

void add_finish_run(CLI::App& app, int& status) {
  auto* verb = app.add_subcommand("finish-run", "");
  verb->group("");  // not for people: hidden from the help
  verb->callback([&status] { status = finish_run(); });
}

}  // namespace overt::cli
