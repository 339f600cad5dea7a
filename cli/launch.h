// What `overt run` has to know about a command before it becomes that command.
#pragma once

#include <string>
#include <vector>

#include "overt/result.h"

namespace overt::cli {

using Words = std::vector<std::string>;

// The file that a command's first word stands for, found as a shell would. Absolute, or relative as
// given.
result<std::string> find_program(const std::string& word);

// Refuses a command whose Python could not be governed: an interpreter without overt, one of
// another kind or an unsupported version, or one that is told to ignore its environment or its site
// directories. A program that is no Python is fine: the Pythons that it starts are governed.
result<void> check_program(const std::string& path, const Words& words);

// Replaces this process. Returns only when that failed.
Error become(const std::string& path, const Words& words);

// The file of this command itself.
std::string own_path();

}  // namespace overt::cli
