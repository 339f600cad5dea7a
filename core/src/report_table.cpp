// The report for people: a table, one line a patch, and the long form with all that is known.

#include <algorithm>
#include <array>
#include <cmath>
#include <ctime>
#include <set>

#include "overt/report.h"
#include "overt/text.h"

namespace overt {
namespace {

using Row = std::vector<std::string>;

std::string counted(std::size_t number, std::string_view noun) {
  std::string text = std::to_string(number);
  text.append(1, ' ').append(noun);
  if (number == 1) return text;
  return noun.ends_with("ch") ? text + "es" : text + "s";
}

std::string who(const Owner& owner) {
  return owner.version.empty() ? owner.name : owner.name + " " + owner.version;
}

std::string joined(const std::vector<std::string>& words, std::string_view separator) {
  std::string text;
  for (const auto& word : words) {
    if (!text.empty()) text += separator;
    text += word;
  }
  return text;
}

std::string felt_by(const Patch& patch) {
  if (!patch.reach) return "-";
  std::string text = counted(static_cast<std::size_t>(patch.reach->modules), "module");
  if (!patch.reach->stale.empty()) text += ", " + std::to_string(patch.reach->stale.size()) + " stale";
  return text;
}

std::string place(const Site& site) {
  if (site.module.empty()) return "unknown: no Python frame";
  const auto& where = site.module == "__main__" ? site.file : site.module;
  return site.line == 0 ? where : where + ":" + std::to_string(site.line);  // 0: an extension, in C
}

std::string state(const Patch& patch) {
  std::string text = patch.reverted ? "reverted" : "on";
  if (patch.times > 1) text += " x" + std::to_string(patch.times);
  return text;
}

// Columns as wide as their widest cell; the last one is never padded.
std::string aligned(const Row& head, const std::vector<Row>& rows, bool colour) {
  std::vector<std::size_t> widths;
  for (const auto& cell : head) widths.push_back(width(cell));
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width(row[i]));
  }
  std::string text;
  const auto line = [&](const Row& row, bool bold) {
    if (bold) text += "\x1b[1m";
    for (std::size_t i = 0; i < row.size(); ++i) {
      text += "  " + row[i];
      if (i + 1 < row.size()) text.append(widths[i] - width(row[i]), ' ');
    }
    text += bold ? "\x1b[0m\n" : "\n";
  };
  line(head, colour);
  for (const auto& row : rows) line(row, false);
  return text;
}

Row row_of(const Patch& patch, std::string id) {
  auto owner = who(patch.owner);
  if (!patch.via.empty()) owner += " (via " + joined(patch.via, ", ") + ")";
  return {std::move(id),
          printable(owner),
          printable(patch.target),
          std::string(name(patch.change)),
          std::string(name(patch.boundary)),
          felt_by(patch),
          state(patch),
          printable(place(patch.site))};
}

std::vector<const Patch*> shown(const Report& report, bool internal) {
  std::vector<const Patch*> patches;
  for (const auto& patch : report.patches) {
    if (internal || !patch.internal) patches.push_back(&patch);
  }
  std::stable_sort(patches.begin(), patches.end(),
                   [](auto* a, auto* b) { return a->owner.name < b->owner.name; });
  return patches;
}

std::string headline(const Report& report, const std::vector<const Patch*>& patches) {
  std::set<std::string> owners;
  for (const auto* patch : patches) owners.insert(patch->owner.name);
  std::string text = "overt: ";
  text += patches.empty() ? "no patches" : counted(patches.size(), "patch");
  if (!owners.empty()) text += " by " + counted(owners.size(), "owner");
  text += " in " + counted(static_cast<std::size_t>(report.modules), "module");
  text += ", python " + printable(report.python) + ", pid " + std::to_string(report.pid) + ": ";
  return text + printable(joined(report.argv, " ")) + "\n";
}

const Row kHead = {"id", "owner", "target", "change", "boundary", "reach", "state", "made at"};

