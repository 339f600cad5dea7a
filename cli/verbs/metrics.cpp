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
};

int metrics(const Options& options) {
  auto clients = find_processes(options.process);
  if (!clients) return complain(clients.error());
  std::vector<Json> processes;
  int status = 0;
  for (auto& client : *clients) {
    Json process = {{"hello", client.hello()}, {"patches", Json::array()}};
    for (int after = 0;;) {
      auto page = client.call("list", {{"after", after}});
      if (!page) {
        status = complain(page.error());
        break;
      }
      for (auto& patch : (*page)["patches"]) {
        after = patch.value("id", 0);
        process["patches"].push_back(std::move(patch));
      }
      if (!page->value("more", false)) break;
    }
    processes.push_back(std::move(process));
  }
  std::cout << metrics_text(processes) << std::flush;
  return status != 0 ? 5 : 0;
}

}  // namespace

void add_metrics(CLI::App& app, int& status) {
  auto options = std::make_shared<Options>();
  auto* verb = app.add_subcommand(
      "metrics", "Print what is measured, in the text format of Prometheus, for a service.");
  verb->add_option("PROCESS", options->process, "A pid, or the name of a service");
  verb->callback([&status, options] { status = metrics(*options); });
}

}  // namespace overt::cli
