// overt off: a vote of control that patches be off, in every process that is meant.

#include <CLI/CLI.hpp>
#include <memory>

#include "../switching.h"
#include "../verbs.h"

namespace overt::cli {

void add_off(CLI::App& app, int& status) {
  auto options = std::make_shared<Switching>();
  options->verb = "off";
  auto* verb = app.add_subcommand("off", "Switch patches off in running processes.");
  add_switching(*verb, *options);
  verb->add_flag("--including-protected", options->including_protected,
                 "Also patches with fail=patched, such as security fixes; needs --reason");
  verb->callback([&status, options] { status = switch_patches(*options); });
}

}  // namespace overt::cli
