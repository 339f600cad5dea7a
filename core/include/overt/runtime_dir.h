// Where the processes of one user find each other: control sockets, and private directories of
// runs.
//
// The first of $OVERT_RUNTIME_DIR, $RUNTIME_DIRECTORY and $XDG_RUNTIME_DIR that can be written,
// with
// "/overt" below it, else a directory of the user's own in the temporary directory. It is mode 0700
// and ours, or it is not used: others could otherwise put a socket of theirs in the place of one of
// ours. A program with set-user-id rights does not listen to its environment.
// THREADS: pure functions on the file system.
#pragma once

#include <string>

#include "overt/result.h"

namespace overt {

// Its path, whether it is there or not.
std::string runtime_directory_path();

// Made if need be, and checked. Errors: io, with what to do.
result<std::string> runtime_directory();

// Whether a directory that exists is a directory of ours alone.
result<void> check_private(const std::string& path);

}  // namespace overt
