// overt journal: what happened to the patches of a process: of a living one, or from its file.

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <fstream>
#include <iostream>
#include <memory>
#include <thread>

#include "../processes.h"
#include "../verbs.h"
#include "../words.h"
#include "overt/history.h"
#include "overt/json_text.h"
#include "overt/text.h"

namespace overt::cli {
namespace {

struct Options {
  std::string process;
  bool json = false;
  bool follow = false;
};

struct Told {
  int pid = 0;
  Json event;
  double at() const { return event.value("at", 0.0); }
};

void print(std::vector<Told>& events, bool json) {
  std::stable_sort(events.begin(), events.end(),
                   [](const auto& a, const auto& b) { return a.at() < b.at(); });
  for (const auto& [pid, event] : events) {
    if (json) {
      Json line = {{"schema", "overt.event/1"}, {"pid", pid}};
      line.update(event);
      std::cout << compact_json(line) << '\n';
      continue;
    }
    const auto at = event.value("at", 0.0);
    const auto kind = event.value("kind", "");
    std::cout << (at > 0 ? clock_words(at, true) : std::string("-")) << "  " << pid << "  " << kind
              << "  " << printable(event_words({0, at, kind, compact_json(event["what"])}), 4000)
              << '\n';
  }
  events.clear();
  std::cout.flush();
}

// The lines of a journal's file as the same events. What is no line of ours ends it.
int print_file(const Options& options) {
  std::ifstream stream(options.process);
  std::vector<Told> events;
  int pid = 0;
  std::uint64_t sequence = 0;
  for (std::string text; std::getline(stream, text);) {
    const auto line = Json::parse(text, nullptr, false);
    if (!line.is_object()) break;
    if (line.contains("overt.journal")) {
      pid = line.value("pid", 0);
      continue;
    }
    Json event = {{"sequence", ++sequence}};
    for (const char* kind : {"patch", "revert", "again", "switch"}) {
      const auto at = line.find(kind);
      if (at == line.end()) continue;
      Json what = at->is_object() ? *at : Json{{"id", *at}};
      event["at"] = what.value("at", line.value("at", 0.0));
      event["kind"] = kind;
      if (what.contains("owner")) what["owner"] = what["owner"].value("name", "");
      event["what"] = std::move(what);
    }
    if (event.contains("kind")) events.push_back({pid, std::move(event)});
  }
  if (pid == 0) return complain({Code::format, "this is no journal of overt", options.process});
  // What has no time of its own happened after the line before it.
  for (auto& told : events) {
    if (told.at() == 0 && &told != events.data()) told.event["at"] = (&told - 1)->event["at"];
  }
  print(events, options.json);
  return 0;
}

int journal(const Options& options) {
  if (options.process.ends_with(".journal")) {
    if (std::ifstream(options.process)) return print_file(options);
    return complain({Code::not_found, "there is no such journal", options.process});
  }
  auto clients = find_processes(options.process);
  if (!clients) return complain(clients.error());
  std::vector<std::uint64_t> seen(clients->size(), 0);
  while (true) {
    std::vector<Told> events;
    std::size_t gone = 0;
    for (std::size_t i = 0; i < clients->size(); ++i) {
      auto& client = (*clients)[i];
      for (bool more = true; more;) {
        const auto page = client.call("journal", {{"after", seen[i]}});
        if (!page) {
          ++gone;
          break;
        }
        for (const auto& event : (*page)["events"]) {
          const auto sequence = event.value("sequence", std::uint64_t{0});
          if (sequence > seen[i] + 1) {
            std::cerr << "overt: " << client.pid() << ": " << sequence - seen[i] - 1
                      << " older events are no longer in memory\n";
          }
          seen[i] = sequence;
          events.push_back({client.pid(), event});
        }
        more = !(*page)["events"].empty();
      }
    }
    print(events, options.json);
    if (!options.follow || gone == clients->size() || !std::cout) return 0;
    std::this_thread::sleep_for(std::chrono::milliseconds(250));
  }
}

}  // namespace

void add_journal(CLI::App& app, int& status) {
  auto options = std::make_shared<Options>();
  auto* verb = app.add_subcommand("journal", "Print what happened to patches.");
  verb->add_option("PROCESS", options->process, "A pid, the name of a service, or a .journal file");
  verb->add_flag("--json", options->json, "Each line as overt.event/1");
  verb->add_flag("--follow", options->follow, "Go on until the process ends");
  verb->callback([&status, options] { status = journal(*options); });
}

}  // namespace overt::cli
