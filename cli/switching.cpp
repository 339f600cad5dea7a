#include "switching.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cmath>
#include <iostream>
#include <map>
#include <optional>
#include <thread>

#include "overt/json_text.h"
#include "overt/patch_name.h"
#include "overt/switchboard.h"
#include "overt/text.h"
#include "table.h"
#include "words.h"

namespace overt::cli {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kPartly = 5;
constexpr auto kBetweenLooks = std::chrono::milliseconds(5);

// One process and its answer so far.
struct Party {
  Client client;
  result<Json> answer;
};

std::size_t count(const Json& answer, const std::string& what) {
  return answer["counts"].value(what, std::size_t{0});
}

Json params_of(const Switching& options, const Json& selectors) {
  Json params = {{"on", selectors}, {"reason", options.reason}};
  if (options.dry_run) params["dry_run"] = true;
  if (options.selection.all && options.verb == "off") params["future"] = true;
  if (options.including_protected) params["including_protected"] = true;
  if (options.override_minutes > 0) params["override_seconds"] = options.override_minutes * 60;
  return params;
}

// To all of them first, then to hear what they say: one that hangs delays nobody else.
void ask_all(std::vector<Party>& parties, const std::string& verb, const Json& params) {
  for (auto& party : parties) {
    const auto sent = party.client.send(verb, params);
    party.answer = sent ? result<Json>(Json()) : tl::unexpected(sent.error());
  }
  for (auto& party : parties) {
    if (party.answer) party.answer = party.client.receive();
  }
}

bool is_missing(const Party& party) {
  return !party.answer && party.answer.error().code == Code::not_found;
}

// Where one process of a service has such a patch, it may come in the others: they are told too.
void tell_the_rest(std::vector<Party>& parties, Json params) {
  const bool somewhere = std::any_of(parties.begin(), parties.end(),
                                     [](const auto& party) { return party.answer.has_value(); });
  if (!somewhere) return;
  params["future"] = true;
  for (auto& party : parties) {
    if (is_missing(party)) party.answer = party.client.call("off", params);
  }
}

// Patches that are on their way to what was asked, and not there yet.
std::size_t on_the_way(const Json& answer, const Switching& options) {
  auto waiting = count(answer, "queued");
  if (options.verb == "on" || options.wait == "accepted") return waiting;
  waiting += count(answer, "accepted");
  return options.wait == "removed" ? waiting + count(answer, "drained") : waiting;
}

void wait_for_level(std::vector<Party>& parties, const Switching& options, Json params) {
  params["dry_run"] = true;
  const auto end = Clock::now() + std::chrono::duration<double>(options.timeout);
  for (auto& party : parties) {
    while (party.answer && on_the_way(*party.answer, options) > 0 && Clock::now() < end) {
      std::this_thread::sleep_for(kBetweenLooks);
      auto looked = party.client.call(options.verb, params);
      if (!looked) {
        party.answer = std::move(looked);
        break;
      }
      // What the command changed is in its own answer.
      const auto changed = (*party.answer)["counts"]["changed"];
      party.answer = std::move(looked);
      (*party.answer)["counts"]["changed"] = changed;
    }
  }
}

std::string levels(const Json& answer) {
  std::string text;
  for (const char* level : {"queued", "accepted", "drained", "removed"}) {
    const auto number = count(answer, level);
    if (number == 0) continue;
    text += (text.empty() ? "" : ", ") + std::to_string(number) + " " + level;
  }
  return text;
}

// "overt on --owner sentry-sdk", of a vote that control itself made.
std::string command_against(const Json& vote) {
  const auto source = vote.value("source", "");
  if (source == "control") {
    const auto scope = vote.value("scope", "");
    if (scope == "process") return "; overt on --all withdraws that";
    if (scope == "patch") return "; overt on " + selector_words(vote) + " withdraws that";
    return "; overt on --" + scope + " '" + vote.value(scope, "") + "' withdraws that";
  }
  if (source == "file" || source == "env" || source == "policy") return "";
  return "; --override MINUTES with --reason overrides that for a time";
}

// Why a patch is not where it was asked to be; "" when it is.
std::string obstacle(const Json& patch, const Switching& options) {
  const bool off = options.verb == "off";
  const auto wanted = patch.value("wanted", "");
  if (off && wanted == "on") {
    return patch.value("fail", "") == "patched"
               ? "stays on: it is protected (fail=patched); --including-protected with --reason "
                 "switches it off too"
               : "stays on: its votes were overridden";
  }
  if (!off && wanted == "off" && patch.value("state", "") == "off") {
    const auto votes = patch.value("votes", Json::array());
    if (votes.empty()) return "stays off";
    return "stays off: " + vote_words(votes.front()) + command_against(votes.front());
  }
  if (patch.value("level", "") == "refused" && patch.value("state", "") != options.verb) {
    return (off ? "stays on: " : "stays off: ") + patch.value("why", "");
  }
  if (patch.value("level", "") == "queued") {
    return "is switched when the interpreter comes to a safe point, which it has not yet";
  }
  return {};
}

// Prints what is in the way, the same of many patches once. Returns whether there was anything.
bool print_obstacles(const Json& answer, const Switching& options) {
  constexpr std::size_t kNamed = 5;
  std::map<std::string, std::vector<std::string>> obstacles;
  for (const auto& patch : answer["patches"]) {
    const auto why = obstacle(patch, options);
    if (why.empty()) continue;
    obstacles[why].push_back(patch_name(patch.value("id", 0)) + " " + patch.value("target", ""));
  }
  for (const auto& [why, patches] : obstacles) {
    for (std::size_t i = 0; i < std::min(kNamed, patches.size()); ++i) {
      std::cout << "  " << printable(patches[i]) << '\n';
    }
    if (patches.size() > kNamed) std::cout << "  and " << patches.size() - kNamed << " more\n";
    std::cout << "    " << printable(why, 1000) << '\n';
  }
  return !obstacles.empty();
}

int print(const std::vector<Party>& parties, const Switching& options) {
  std::size_t done = 0;
  std::size_t matched = 0;
  bool partly = false;
  for (const auto& [client, answer] : parties) {
    if (!answer) {
      complain(answer.error());
      partly = true;
      continue;
    }
    const auto all = count(*answer, "matched");
    const auto now_off = count(*answer, "off");
    const auto reached = options.verb == "off" ? now_off : all - now_off;
    done += reached;
    matched += all;
    const auto how = options.verb == "off" ? levels(*answer) : std::string();
    std::cout << printable(client.name()) << ": " << reached << " of " << counted(all, "patch")
              << ' ' << options.verb << (how.empty() ? "" : " (" + how + ")") << '\n';
    if (print_obstacles(*answer, options)) partly = true;
    if (on_the_way(*answer, options) > 0) partly = true;
  }
  if (parties.size() > 1) {
    std::cout << "together: " << done << " of " << counted(matched, "patch") << ' ' << options.verb
              << " in " << counted(parties.size(), "process") << '\n';
  }
  return partly ? kPartly : 0;
}

// What a dry run tells beside where each patch stands. Calls are counted over a second; who holds
// old copies is found out by Python meanwhile, if it comes to a safe point.
struct Foresight {
  std::map<std::pair<int, int>, std::uint64_t> calls;  // by pid and id, at the beginning
  double seconds = 0;

