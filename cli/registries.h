// What `overt list --registries` shows: the registries of processes, and who put what into them.
#pragma once

#include <string>
#include <vector>

#include "selection.h"

namespace overt::cli {

// All registries of a process, by name, with the entries that are selected. Errors: format, of a
// process whose overt does not tell of them.
result<std::vector<Json>> registries_of(Client& client, const Selection& selection);

// One heading a registry, one line an entry. What several processes have alike stands there once.
std::string registry_table(const std::vector<std::vector<Json>>& processes);

std::size_t count_entries(const std::vector<Json>& registries);

}  // namespace overt::cli
