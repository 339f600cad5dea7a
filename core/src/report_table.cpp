// The report for people: a table, one line a patch, grouped by owner; then conflicts and children.

#include <algorithm>
#include <map>
#include <set>

#include "overt/patch_name.h"
#include "overt/report.h"
#include "overt/text.h"
#include "report_words.h"

namespace overt {
namespace {

using Row = std::vector<std::string>;

constexpr std::string_view kConflicts = "conflicts: several owners on one target\n";

// Lines of the table: rows with aligned columns, and headings that belong to no column.
class Table {
 public:
  Table(Row head, bool colour) : colour_(colour) { rows_.push_back({"", std::move(head)}); }

  void heading(std::string text) { rows_.push_back({std::move(text), {}}); }
  void row(Row row) { rows_.push_back({"", std::move(row)}); }

  // Columns as wide as their widest cell; the last one is never padded.
  std::string text() const {
    std::vector<std::size_t> widths;
    for (const auto& [heading, row] : rows_) {
      widths.resize(std::max(widths.size(), row.size()));
      for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width(row[i]));
    }
    std::string text;
    for (const auto& [heading, row] : rows_) {
      const bool bold = colour_ && (!heading.empty() || &row == &rows_.front().cells);
      if (bold) text += "\x1b[1m";
      text += heading;
      for (std::size_t i = 0; i < row.size(); ++i) {
        text += "  " + row[i];
        if (i + 1 < row.size()) text.append(widths[i] - width(row[i]), ' ');
      }
      text += bold ? "\x1b[0m\n" : "\n";
    }
    return text;
  }

 private:
  struct Line {
    std::string heading;
    Row cells;
  };

  bool colour_;
  std::vector<Line> rows_;
};

std::string heading_of(const Patch& patch) {
  std::string text = who(patch.owner);
  if (!patch.via.empty()) text += ", via " + joined(patch.via, ", ");
  return printable(text);
}

// Columns that would say the same in every row are left out.
struct Columns {
  bool state = false;
  bool calls = false;
  bool own_time = false;
};

Columns columns_for(const std::vector<const Patch*>& patches) {
  Columns columns;
  for (const auto* patch : patches) {
    columns.state = columns.state || state(*patch) != "on";
    columns.calls = columns.calls || (patch->metered && patch->calls != 0);
    columns.own_time = columns.own_time || patch->cost;
  }
  return columns;
}

Row head_of(std::string first, const Columns& columns) {
  Row head = {std::move(first), "target", "change", "boundary", "reach"};
  if (columns.state) head.emplace_back("state");
  if (columns.calls) head.emplace_back("calls");
  if (columns.own_time) head.insert(head.end(), {"own p50", "own total"});
  head.emplace_back("made at");
  return head;
}

Row row_of(const Patch& patch, std::string first, const Columns& columns) {
  Row row = {std::move(first), printable(patch.target), std::string(name(patch.change)),
             std::string(name(patch.boundary)), felt_by(patch)};
  if (columns.state) row.push_back(state(patch));
  if (columns.calls) row.push_back(calls(patch));
  if (columns.own_time) row.insert(row.end(), {own_half(patch), own_total(patch)});
  row.push_back(printable(place(patch.site)));
  return row;
}

// `first` names a patch in the first column.
template <class First>
std::string table_of(const std::vector<const Patch*>& patches, const std::string& title,
                     bool colour, First first) {
  const auto columns = columns_for(patches);
  Table table(head_of(title, columns), colour);
  std::string owner;
  for (const auto* patch : patches) {
    const auto heading = heading_of(*patch);
    if (heading != owner) table.heading(owner = heading);
    table.row(row_of(*patch, first(*patch), columns));
  }
  return table.text();
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

std::string conflicts_of(const Report& report) {
  std::string text;
  for (const auto& conflict : report.conflicts) {
    std::vector<std::string> layers;
    for (const int id : conflict.patches) {
      const auto it = std::find_if(report.patches.begin(), report.patches.end(),
                                   [&](const auto& patch) { return patch.id == id; });
      if (it != report.patches.end()) layers.push_back(patch_name(id) + " " + it->owner.name);
    }
    text += "  " + printable(conflict.target) + ": " + printable(joined(layers, ", then ")) + "\n";
  }
  return text.empty() ? text : "\n" + std::string(kConflicts) + text;
}

// "every child", "4711, 4712", "4711, 4712 and 30 more"
std::string pids_of(const std::vector<int>& pids, std::size_t children) {
  if (pids.size() == children) return "every child";
  constexpr std::size_t kNamed = 3;
  std::vector<std::string> names;
  for (std::size_t i = 0; i < std::min(pids.size(), kNamed); ++i)
    names.push_back(std::to_string(pids[i]));
  auto text = joined(names, ", ");
  if (pids.size() > kNamed) text += " and " + std::to_string(pids.size() - kNamed) + " more";
  return text;
}

// Targets that several owners changed in a child, with the owners in the order of their layers.
std::string conflicts_elsewhere(const std::vector<Patch>& patches) {
  std::map<std::string, std::vector<std::string>> owners;
  for (const auto& patch : patches) {
    auto& names = owners[patch.target];
    const bool known = std::find(names.begin(), names.end(), patch.owner.name) != names.end();
    if (!known && !patch.reverted && !patch.internal) names.push_back(patch.owner.name);
  }
  std::string text;
  for (const auto& [target, names] : owners) {
    if (names.size() > 1)
      text += "  " + printable(target) + ": " + printable(joined(names, ", then ")) + "\n";
  }
  return text.empty() ? text : "\n" + std::string(kConflicts) + text;
}

std::string elsewhere_of(const Report& report, bool colour) {
  if (report.elsewhere.empty()) return {};
  Report children;
  for (const auto& [patch, pids] : report.elsewhere) children.patches.push_back(patch);
  const auto first = [&](const Patch& patch) {
    const auto index = static_cast<std::size_t>(&patch - children.patches.data());
    return pids_of(report.elsewhere[index].pids, report.children.size());
  };
  return "\nonly in children\n" + table_of(shown(children, true), "in pid", colour, first) +
         conflicts_elsewhere(children.patches);
}

std::string children_of(const Report& report) {
  std::string text;
  if (report.children.empty()) return text;
  text += "\nchildren\n";
  for (const auto& child : report.children) {
    text += "  pid " + std::to_string(child.pid) + " (" + printable(child.started_by) +
            "): " + counted(static_cast<std::size_t>(child.patches), "patch");
    if (!child.ended) text += ", still running";
    if (!child.report.empty()) text += ", report " + printable(child.report);
    text += ": " + printable(joined(child.argv, " "), 120) + "\n";
  }
  return text;
}

}  // namespace

std::string to_table(const Report& report, TableStyle style) {
  const auto patches = shown(report, style.internal);
  std::string text = headline(report, patches);
  if (!patches.empty()) {
    text += "\n" + table_of(patches, "id", style.colour,
                            [](const Patch& patch) { return patch_name(patch.id); });
  }
  text += conflicts_of(report) + elsewhere_of(report, style.colour) + children_of(report);
  if (report.dropped > 0) {
    text += "\n" + counted(report.dropped, "patch") + " more could not be kept\n";
  }
  return text;
}

}  // namespace overt
