// overt list: the governed processes, and the patches of one of them or of one service.

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <iostream>
#include <map>
#include <memory>
#include <thread>

#include "../processes.h"
#include "../registries.h"
#include "../screen.h"
#include "../selection.h"
#include "../table.h"
#include "../verbs.h"
#include "../words.h"
#include "overt/duration.h"
#include "overt/json_text.h"
#include "overt/meter.h"
#include "overt/patch_name.h"

namespace overt::cli {
namespace {

struct Options {
  Selection selection;
  std::string sort;
  bool json = false;
  bool watch = false;
  bool internal = false;
  bool registries = false;
};

struct Listed {
  Client client;
  std::vector<Json> patches;     // or
  std::vector<Json> registries;  // as was asked
};

// A process that ends meanwhile has what was read until then.
std::vector<Json> patches_of(Client& client, const Options& options) {
  std::vector<Json> patches;
  if (auto read = read_patches(client, patches); !read) complain(read.error());
  std::erase_if(patches, [&](const Json& patch) {
    const bool hidden = patch.value("internal", false) && !options.internal;
    return hidden || !options.selection.takes(patch);
  });
  return patches;
}

std::size_t count_off(const std::vector<Json>& patches) {
  return static_cast<std::size_t>(std::count_if(
      patches.begin(), patches.end(), [](const auto& p) { return p.value("state", "") == "off"; }));
}

std::string argv_words(const Json& hello) {
  std::string text;
  for (const auto& word : hello.value("argv", Json::array())) {
    text += (text.empty() ? "" : " ") + word.get<std::string>();
  }
  return text;
}

std::string process_table(const std::vector<Listed>& all, bool registries) {
  const std::vector<std::string> counted = registries
                                               ? std::vector<std::string>{"registries", "entries"}
                                               : std::vector<std::string>{"patches", "off"};
  Table table({"pid", "service", "python", counted[0], counted[1], "since", "command"},
              wants_colour());
  for (const auto& each : all) {
    const auto& hello = each.client.hello();
    const auto number = registries ? each.registries.size() : each.patches.size();
    const auto part = registries ? count_entries(each.registries) : count_off(each.patches);
    table.row({std::to_string(each.client.pid()), each.client.service(), hello.value("python", ""),
               std::to_string(number), std::to_string(part),
               clock_words(hello.value("started", 0.0), false), argv_words(hello)});
  }
  return table.text();
}

// Own time of a patch in several processes: the sum, and the median of the one with most of it.
struct Cost {
  double total = 0;  // ns
  double p50 = 0;
  double largest = 0;
  bool at_most = false;
  bool at_least = false;

  void add(const Json& patch) {
    const auto own = patch.value("own_ns", Json::object());
    const double time = own.value("total", 0.0);
    total += time;
    at_most = at_most || own.value("at_most", false);
    at_least = at_least || own.value("at_least", false);
    if (time <= largest) return;
    largest = time;
    p50 = own.value("p50", 0.0);
  }

