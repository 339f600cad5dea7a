// overt completion: the words that a shell offers, from the same table as the help.

#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "../processes.h"
#include "../verbs.h"

namespace overt::cli {
namespace {

constexpr const char* kBash = R"sh(_overt() {
    local word=${COMP_WORDS[COMP_CWORD]}
    COMPREPLY=($(compgen -W "$(overt complete -- "${COMP_WORDS[@]:1:COMP_CWORD-1}" 2>/dev/null)" -- "$word"))
}
complete -o default -F _overt overt
)sh";

constexpr const char* kZsh = R"sh(#compdef overt
_overt() {
    compadd -- $(overt complete -- ${words[2,CURRENT-1]} 2>/dev/null)
    _files
}
compdef _overt overt
)sh";

constexpr const char* kFish =
    "complete -c overt -f -a '(overt complete -- (commandline -opc)[2..] 2>/dev/null)'\n";

void print_options(const CLI::App& verb) {
  for (const auto* option : verb.get_options()) {
    for (const auto& name : option->get_lnames()) std::cout << "--" << name << '\n';
  }
}

void print_processes() {
  std::vector<Error> ignored;
  for (const auto& client : all_processes(ignored)) {
    std::cout << client.pid() << '\n' << client.service() << '\n';
  }
}

// The words before the one that is being written.
int complete(const CLI::App& app, const std::vector<std::string>& words) {
  if (words.empty()) {
    for (const auto* verb : app.get_subcommands({})) {
      if (!verb->get_group().empty()) std::cout << verb->get_name() << '\n';
    }
    print_options(app);
    return 0;
  }
  for (const auto* verb : app.get_subcommands({})) {
    if (verb->get_name() != words.front()) continue;
    for (const auto* below : verb->get_subcommands({})) std::cout << below->get_name() << '\n';
    print_options(*verb);
    const bool about_processes = verb->get_option_no_throw("PROCESS") != nullptr;
    if (about_processes) print_processes();
  }
  return 0;
}

int print_script(const std::string& shell) {
  std::cout << (shell == "zsh" ? kZsh : shell == "fish" ? kFish : kBash);
  return 0;
}

}  // namespace

void add_completion(CLI::App& app, int& status) {
  auto shell = std::make_shared<std::string>();
  auto* script = app.add_subcommand("completion", "Print what makes a shell complete words.");
  script->add_option("SHELL", *shell, "bash, zsh or fish: eval \"$(overt completion bash)\"")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}));
  script->callback([&status, shell] { status = print_script(*shell); });

  auto words = std::make_shared<std::vector<std::string>>();
  auto* verb = app.add_subcommand("complete", "");
  verb->group("");
  verb->add_option("WORDS", *words, "");
  verb->prefix_command();
  verb->callback([&status, &app, words, verb] {
    auto all = *words;
    const auto rest = verb->remaining();
    all.insert(all.end(), rest.begin(), rest.end());
    std::erase(all, "--");
    status = complete(app, all);
  });
}

}  // namespace overt::cli
