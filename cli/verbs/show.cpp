// overt show: all that is known of one patch.

#include <CLI/CLI.hpp>
#include <cmath>
#include <iomanip>
#include <iostream>
#include <memory>
#include <sstream>

#include "../processes.h"
#include "../verbs.h"
#include "../words.h"
#include "overt/duration.h"
#include "overt/json_text.h"
#include "overt/meter.h"
#include "overt/patch_name.h"
#include "overt/text.h"

namespace overt::cli {
namespace {

struct Options {
  std::vector<std::string> words;
  bool json = false;
};

void field(const std::string& name, const std::string& text) {
  std::cout << "  " << name << std::string(name.size() < 10 ? 10 - name.size() : 1, ' ')
            << printable(text) << '\n';
}

std::string value_words(const Json& value) {
  if (!value.contains("type")) return "nothing";
  auto text = value.value("type", "");
  for (const char* part : {"module", "qualname"}) {
    const auto at = value.find(part);
    if (at == value.end() || !at->is_string()) continue;
    text += (std::string(part) == "module" ? " " : ":") + at->get<std::string>();
  }
  return text;
}

std::string calls_words(const Json& patch) {
  if (!patch.value("metered", false)) return "not counted";
  return number_words(patch["calls"]) + ", " + number_words(patch["errors"]) + " raised, " +
         number_words(patch["inside"]) + " inside now";
}

std::string timing_words(const Json& timing) {
  const auto part = [&](const char* name) { return duration_words(timing.value(name, 0.0)); };
  return part("mean") + " a call, p50 " + part("p50") + ", p99 " + part("p99") + ", longest " +
         part("max") + ", in all " + part("total");
}

std::string percent(double part) {
  std::ostringstream text;
  text << std::setprecision(part < 0.0995 ? 2 : 6)
       << (part < 0.0995 ? part * 100 : std::round(part * 100));
  return text.str() + " %";
}

void print_cost(const Json& patch) {
  const auto own = patch.value("own_ns", Json::object());
  const auto sampled = own.value("sampled", std::uint64_t{0});
  if (sampled == 0) return;
  const bool at_most = own.value("at_most", false);
  const auto original = patch.value("original_ns", Json::object());
  const auto total = own.value("total", 0.0);
  const auto whole = total + original.value("total", 0.0);
  auto share = percent(own.value("share_of_wall", 0.0)) + " of the wall time";
  if (!at_most && whole > 0) share += ", " + percent(total / whole) + " of the time of its calls";
  const auto bound = bound_words(at_most, own.value("at_least", false));
  field("own time", std::string(bound) + timing_words(own) + ", " + share);
  if (!at_most) field("original", timing_words(original));
  field("", "from " + std::to_string(sampled) + " timed calls, each within " +
                duration_words(own.value("uncertainty", 0.0)));
}

void print(const Client& client, const Json& patch) {
  const auto id = patch_name(patch.value("id", 0));
  std::cout << id << "  " << printable(patch.value("target", "")) << '\n';
  field("process", client.name());
  field("owner", owner_heading(patch));
  field("change", patch.value("change", "") + ", " + patch.value("origin", "") + ", boundary " +
                      patch.value("boundary", ""));
  field("made at", place(patch["site"]) + ", " + clock_words(patch.value("at", 0.0), true));
  field("old", value_words(patch["old"]));
  field("new", value_words(patch["new"]));
  field("state", state_words(patch));
  if (const auto why = patch.value("why", ""); !why.empty()) field("", why);
  for (const auto& vote : patch.value("votes", Json::array())) {
    field("vote", vote_words(vote) + ", " + vote.value("actor", "") + ", " +
                      clock_words(vote.value("at", 0.0), true));
  }
  for (const auto& vote : patch.value("lifted", Json::array())) {
    field("lifted", vote_words(vote));
  }
  field("calls", calls_words(patch));
  print_cost(patch);
  std::string layers;
  for (const auto& layer : patch["layers"]) {
    layers += (layers.empty() ? "p" : ", then p") + std::to_string(layer.value("id", 0)) + " " +
              layer.value("owner", "");
  }
  if (patch["layers"].size() > 1) field("layers", layers);
  const bool off = patch.value("state", "") == "off";
  field("switch",
        std::string("overt ") + (off ? "on " : "off ") + std::to_string(client.pid()) + " " + id);
  std::cout << "  stack, innermost first\n";
  for (const auto& site : patch.value("stack", Json::array())) {
    std::cout << "    " << printable(place(site)) << "  " << printable(site.value("function", ""))
              << '\n';
  }
}

int show(const Options& options) {
  const auto named = split_words(options.words);
  if (!named) return complain(named.error());
  if (named->patches.size() != 1) {
    return complain({Code::usage, "which patch? as in `overt show 4711 p12`", "show"});
  }
  auto clients = find_processes(named->process);
  if (!clients) return complain(clients.error());
  // In a service the first process that has it: ids of workers differ from those of their master.
  Error missing;
  for (auto& client : *clients) {
    auto patch = client.call("show", {{"patch", named->patches.front()}});
    if (!patch) {
      missing = patch.error();
      continue;
    }
    if (options.json) {
      Json out = {{"schema", "overt.show/1"}, {"pid", client.pid()}};
      out.update(*patch);
      std::cout << indented_json(out);
    } else {
      print(client, *patch);
    }
    return 0;
  }
  return complain(missing);
}

}  // namespace

void add_show(CLI::App& app, int& status) {
  auto options = std::make_shared<Options>();
  auto* verb = app.add_subcommand("show", "Show all that is known of one patch.");
  verb->add_option("PROCESS", options->words, "A pid or the name of a service, then a patch: p12");
  verb->add_flag("--json", options->json, "As overt.show/1");
  verb->callback([&status, options] { status = show(*options); });
}

}  // namespace overt::cli