  std::string words(double time) const {
    if (total == 0) return "-";
    return std::string(bound_mark(at_most, at_least)) + duration_words(time);
  }
};

// A patch as several processes have it: the same line of the same owner on the same target.
struct Row {
  Json patch;
  std::size_t processes = 0;
  std::size_t off = 0;
  std::map<std::string, std::uint64_t> numbers;
  bool metered = false;
  Cost cost;  // of its own time, in all of them
};

std::vector<Row> rows_of(const std::vector<Listed>& all) {
  std::vector<Row> rows;
  std::map<std::string, std::size_t> known;
  for (const auto& process : all) {
    for (const auto& patch : process.patches) {
      const auto key = patch.value("target", "") + "\n" + who(patch["owner"]) + "\n" +
                       place(patch["site"]) + "\n" + patch.value("change", "");
      const auto [at, fresh] = known.try_emplace(key, rows.size());
      if (fresh) rows.push_back({patch, 0, 0, {}, false, {}});
      auto& row = rows[at->second];
      ++row.processes;
      if (patch.value("state", "") == "off") ++row.off;
      row.cost.add(patch);
      for (const char* field : {"calls", "errors", "inside"}) {
        if (!patch[field].is_number() || !patch.value("metered", false)) continue;
        row.metered = true;
        row.numbers[field] += patch[field].get<std::uint64_t>();
      }
    }
  }
  return rows;
}

void sort_rows(std::vector<Row>& rows, const std::string& by) {
  const auto number = [&](const Row& row) {
    if (by == "own-time") return row.cost.total;
    return row.numbers.contains(by) ? static_cast<double>(row.numbers.at(by)) : 0.0;
  };
  std::stable_sort(rows.begin(), rows.end(), [&](const Row& a, const Row& b) {
    if (by.empty()) return owner_heading(a.patch) < owner_heading(b.patch);
    if (by == "target") return a.patch.value("target", "") < b.patch.value("target", "");
    if (by == "id") return a.patch.value("id", 0) < b.patch.value("id", 0);
    return number(a) > number(b);
  });
}

std::string state_of(const Row& row, std::size_t processes) {
  if (processes == 1) return state_words(row.patch);
  const auto state = row.off == row.processes ? "off" : row.off == 0 ? "on" : "mixed";
  return std::string(state) + ", in " + std::to_string(row.processes) + " of " +
         std::to_string(processes);
}

std::string patch_table(const std::vector<Listed>& all, const Options& options) {
  auto rows = rows_of(all);
  sort_rows(rows, options.sort);
  const bool grouped = options.sort.empty();
  const bool metered =
      std::any_of(rows.begin(), rows.end(), [](const auto& r) { return r.metered; });
  std::vector<std::string> head = {"id", "target", "change", "boundary", "state"};
  if (metered) head.insert(head.end(), {"calls", "errors", "own p50", "own total"});
  if (!grouped) head.emplace_back("owner");
  head.emplace_back("made at");
  Table table(head, wants_colour());
  std::string owner;
  for (const auto& row : rows) {
    const auto& patch = row.patch;
    if (const auto heading = owner_heading(patch); grouped && heading != owner) {
      table.heading(owner = heading);
    }
    std::vector<std::string> cells = {patch_name(patch.value("id", 0)), patch.value("target", ""),
                                      patch.value("change", ""), patch.value("boundary", ""),
                                      state_of(row, all.size())};
    if (metered) {
      for (const char* field : {"calls", "errors"}) {
        cells.push_back(row.metered && row.numbers.contains(field)
                            ? std::to_string(row.numbers.at(field))
                            : "-");
      }
      cells.insert(cells.end(), {row.cost.words(row.cost.p50), row.cost.words(row.cost.total)});
    }
    if (!grouped) cells.push_back(who(patch["owner"]));
    cells.push_back(place(patch["site"]));
    table.row(std::move(cells));
  }
  return rows.empty() ? std::string() : "\n" + table.text();
}

std::string as_json(const std::vector<Listed>& all, bool registries) {
  Json out = {{"schema", "overt.list/1"}, {"processes", Json::array()}};
  for (const auto& each : all) {
    auto process = each.client.hello();
    if (registries) {
      process["registries"] = each.registries;
    } else {
      process["patches"] = each.patches;
    }
    out["processes"].push_back(std::move(process));
  }
  return indented_json(out);
}

// Without a name all processes are shown, and the patches where they are of one service.
result<std::vector<Client>> clients_of(const std::string& word, bool& patches) {
  if (!word.empty()) return find_processes(word);
  std::vector<Error> unanswered;
  auto all = all_processes(unanswered);
  for (const auto& error : unanswered) complain(error);
  if (all.empty()) return find_processes("");
  patches = std::all_of(all.begin(), all.end(), [&](const auto& client) {
    return client.service() == all.front().service();
  });
  return all;
}

std::string as_text(const std::vector<Listed>& all, const Options& options, bool patches) {
  auto text = process_table(all, options.registries);
  if (options.registries) {
    std::vector<std::vector<Json>> registries;
    registries.reserve(all.size());
    for (const auto& each : all) registries.push_back(each.registries);
    return text + registry_table(registries);
  }
  if (patches || options.selection.narrows() || !options.sort.empty()) {
    text += patch_table(all, options);
  }
  return text;
}

int list_once(const Options& options, const std::string& word, std::string& text) {
  bool patches = true;
  auto clients = clients_of(word, patches);
  if (!clients) return complain(clients.error());
  std::vector<Listed> all;
  int status = 0;
  for (auto& client : *clients) {
    if (!options.registries) {
      auto of_this = patches_of(client, options);
      all.push_back({std::move(client), std::move(of_this), {}});
      continue;
    }
    auto registries = registries_of(client, options.selection);
    if (!registries) {
      status = complain(registries.error());
      continue;
    }
    all.push_back({std::move(client), {}, std::move(*registries)});
  }
  if (!all.empty()) {
    text = options.json ? as_json(all, options.registries) : as_text(all, options, patches);
  }
  return status;
}

int list(const Options& options) {
  const auto named = split_words(options.selection.words);
  if (!named) return complain(named.error());
  if (!named->patches.empty()) {
    return complain({Code::usage, "`overt show` prints one patch", options.selection.words.back()});
  }
  const bool terminal = ::isatty(STDOUT_FILENO) == 1;
  while (true) {
    std::string text;
    const int status = list_once(options, named->process, text);
    if (options.watch && terminal) {
      std::cout << "\x1b[H\x1b[2J";
      text = fitted_to_terminal(text);
    }
    std::cout << text << std::flush;
    if (!options.watch || status != 0 || !std::cout) return status;
    std::this_thread::sleep_for(std::chrono::seconds(2));
    if (!terminal && !options.json) std::cout << '\n';
  }
}

}  // namespace

void add_list(CLI::App& app, int& status) {
  auto options = std::make_shared<Options>();
  auto* verb = app.add_subcommand("list", "List governed processes and their patches.");
  add_selection(*verb, options->selection, false);
  verb->add_option("--sort", options->sort,
                   "By own-time, calls, errors, target or id, not by owner")
      ->check(CLI::IsMember({"own-time", "calls", "errors", "target", "id"}));
  verb->add_flag("--json", options->json, "As overt.list/1");
  verb->add_flag("--watch", options->watch, "Again every two seconds, until Ctrl-C");
  verb->add_flag("--internal", options->internal,
                 "Also show what a distribution changed in itself");
  verb->add_flag("--registries", options->registries,
                 "Registries and their entries, not patches; goes with --owner")
      ->excludes("--sort", "--internal", "--target", "--boundary");
  verb->callback([&status, options] { status = list(*options); });
}

}  // namespace overt::cli
