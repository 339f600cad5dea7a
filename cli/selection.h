// What a command is about: options that select patches, and what the protocol calls them.
#pragma once

#include <CLI/App.hpp>
#include <string>
#include <vector>

#include "client.h"
#include "processes.h"

namespace overt::cli {

struct Selection {
  std::vector<std::string> words;  // PROCESS and patches
  std::vector<std::string> owners;
  std::vector<std::string> targets;
  std::vector<std::string> boundaries;
  bool all = false;

  bool narrows() const { return !owners.empty() || !targets.empty() || !boundaries.empty(); }
  // Whether a patch, as `list` gives it, is selected; all are where nothing narrows.
  bool takes(const Json& patch) const;
  bool takes_owner(const Json& owner) const;
};

// Adds --owner, --target and --boundary, and --all where something must be selected.
void add_selection(CLI::App& verb, Selection& selection, bool must_select);

// As the protocol takes it. Ids of patches differ from process to process: with several of them a
// patch of the first one that has it stands for the same target and owner in the others.
result<Json> selectors_of(const Selection& selection, const std::vector<int>& patches,
                          std::vector<Client>& clients);

}  // namespace overt::cli
