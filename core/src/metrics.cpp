#include "overt/metrics.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <map>
#include <nlohmann/json.hpp>
#include <utility>

#include "overt/json_text.h"

namespace overt {
namespace {

using json = nlohmann::ordered_json;

// A time series each: the most expensive patches have their own, the rest share one.
constexpr std::size_t kMostPatches = 200;

using Labels = std::vector<std::pair<std::string, std::string>>;

std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\' || c == '"') out += '\\';
    out += c == '\n' ? std::string("\\n") : std::string(1, c);
  }
  // What is no UTF-8 would make the whole page unreadable.
  return json::parse(json_string(out)).get<std::string>();
}

std::string number(double value) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.17g", value);
  return text.data();
}

// One metric with its samples; nothing where it has none.
class Family {
 public:
  Family(std::string name, std::string type, std::string help)
      : name_(std::move(name)), type_(std::move(type)), help_(std::move(help)) {}

  void sample(const Labels& labels, double value) {
    std::string line = name_ + "{";
    const char* separator = "";
    for (const auto& [label, text] : labels) {
      line += separator + label + "=\"" + escaped(text) + "\"";
      separator = ",";
    }
    lines_ += line + "} " + number(value) + "\n";
  }

  std::string text() const {
    if (lines_.empty()) return {};
    return "# HELP " + name_ + " " + help_ + "\n# TYPE " + name_ + " " + type_ + "\n" + lines_;
  }

 private:
  std::string name_, type_, help_, lines_;
};

struct Measured {
  double calls = 0;
  double errors = 0;
  double own = 0;       // seconds
  double original = 0;  // seconds
  double inside = 0;
};

using Key = std::pair<std::string, std::string>;  // target, owner

std::string text_at(const json& object, const char* key) {
  const auto at = object.find(key);
  return at != object.end() && at->is_string() ? at->get<std::string>() : std::string();
}

double number_at(const json& object, const char* key) {
  const auto at = object.find(key);
  return at != object.end() && at->is_number() ? at->get<double>() : 0;
}

json object_at(const json& object, const char* key) {
  const auto at = object.find(key);
  return at != object.end() && at->is_object() ? *at : json::object();
}

void count_in(Measured& to, const json& patch) {
  to.calls += number_at(patch, "calls");
  to.errors += number_at(patch, "errors");
  to.own += number_at(object_at(patch, "own_ns"), "total") / 1e9;
  to.original += number_at(object_at(patch, "original_ns"), "total") / 1e9;
  to.inside += number_at(patch, "inside");
}

std::map<Key, Measured> bounded(const std::map<Key, Measured>& all) {
  if (all.size() <= kMostPatches) return all;
  std::vector<std::pair<Key, Measured>> by_cost(all.begin(), all.end());
  std::stable_sort(by_cost.begin(), by_cost.end(),
                   [](const auto& a, const auto& b) { return a.second.own > b.second.own; });
  std::map<Key, Measured> most;
  for (std::size_t i = 0; i < by_cost.size(); ++i) {
    const auto& [key, measured] = by_cost[i];
    auto& to = most[i < kMostPatches ? key : Key("other", "other")];
    to.calls += measured.calls;
    to.errors += measured.errors;
    to.own += measured.own;
    to.original += measured.original;
    to.inside += measured.inside;
  }
  return most;
}

// "owner sentry-sdk": what a vote is about.
std::string scope_of(const json& vote) {
  const auto scope = text_at(vote, "scope");
  if (scope == "process") return "everything";
  if (scope == "patch") return text_at(vote, "target");
  return scope + " " + text_at(vote, scope.c_str());
}

// All metrics.
class Page {
 public:
  // Some processes, added up. `common`: what each sample says beside its own labels.
  void add(const std::vector<json>& processes, const Labels& common);
  std::string text() const;

