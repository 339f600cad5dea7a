// The reports of processes that run, read through their control sockets.
#pragma once

#include <string>

#include "evidence.h"

namespace overt::cli {

// Of the processes that `word` names, as find_processes() takes it. One that ends or hangs up
// meanwhile is told on standard error, and makes the evidence partial. An error where none is left.
result<Evidence> read_living(const std::string& word);

// Before that, each of their patches is taken off and put on again, where that can be done: what
// came of it is the `proof` of the patch.
result<Evidence> prove_living(const std::string& word, const std::string& reason);

}  // namespace overt::cli