std::string conflicts_of(const Report& report) {
  std::string text;
  for (const auto& conflict : report.conflicts) {
    std::vector<std::string> layers;
    for (const int id : conflict.patches) {
      const auto it = std::find_if(report.patches.begin(), report.patches.end(),
                                   [&](const auto& patch) { return patch.id == id; });
      if (it != report.patches.end()) layers.push_back("p" + std::to_string(id) + " " + it->owner.name);
    }
    text += "  " + printable(conflict.target) + ": " + printable(joined(layers, ", then ")) + "\n";
  }
  return text.empty() ? text : "\nconflicts: two owners on one target\n" + text;
}

std::string children_of(const Report& report, bool colour) {
  std::string text;
  if (!report.elsewhere.empty()) {
    std::vector<Row> rows;
    for (const auto& [patch, pids] : report.elsewhere) {
      std::vector<std::string> names;
      for (const int pid : pids) names.push_back(std::to_string(pid));
      rows.push_back(row_of(patch, joined(names, ",")));
    }
    auto head = kHead;
    head.front() = "pid";
    text += "\nonly in children\n" + aligned(head, rows, colour);
  }
  if (report.children.empty()) return text;
  text += "\nchildren\n";
  for (const auto& child : report.children) {
    text += "  pid " + std::to_string(child.pid) + " (" + printable(child.started_by) + "): " +
            counted(static_cast<std::size_t>(child.patches), "patch");
    if (!child.ended) text += ", still running";
    if (!child.report.empty()) text += ", report " + printable(child.report);
    text += ": " + printable(joined(child.argv, " "), 120) + "\n";
  }
  return text;
}

std::string value(const Description& value) {
  if (value.type.empty()) return "nothing";
  if (value.qualname.empty()) return "a " + value.type;
  return value.type + " " + (value.module.empty() ? "" : value.module + ":") + value.qualname;
}

std::string moment(double at) {
  if (!(std::abs(at) < 9e18)) return "?";  // no time_t holds it
  const auto seconds = static_cast<std::time_t>(at);
  std::tm parts{};
  std::array<char, 32> text{};
  if (gmtime_r(&seconds, &parts) == nullptr) return "?";
  std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text.data();
}

std::string details(const Patch& patch) {
  std::string text = "\np" + std::to_string(patch.id) + "  " + printable(patch.target) + "\n";
  const auto field = [&](std::string_view label, const std::string& what, std::size_t longest = 400) {
    text.append("    ").append(label).append(12 - label.size(), ' ');
    text.append(printable(what, longest)) += '\n';
  };
  field("owner", who(patch.owner) + " (package " + patch.owner.package + ")");
  if (!patch.via.empty()) field("via", joined(patch.via, ", "));
  field("change", std::string(name(patch.change)) + ", layer " + std::to_string(patch.layer));
  field("boundary", std::string(name(patch.boundary)));
  field("state", state(patch));
  field("reach", felt_by(patch));
  if (patch.reach && !patch.reach->stale.empty()) {
    field("stale in", joined(patch.reach->stale, ", "), std::string::npos);
  }
  field("old", value(patch.old_value));
  field("new", value(patch.new_value));
  field("at", moment(patch.at));
  for (const auto& site : patch.stack) {
    field(&site == &patch.stack.front() ? "stack" : "",
          site.file + ":" + std::to_string(site.line) + " in " + site.function);
  }
  return text;
}

}  // namespace

std::string to_table(const Report& report, TableStyle style) {
  const auto patches = shown(report, style.internal);
  std::string text = headline(report, patches);
  if (!patches.empty()) {
    std::vector<Row> rows;
    for (const auto* patch : patches) rows.push_back(row_of(*patch, "p" + std::to_string(patch->id)));
    text += aligned(kHead, rows, style.colour);
  }
  text += conflicts_of(report) + children_of(report, style.colour);
  if (report.dropped > 0) {
    text += "\n" + counted(report.dropped, "patch") + " more could not be kept\n";
  }
  return text;
}

std::string to_text(const Report& report, TableStyle style) {
  std::string text = to_table(report, style);
  for (const auto* patch : shown(report, style.internal)) text += details(*patch);
  return text;
}

}  // namespace overt
