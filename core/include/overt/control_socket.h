// Control sockets in the runtime directory: <pid>.sock, made, checked, found and cleaned up.
//
// A socket is bound under a temporary name, made 0600, set to listen and then renamed: whoever sees
// its name can connect, so a name on which nobody answers is stale. Paths longer than an address
// holds go through /proc/self/fd. THREADS: pure functions on the file system.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "overt/result.h"

namespace overt {

struct Listening {
  int fd = -1;  // non-blocking, not inherited
  std::string path;
  dev_t device = 0;  // of the name in the directory, so that nobody else's is ever removed
  ino_t inode = 0;
};

// Opens the socket of process `pid`. Takes the place of a stale one.
result<Listening> open_control_socket(const std::string& directory, int pid);

// Whether the name still stands for this socket; and removes it if so.
bool is_in_place(const Listening& socket);
void unlink_control_socket(const Listening& socket);

struct Connected {
  int fd = -1;  // blocking, not inherited
  int pid = 0;  // of whoever listens
};

// Connects to <directory>/<name>. Errors: not_found for a name that is not there or on which nobody
// answers (stale), io for one that may not be used, also when another user's process answers.
result<Connected> connect_control_socket(const std::string& directory, const std::string& name);

// The names of the sockets that are there, by number. Removes those of dead processes and temporary
// names that were left behind; others may be at work in the same directory.
std::vector<std::string> control_sockets(const std::string& directory);

// 71 of "71.sock", 0 of anything else.
int pid_of_socket(const std::string& name);

}  // namespace overt
