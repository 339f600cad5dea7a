#include "processes.h"

#include <signal.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <fstream>
#include <iostream>
#include <iterator>
#include <optional>
#include <set>

#include "overt/control_socket.h"
#include "overt/run.h"
#include "overt/runtime_dir.h"
#include "overt/text.h"

namespace overt::cli {
namespace {

std::optional<int> number(std::string_view text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value <= 0) return std::nullopt;
  return value;
}

// A process may have been started with another runtime directory: its environment says which.
std::string runtime_of(int pid) {
  std::ifstream stream("/proc/" + std::to_string(pid) + "/environ", std::ios::binary);
  const std::string start = std::string(kRunVariable) + "=";
  for (std::string entry; std::getline(stream, entry, '\0');) {
    if (!entry.starts_with(start)) continue;
    const auto settings = RunSettings::decode(std::string_view(entry).substr(start.size()));
    if (settings) return settings->runtime;
  }
  return {};
}

result<Client> with_pid(int pid) {
  const auto name = std::to_string(pid) + ".sock";
  const auto directory = runtime_directory_path();
  auto client = Client::connect(directory, name);
  if (client || client.error().code != Code::not_found) return client;
  const auto subject = std::to_string(pid);
  if (::kill(pid, 0) != 0 && errno == ESRCH) {
    static_cast<void>(control_sockets(directory));  // removes what it left behind
    return fail(Code::not_found, "there is no such process", subject);
  }
  if (const auto other = runtime_of(pid); !other.empty() && other != directory) {
    if (auto found = Client::connect(other, name)) return found;
  }
  struct stat info{};
  const bool known = ::stat(("/proc/" + subject).c_str(), &info) == 0;
  if (known && info.st_uid != ::geteuid() && ::geteuid() != 0) {
    return fail(Code::io,
                "this process belongs to another user, uid " + std::to_string(info.st_uid),
                subject);
  }
  return fail(Code::not_found,
              "this process cannot be reached: it was not started with `overt run`, or with "
              "--no-control; in Python, overt.serve() opens the way",
              subject);
}

std::string named(const Client& client) {
  return printable(client.service()) + " (pid " + std::to_string(client.pid()) + ")";
}

// The processes of one run, or one that serves by itself.
std::string group_of(const Client& client) {
  return client.run().empty() ? "pid " + std::to_string(client.pid()) : client.run();
}

}  // namespace

int complain(const Error& error) {
  std::cerr << "overt: ";
  if (!error.subject.empty()) std::cerr << printable(error.subject) << ": ";
  std::cerr << printable(error.what, 4000) << '\n';
  return exit_status(error.code);
}

std::vector<Client> all_processes(std::vector<Error>& unanswered) {
  std::vector<Client> clients;
  const auto directory = runtime_directory_path();
  if (!check_private(directory)) return clients;  // nobody has made it yet, or it is not ours
  for (const auto& name : control_sockets(directory)) {
    auto client = Client::connect(directory, name);
    if (client) {
      clients.push_back(std::move(*client));
    } else if (client.error().code != Code::not_found) {  // else it has just ended
      unanswered.push_back(client.error());
    }
  }
  return clients;
}

result<std::vector<Client>> find_processes(const std::string& word) {
  std::vector<Client> found;
  if (const auto pid = number(word)) {
    auto client = with_pid(*pid);
    if (!client) return tl::unexpected(client.error());
    found.push_back(std::move(*client));
    return found;
  }
  std::vector<Error> unanswered;
  auto all = all_processes(unanswered);
  for (const auto& error : unanswered) complain(error);
  if (all.empty()) {
    return fail(Code::not_found, "no process is governed; start one with `overt run -- CMD`", word);
  }
  std::set<std::string> groups;
  std::set<std::string> services;
  std::string names;
  for (auto& client : all) {
    if (!word.empty() && client.service() != word) {
      if (services.insert(client.service()).second) {
        names += (names.empty() ? "" : ", ") + named(client);
      }
      continue;
    }
    if (groups.insert(group_of(client)).second && word.empty()) {
      names += (names.empty() ? "" : ", ") + named(client);
    }
    found.push_back(std::move(client));
  }
  if (found.empty()) {
    return fail(Code::not_found, "no governed process has this name; there is " + names, word);
  }
  if (word.empty() && groups.size() > 1) {
    return fail(Code::usage, "which one? there is " + names, "several processes are governed");
  }
  return found;
}

result<void> read_patches(Client& client, std::vector<Json>& to) {
  for (int after = 0;;) {
    auto page = client.call("list", {{"after", after}});
    if (!page) return tl::unexpected(page.error());
    for (auto& patch : (*page)["patches"]) {
      after = patch.value("id", 0);
      to.push_back(std::move(patch));
    }
    if (!page->value("more", false)) return {};
  }
}

int patch_id(const std::string& word) {
  if (word.size() < 2 || word.front() != 'p') return 0;
  return number(std::string_view(word).substr(1)).value_or(0);
}

result<Named> split_words(const std::vector<std::string>& words) {
  Named named;
  for (const auto& word : words) {
    if (const int id = patch_id(word)) {
      named.patches.push_back(id);
    } else if (named.process.empty() && named.patches.empty() && !word.empty()) {
      named.process = word;
    } else {
      return fail(Code::usage, "this is no patch; patches are called p1, p2, ...", word);
    }
  }
  return named;
}

}  // namespace overt::cli
