// overt bench: what the patches of one target cost, measured in an interpreter of its own.

#include <CLI/CLI.hpp>
#include <filesystem>
#include <iostream>
#include <memory>

#include "../processes.h"
#include "../rundir.h"
#include "../verbs.h"

namespace overt::cli {
namespace {

struct Options {
  std::string target;
  std::string call;
  std::vector<std::string> setup;
  int rounds = 40;
  bool json = false;
};

// The interpreter that this command was installed for stands beside it.
int bench(const Options& options) {
  const auto directory = std::filesystem::path(own_path()).parent_path();
  const auto python = (directory / "python").string();
  Words words = {python,         "-m",         "overt._measure",
                 options.target, options.call, "--rounds=" + std::to_string(options.rounds)};
  for (const auto& code : options.setup) words.push_back("--setup=" + code);
  if (options.json) words.emplace_back("--json");
  return complain(become(python, words));
}

}  // namespace

void add_bench(CLI::App& app, int& status) {
  auto options = std::make_shared<Options>();
  auto* verb = app.add_subcommand(
      "bench", "Measure a target's patches: the same calls with them and without, in turns.");
  verb->add_option("TARGET", options->target, "As in http.client:HTTPConnection.request")
      ->required();
  verb->add_option("CALL", options->call,
                   "Python code that calls it; the target's module is imported")
      ->required();
  verb->add_option("--setup", options->setup,
                   "Python code that comes first: what patches, and names for CALL")
      ->allow_extra_args(false);
  verb->add_option("--rounds", options->rounds, "So many with the patches, and without (40)");
  verb->add_flag("--json", options->json, "As overt.bench/1");
  verb->callback([&status, options] { status = bench(*options); });
}

}  // namespace overt::cli
