// Which processes a command is about.
#pragma once

#include <string>
#include <vector>

#include "client.h"

namespace overt::cli {

// All that answer, by pid; stale sockets are removed on the way. `unanswered` gets one line for
// each that is there and does not answer.
std::vector<Client> all_processes(std::vector<Error>& unanswered);

// Those that `word` names: a pid, or a service, that is all processes of that name. "" stands for
// the one service that there is. Errors: not_found, usage (there are several), io (another user's).
result<std::vector<Client>> find_processes(const std::string& word);

// Its patches, all pages. An error where it ends meanwhile or does not answer; `to` has what was
// read until then.
result<void> read_patches(Client& client, std::vector<Json>& to);

// "p12": 12; 0 for what is no patch.
int patch_id(const std::string& word);

// Splits "PROCESS p12 p13", either of which may be missing, into both.
struct Named {
  std::string process;
  std::vector<int> patches;
};
result<Named> split_words(const std::vector<std::string>& words);

int complain(const Error& error);  // on standard error; returns the exit status

}  // namespace overt::cli
