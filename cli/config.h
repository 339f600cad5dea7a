// Which overt.toml a command is about.
#pragma once

#include <string>

#include "overt/result.h"

namespace overt::cli {

// The file that was named, else the one that OVERT_CONFIG names, else ./overt.toml: absolute. ""
// for no name and no file there. Errors: not_found, for a file that was named.
result<std::string> config_file(std::string named);

// All of a file, at most as much as overt reads of one.
result<std::string> config_text(const std::string& path);

}  // namespace overt::cli
