// overt on: withdraws what control voted; says which votes of others still hold.

#include <CLI/CLI.hpp>
#include <memory>

#include "../switching.h"
#include "../verbs.h"

namespace overt::cli {

void add_on(CLI::App& app, int& status) {
  auto options = std::make_shared<Switching>();
  options->verb = "on";
  auto* verb = app.add_subcommand("on", "Switch patches on again.");
  add_switching(*verb, *options);
  verb->add_option("--override", options->override_minutes,
                   "For so many minutes, at most 60, also against votes of the program itself and "
                   "of budgets; needs --reason. Votes of policy, environment and file stay")
      ->check(CLI::Range(0.01, 60.0));
  verb->callback([&status, options] { status = switch_patches(*options); });
}

}  // namespace overt::cli