  std::optional<long long> calls_per_second(int pid, const Json& patch) const {
    const auto at = calls.find({pid, patch.value("id", 0)});
    if (at == calls.end() || !patch["calls"].is_number() || seconds <= 0) return std::nullopt;
    const auto now = patch["calls"].get<std::uint64_t>();
    return std::llround(static_cast<double>(now - std::min(now, at->second)) / seconds);
  }
};

bool is_reach_known(const std::vector<Party>& parties) {
  return std::all_of(parties.begin(), parties.end(), [](const auto& party) {
    if (!party.answer) return true;
    const auto& patches = (*party.answer)["patches"];
    return std::all_of(patches.begin(), patches.end(), [](const auto& patch) {
      return !patch.contains("reach") || !patch["reach"].is_null();
    });
  });
}

Foresight look_ahead(std::vector<Party>& parties, const Switching& options, Json params) {
  Foresight seen;
  params["future"] = true;  // a process of the service that has no such patch is no error
  for (const auto& [client, answer] : parties) {
    if (!answer) continue;
    for (const auto& patch : (*answer)["patches"]) {
      if (!patch["calls"].is_number()) continue;
      seen.calls[{client.pid(), patch.value("id", 0)}] = patch["calls"].get<std::uint64_t>();
    }
  }
  const auto start = Clock::now();
  const auto end = start + std::chrono::seconds(1);
  while (Clock::now() < end && (!seen.calls.empty() || !is_reach_known(parties))) {
    std::this_thread::sleep_for(seen.calls.empty() ? kBetweenLooks * 4 : end - start);
    ask_all(parties, options.verb, params);
  }
  seen.seconds = std::chrono::duration<double>(Clock::now() - start).count();
  return seen;
}

std::string would(const Json& patch, const Switching& options) {
  if (options.verb == "off" && patch.value("fail", "") == "patched" &&
      !options.including_protected) {
    return "stay on: protected";
  }
  const auto why = patch.value("why", "");
  return why.empty() ? "go " + options.verb : "stay: " + why;
}

// Modules that took what was replaced before the patch was made: they run it whatever is switched.
std::string stale_words(const Json& patch) {
  const auto reach = patch.find("reach");
  if (reach == patch.end() || reach->is_null()) return "?";
  std::string names;
  for (const auto& name : (*reach)["stale"]) {
    names += (names.empty() ? "" : ", ") + name.get<std::string>();
  }
  return names.empty() ? "-" : names;
}

int print_dry_run(std::vector<Party>& parties, const Switching& options, const Json& params) {
  const auto seen = look_ahead(parties, options, params);
  Table table({"pid", "id", "target", "owner", "state", "calls/s", "inside", "would", "stale in"},
              wants_colour());
  for (const auto& [client, answer] : parties) {
    if (!answer) {
      complain(answer.error());
      continue;
    }
    for (const auto& patch : (*answer)["patches"]) {
      const auto rate = seen.calls_per_second(client.pid(), patch);
      table.row({std::to_string(client.pid()), patch_name(patch.value("id", 0)),
                 patch.value("target", ""), patch.value("owner", ""), patch.value("state", ""),
                 rate ? std::to_string(*rate) : "-", number_words(patch["inside"]),
                 would(patch, options), stale_words(patch)});
    }
    const auto shown = (*answer)["patches"].size();
    if (const auto all = count(*answer, "matched"); all > shown) {
      table.heading("and " + std::to_string(all - shown) + " more in pid " +
                    std::to_string(client.pid()) + ": name an owner or a target");
    }
  }
  std::cout << table.text();
  if (!is_reach_known(parties)) {
    std::cout << "stale in ?: Python has not come to a safe point, so nobody knows who holds old "
                 "copies\n";
  }
  std::cout << "nothing was changed: --dry-run\n";
  return 0;
}

int print_json(std::vector<Party>& parties, const Switching& options, const Json& params) {
  const auto seen = options.dry_run ? look_ahead(parties, options, params) : Foresight();
  Json out = {{"schema", "overt.switch/1"}, {"verb", options.verb}, {"processes", Json::array()}};
  bool partly = false;
  for (const auto& [client, answer] : parties) {
    Json process = {{"pid", client.pid()}, {"service", client.service()}};
    if (answer) {
      process.update(*answer);
      for (auto& patch : process["patches"]) {
        if (!options.dry_run) break;
        const auto rate = seen.calls_per_second(client.pid(), patch);
        patch["calls_per_second"] = rate ? Json(*rate) : Json();
      }
      partly = partly || on_the_way(*answer, options) > 0;
      for (const auto& patch : (*answer)["patches"]) {
        partly = partly || !obstacle(patch, options).empty();
      }
    } else {
      process["error"] = answer.error().what;
      partly = true;
    }
    out["processes"].push_back(std::move(process));
  }
  std::cout << indented_json(out);
  return partly && !options.dry_run ? kPartly : 0;
}

}  // namespace

