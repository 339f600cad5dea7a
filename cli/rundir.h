// Where a run keeps its journals while it lasts.
#pragma once

#include <string>

#include "overt/result.h"

namespace overt::cli {

// The path of a new private directory for a run whose root is process `pid`: below
// $OVERT_RUNTIME_DIR, $RUNTIME_DIRECTORY or $XDG_RUNTIME_DIR, else below a directory of the user's
// own in the temporary directory. Removes those of earlier runs that nobody removed.
result<std::string> make_run_directory(int pid);

// Creates a directory that a report goes to, with its parents. `path` becomes absolute.
result<std::string> make_report_directory(const std::string& path);

// Says no when a report could not be written to this file later. Returns the absolute path.
result<std::string> check_report_file(const std::string& path);

}  // namespace overt::cli
