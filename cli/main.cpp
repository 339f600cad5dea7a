// overt: the command line. Parses, hands over to a verb, and turns what it says into an exit
// status: 0 done, 1 found something, 2 usage, 3 refused by policy, 4 no such command, process or
// file, 5 partly.

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <iostream>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "overt/text.h"
#include "verbs.h"

namespace {

// CLI11 would look for options of ours behind the `--`: what stands there, and the `--`, is the
// program's.
std::vector<std::string> split_program(std::vector<std::string>& words) {
  constexpr std::array<std::string_view, 4> kRunning = {"run", "lock", "check", "review"};
  if (words.empty() ||
      std::find(kRunning.begin(), kRunning.end(), words.front()) == kRunning.end()) {
    return {};
  }
  const auto separator = std::find(words.begin(), words.end(), "--");
  std::vector<std::string> program(separator, words.end());
  words.erase(separator, words.end());
  return program;
}

bool is_verb(const CLI::App& app, const std::string& word) {
  const auto verbs = app.get_subcommands({});
  return std::any_of(verbs.begin(), verbs.end(),
                     [&](const auto* verb) { return verb->get_name() == word; });
}

int complain(const std::string& what) {
  std::cerr << "overt: " << what << '\n';
  return 2;
}

int misused(const std::string& what) { return complain(what + "; `overt --help` says more"); }

int run(std::span<char*> arguments) {
  std::vector<std::string> words(arguments.begin() + 1, arguments.end());
  const auto program = split_program(words);

  CLI::App app{"Runtime power you can see, measure and turn off."};
  app.name("overt");
  app.set_version_flag("--version", OVERT_VERSION);
  app.require_subcommand(0, 1);
  int status = 0;
  overt::cli::add_run(app, program, status);
  overt::cli::add_list(app, status);
  overt::cli::add_show(app, status);
  overt::cli::add_off(app, status);
  overt::cli::add_on(app, status);
  overt::cli::add_journal(app, status);
  overt::cli::add_policy(app, status);
  overt::cli::add_lock(app, program, status);
  overt::cli::add_check(app, program, status);
  overt::cli::add_review(app, program, status);
  overt::cli::add_report(app, status);
  overt::cli::add_bench(app, status);
  overt::cli::add_metrics(app, status);
  overt::cli::add_completion(app, status);
  overt::cli::add_finish_run(app, status);
  if (words.empty()) return misused("a verb is missing");
  if (!words.front().starts_with('-') && !is_verb(app, words.front())) {
    return misused(overt::printable(words.front()) + ": there is no such verb");
  }
  try {
    std::reverse(words.begin(), words.end());  // what CLI11's vector overload asks for
    app.parse(words);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);  // --help, --version
    return misused(overt::printable(error.what()));
  }
  return status;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const int status = run({argv, static_cast<std::size_t>(argc)});
    return std::cout.flush() ? status : complain("cannot write to standard output");
  } catch (const std::exception& error) {
    return complain(error.what());
  }
}