void add_switching(CLI::App& verb, Switching& options) {
  add_selection(verb, options.selection, true);
  verb.add_option("--reason", options.reason, "Why, for the journal and for whoever asks later");
  verb.add_option(
          "--wait", options.wait,
          "Until every patch is accepted (every new call sees it; the default), drained (no "
          "call is inside) or removed (the target is the original object)")
      ->check(CLI::IsMember({"accepted", "drained", "removed"}));
  verb.add_option("--timeout", options.timeout, "Seconds to wait for that, 2 by default")
      ->check(CLI::Range(0.0, 3600.0));
  verb.add_flag("--dry-run", options.dry_run,
                "Show patches, their calls a second and what would happen; change nothing");
  verb.add_flag("--json", options.json, "As overt.switch/1");
}

int switch_patches(const Switching& options) {
  const auto named = split_words(options.selection.words);
  if (!named) return complain(named.error());
  auto clients = find_processes(named->process);
  if (!clients) return complain(clients.error());
  const auto selectors = selectors_of(options.selection, named->patches, *clients);
  if (!selectors) return complain(selectors.error());
  const auto params = params_of(options, *selectors);
  std::vector<Party> parties;
  for (auto& client : *clients) parties.push_back({std::move(client), Json()});
  ask_all(parties, options.verb, params);
  if (options.verb == "off") tell_the_rest(parties, params);
  const bool nowhere = std::none_of(parties.begin(), parties.end(),
                                    [](const auto& party) { return party.answer.has_value(); });
  if (nowhere) return complain(parties.front().answer.error());
  if (options.verb == "on") {
    const bool matched = std::any_of(parties.begin(), parties.end(), [](const auto& party) {
      return party.answer && count(*party.answer, "matched") > 0;
    });
    if (!matched && !options.selection.all) {
      return complain({Code::not_found, "no patch of these processes is meant by this", "on"});
    }
  }
  if (!options.dry_run) wait_for_level(parties, options, params);
  if (options.json) return print_json(parties, options, params);
  if (options.dry_run) return print_dry_run(parties, options, params);
  return print(parties, options);
}

}  // namespace overt::cli