 private:
  Family build_{"overt_build_info", "gauge", "Processes by the version of Overt and of Python."};
  Family patches_{"overt_patches", "gauge", "Patches by state."};
  Family calls_{"overt_patch_calls_total", "counter", "Calls that went through a patch."};
  Family own_{"overt_patch_overhead_seconds_total", "counter",
              "Time in a patch and not in what it replaced."};
  Family original_{"overt_patch_original_seconds_total", "counter",
                   "Time in what a patch replaced, below it."};
  Family inside_{"overt_patch_inflight", "gauge", "Calls that are inside a patch now."};
  Family killed_{"overt_switch_killed", "gauge", "1 while a source holds patches off."};
  Family transitions_{"overt_switch_transitions_total", "counter",
                      "Patches that votes of a source have turned off or on."};
  Family dropped_{"overt_events_dropped_total", "counter", "What could not be kept."};
};

Labels with(Labels labels, const Labels& common) {
  labels.insert(labels.end(), common.begin(), common.end());
  return labels;
}

void Page::add(const std::vector<json>& processes, const Labels& common) {
  std::map<std::pair<std::string, std::string>, double> versions;
  std::map<std::pair<std::string, std::string>, double> states;
  std::map<Key, Measured> measured;
  std::map<std::pair<std::string, std::string>, double> votes;
  std::map<std::pair<std::string, std::string>, double> turned;
  double lost = 0;
  for (const auto& process : processes) {
    const auto hello = object_at(process, "hello");
    versions[{text_at(hello, "overt"), text_at(hello, "python")}] += 1;
    lost += number_at(hello, "dropped");
    for (const auto& each : hello.value("transitions", json::array())) {
      turned[{text_at(each, "source"), text_at(each, "to")}] += number_at(each, "patches");
    }
    const auto list = process.find("patches");
    if (list == process.end() || !list->is_array()) continue;
    for (const auto& patch : *list) {
      if (patch.value("internal", false)) continue;
      states[{text_at(patch, "state"), text_at(patch, "origin")}] += 1;
      if (patch.value("metered", false)) {
        count_in(measured[{text_at(patch, "target"), text_at(object_at(patch, "owner"), "name")}],
                 patch);
      }
      for (auto vote : patch.value("votes", json::array())) {
        vote["target"] =
            text_at(vote, "scope") == "target" ? text_at(vote, "target") : text_at(patch, "target");
        votes[{scope_of(vote), text_at(vote, "source")}] = 1;
      }
    }
  }
  for (const auto& [version, count] : versions) {
    build_.sample(
        with({{"version", version.first}, {"python", version.second}, {"gil", "1"}}, common),
        count);
  }
  for (const auto& [state, count] : states) {
    patches_.sample(with({{"state", state.first}, {"class", state.second}}, common), count);
  }
  for (const auto& [key, each] : bounded(measured)) {
    auto labels = with({{"patch", key.first}, {"owner", key.second}}, common);
    own_.sample(labels, each.own);
    original_.sample(labels, each.original);
    inside_.sample(labels, each.inside);
    labels.emplace_back("outcome", "patched");
    calls_.sample(labels, each.calls - each.errors);
    labels.back().second = "error";
    calls_.sample(labels, each.errors);
  }
  for (const auto& [vote, value] : votes) {
    killed_.sample(with({{"scope", vote.first}, {"source", vote.second}}, common), value);
  }
  for (const auto& [by, count] : turned) {
    transitions_.sample(with({{"source", by.first}, {"to", by.second}}, common), count);
  }
  if (!processes.empty()) dropped_.sample(with({{"queue", "ledger"}}, common), lost);
}

std::string Page::text() const {
  return build_.text() + patches_.text() + calls_.text() + own_.text() + original_.text() +
         inside_.text() + killed_.text() + transitions_.text() + dropped_.text();
}

}  // namespace

std::string metrics_text(const std::vector<json>& processes, bool each) {
  Page page;
  if (!each) {
    page.add(processes, {});
    return page.text();
  }
  for (const auto& process : processes) {
    const auto pid = static_cast<std::int64_t>(number_at(object_at(process, "hello"), "pid"));
    page.add({process}, {{"pid", std::to_string(pid)}});
  }
  return page.text();
}

}  // namespace overt
