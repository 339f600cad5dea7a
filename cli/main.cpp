// overt: the command line. Parses, hands over to a verb, and turns what it says into an exit status:
// 0 done, 1 found something, 2 usage, 3 refused by policy, 4 no such command, process or file, 5 partly.

#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>
#include <span>
#include <string>
#include <vector>

#include "verbs.h"

namespace {

// CLI11 would look for options of ours behind the `--`: what stands there belongs to the program.
std::vector<std::string> split_program(std::vector<std::string>& words) {
  const auto separator = std::find(words.begin(), words.end(), "--");
  if (separator == words.end()) return {};
  std::vector<std::string> program(separator + 1, words.end());
  words.erase(separator, words.end());
  return program;
}

int run(std::span<char*> arguments) {
  std::vector<std::string> words(arguments.begin() + 1, arguments.end());
  const auto program = split_program(words);

  CLI::App app{"Runtime power you can see, measure and turn off."};
  app.name("overt");
  app.set_version_flag("--version", OVERT_VERSION);
  app.require_subcommand(1);
  app.failure_message(CLI::FailureMessage::simple);
  int status = 0;
  overt::cli::add_run(app, program, status);
  overt::cli::add_report(app, status);
  overt::cli::add_finish_run(app, status);
  try {
    std::reverse(words.begin(), words.end());  // what CLI11's vector overload asks for
    app.parse(words);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  return status;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run({argv, static_cast<std::size_t>(argc)});
  } catch (const std::exception& error) {
    std::cerr << "overt: " << error.what() << '\n';
    return 2;
  }
}
