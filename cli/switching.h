// What `overt off` and `overt on` have in common: a command to all processes, and what came of it.
#pragma once

#include <string>

#include "selection.h"

namespace overt::cli {

struct Switching {
  std::string verb;  // "off" or "on"
  Selection selection;
  std::string reason;
  std::string wait = "accepted";
  double timeout = 2;
  double override_minutes = 0;       // on
  bool including_protected = false;  // off
  bool dry_run = false;
  bool json = false;
};

void add_switching(CLI::App& verb, Switching& options);

// Returns the exit status: 0, or 5 where a patch did not come to what was asked.
int switch_patches(const Switching& options);

}  // namespace overt::cli
