// The verbs of the command: each adds itself to the parser and leaves its exit status in `status`.
#pragma once

#include <CLI/App.hpp>

#include "launch.h"

namespace overt::cli {

// `program`: what stands on the command line from `--` on, for the verbs that run one.
void add_run(CLI::App& app, const Words& program, int& status);
void add_list(CLI::App& app, int& status);
void add_show(CLI::App& app, int& status);
void add_off(CLI::App& app, int& status);
void add_on(CLI::App& app, int& status);
void add_policy(CLI::App& app, int& status);
void add_lock(CLI::App& app, const Words& program, int& status);
void add_check(CLI::App& app, const Words& program, int& status);
void add_review(CLI::App& app, const Words& program, int& status);
void add_journal(CLI::App& app, int& status);
void add_bench(CLI::App& app, int& status);
void add_metrics(CLI::App& app, int& status);
void add_completion(CLI::App& app, int& status);
void add_report(CLI::App& app, int& status);
void add_finish_run(CLI::App& app, int& status);

}  // namespace overt::cli
