// Writing to a descriptor that belongs to the program as much as to us.
// THREADS: pure functions on the descriptor given.
#pragma once

#include <sys/types.h>

#include <string_view>

namespace overt {

// write(2), again after EINTR. A reader that is gone or a file that may not grow is an error
// (EPIPE, EFBIG) and never a signal, whatever the program does with SIGPIPE and SIGXFSZ.
ssize_t write_some(int fd, std::string_view text);

// All of it, waiting where the program has made the descriptor non-blocking. False: see errno.
bool write_all(int fd, std::string_view text);

}  // namespace overt
