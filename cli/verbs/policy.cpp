// overt policy: whether a policy can be read, and what it says of a patch.

#include "overt/policy.h"

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <iostream>
#include <memory>

#include "../config.h"
#include "../processes.h"
#include "../verbs.h"
#include "overt/budget.h"
#include "overt/switch_file.h"
#include "overt/target.h"
#include "overt/text.h"

namespace overt::cli {
namespace {

struct Options {
  std::string file;
  std::string target;
  std::string owner;
  std::string boundary;
  std::string change = "replaced";
  std::string reach = "name";
  std::string lifetime = "none";
  std::string origin = "foreign";
  std::string phase;
  bool json = false;
};

// As a process would read it: as a whole, with the tables of others.
result<Policy> read_policy(const std::string& named) {
  auto file = config_file(named);
  if (!file) return tl::unexpected(file.error());
  if (file->empty()) {
    return fail(Code::not_found,
                "there is no such file here, and OVERT_CONFIG names none; which file?",
                "overt.toml");
  }
  const auto shown = named.empty() ? *file : named;
  auto text = config_text(*file);
  if (!text) return tl::unexpected(text.error());
  if (auto switches = parse_switches(*text, shown); !switches) {
    return tl::unexpected(switches.error());
  }
  if (auto budgets = parse_budgets(*text, shown); !budgets) {
    return tl::unexpected(budgets.error());
  }
  return parse_policy(*text, shown);
}

int check(const Options& options) {
  const auto policy = read_policy(options.file);
  if (!policy) return complain(policy.error());
  std::cout << printable(policy->file, 4000) << ": ";
  if (!policy->stated) {
    std::cout << "no [policy] is stated, so every patch is allowed\n";
    return 0;
  }
  const auto rules = policy->rules.size();
  std::cout << rules << (rules == 1 ? " rule" : " rules") << ", default " << name(policy->otherwise)
            << (policy->enforce ? "; what is denied of others is undone"
                                : "; what is denied of others is warned about")
            << '\n';
  return 0;
}

Change change_of(const std::string& word) {
  for (const auto change : {Change::added, Change::deleted, Change::code, Change::module}) {
    if (word == name(change)) return change;
  }
  return Change::replaced;
}

PolicyFacts facts_of(const Options& options) {
  PolicyFacts facts;
  facts.target = options.target;
  facts.owner = {options.owner, "", options.owner};
  facts.change = change_of(options.change);
  facts.everywhere = options.reach == "everywhere";
  facts.lifetime = options.lifetime == "none" ? "" : options.lifetime;
  facts.governed = options.origin == "governed";
  const char* phase = std::getenv("OVERT_PHASE");
  facts.phase = parse_phase(options.phase.empty() && phase != nullptr ? phase : options.phase);
  return facts;
}

// The boundary depends on what is installed: where it is not given, every one is answered for.
std::vector<Decided> decide_all(const Policy& policy, const Options& options) {
  std::vector<Decided> all;
  for (const auto boundary : {Boundary::own, Boundary::application, Boundary::third_party,
                              Boundary::stdlib, Boundary::builtins}) {
    if (!options.boundary.empty() && options.boundary != name(boundary)) continue;
    auto facts = facts_of(options);
    facts.boundary = boundary;
    all.push_back({decide(policy, facts), facts});
  }
  return all;
}

int explain(const Options& options) {
  if (const auto target = Target::parse(options.target); !target) return complain(target.error());
  const auto policy = read_policy(options.file);
  if (!policy) return complain(policy.error());
  const auto all = decide_all(*policy, options);
  bool denied = false;
  for (const auto& [decision, facts] : all) denied = denied || decision.action == Action::deny;
  if (options.json) {
    std::cout << to_json(all);
    return denied ? 3 : 0;
  }
  for (const auto& [decision, facts] : all) {
    if (all.size() > 1) std::cout << "boundary " << name(facts.boundary) << ": ";
    std::cout << printable(sentence(decision, facts), 4000) << '\n';
  }
  return denied ? 3 : 0;
}

void add_file(CLI::App& verb, Options& options) {
  verb.add_option("--file", options.file,
                  "This file; by default the one that OVERT_CONFIG names, or ./overt.toml");
}

}  // namespace

void add_policy(CLI::App& app, int& status) {
  auto* verb = app.add_subcommand("policy", "Check a policy, or ask it about a patch.");
  verb->require_subcommand(1);

  auto file = std::make_shared<Options>();
  auto* checking = verb->add_subcommand("check", "Say whether a file can be used, or where not.");
  checking->add_option("FILE", file->file,
                       "By default the one that OVERT_CONFIG names, or ./overt.toml");
  checking->callback([&status, file] { status = check(*file); });

  auto options = std::make_shared<Options>();
  auto* explaining = verb->add_subcommand(
      "explain", "Say which rule decides about a patch; exit status 3 where it is denied.");
  explaining
      ->add_option("TARGET", options->target,
                   "What is patched, as in http.client:HTTPConnection.send")
      ->required();
  explaining->add_option("--owner", options->owner, "Who patches it: a distribution or a module")
      ->required();
  explaining->add_option("--boundary", options->boundary, "How far it reaches; by default, each")
      ->check(CLI::IsMember({"own", "application", "third-party", "stdlib", "builtins"}));
  explaining->add_option("--change", options->change, "What it does, by default replaced")
      ->check(CLI::IsMember({"replaced", "added", "deleted", "code", "module"}));
  explaining->add_option("--reach", options->reach, "By default name")
      ->check(CLI::IsMember({"name", "everywhere"}));
  explaining
      ->add_option("--lifetime", options->lifetime, "By default none, as of patches of others")
      ->check(CLI::IsMember({"scope", "ttl", "process", "none"}));
  explaining->add_option("--origin", options->origin, "By default foreign")
      ->check(CLI::IsMember({"governed", "foreign"}));
  explaining->add_option("--phase", options->phase, "By default what OVERT_PHASE says")
      ->check(CLI::IsMember({"production", "test"}));
  add_file(*explaining, *options);
  explaining->add_flag("--json", options->json, "As overt.policy/1");
  explaining->callback([&status, options] { status = explain(*options); });
}

}  // namespace overt::cli
