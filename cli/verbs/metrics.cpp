// overt metrics: what is measured of a service, for a textfile collector of Prometheus.

#include "overt/metrics.h"

#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "../processes.h"
#include "../verbs.h"

namespace overt::cli {
namespace {

struct Options {
  std::string process;
  bool each = false;
};

int metrics(const Options& options) {
  auto clients = find_processes(options.process);
  if (!clients) return complain(clients.error());
  std::vector<Json> processes;
  int status = 0;
  for (auto& client : *clients) {
    std::vector<Json> patches;
    if (auto read = read_patches(client, patches); !read) status = complain(read.error());
    processes.push_back({{"hello", client.hello()}, {"patches", std::move(patches)}});
  }
  std::cout << metrics_text(processes, options.each) << std::flush;
  return status != 0 ? 5 : 0;
}

}  // namespace

void add_metrics(CLI::App& app, int& status) {
  auto options = std::make_shared<Options>();
  auto* verb = app.add_subcommand(
      "metrics", "Print what is measured, in the text format of Prometheus, for a service.");
  verb->add_option("PROCESS", options->process, "A pid, or the name of a service");
  verb->add_flag("--each", options->each, "A series for each process, with a label `pid`");
  verb->callback([&status, options] { status = metrics(*options); });
}

}  // namespace overt::cli
