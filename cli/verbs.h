// The verbs of the command: each adds itself to the parser and leaves its exit status in `status`.
#pragma once

#include <CLI/App.hpp>

namespace overt::cli {

// What follows `--` on the command line: the program to run.
using Words = std::vector<std::string>;

void add_run(CLI::App& app, const Words& program, int& status);
void add_report(CLI::App& app, int& status);
void add_finish_run(CLI::App& app, int& status);

}  // namespace overt::cli
