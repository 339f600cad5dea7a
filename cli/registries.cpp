#include "registries.h"

#include <algorithm>
#include <map>

#include "table.h"
#include "words.h"

namespace overt::cli {
namespace {

std::string rule_words(const Json& registry) {
  auto order = "by " + registry.value("order", "");
  if (order == "by listed") {
    order = "as listed:";
    for (const auto& name : registry.value("listed", Json::array())) {
      order += " " + name.get<std::string>();
    }
  }
  const auto duplicates = registry.value("duplicates", "");
  return order + "; a name that is taken: " + duplicates;
}

std::string text_or_dash(const Json& entry, const char* field) {
  const auto at = entry.find(field);
  return at != entry.end() && at->is_string() ? at->get<std::string>() : "-";
}

// An entry as several processes have it.
struct Row {
  std::vector<std::string> cells;
  std::size_t processes = 0;
};

struct Shelf {
  std::string heading;
  std::vector<Row> rows;
};

std::vector<std::string> cells_of(const Json& entry) {
  const auto entry_point = text_or_dash(entry, "entry_point");
  return {entry.value("name", ""),
          text_or_dash(entry, "group"),
          std::to_string(entry.value("priority", 0)),
          who(entry["owner"]),
          entry.value("value", ""),
          entry_point == "-" ? place(entry["site"]) : "entry point " + entry_point};
}

}  // namespace

result<std::vector<Json>> registries_of(Client& client, const Selection& selection) {
  std::vector<Json> all;
  Json from = Json::object();
  while (!from.is_null()) {
    auto page = client.call("list", {{"registries", true}, {"from", from}});
    if (!page) return tl::unexpected(page.error());
    if (!page->contains("registries")) {
      return fail(Code::format,
                  "this process runs overt " + client.hello().value("overt", "?") +
                      ", which does not tell of its registries; overt.registries() does, inside",
                  std::to_string(client.pid()));
    }
    for (auto& registry : (*page)["registries"]) {
      auto entries = Json::array();
      for (auto& entry : registry["entries"]) {
        if (selection.takes_owner(entry["owner"])) entries.push_back(std::move(entry));
      }
      const bool goes_on =
          !all.empty() && all.back().value("name", "") == registry.value("name", "");
      if (goes_on) {
        for (auto& entry : entries) all.back()["entries"].push_back(std::move(entry));
      } else {
        registry["entries"] = std::move(entries);
        all.push_back(std::move(registry));
      }
    }
    from = page->value("next", Json());
  }
  if (!selection.owners.empty()) {
    std::erase_if(all, [](const auto& registry) { return registry["entries"].empty(); });
  }
  return all;
}

std::size_t count_entries(const std::vector<Json>& registries) {
  std::size_t count = 0;
  for (const auto& registry : registries) count += registry["entries"].size();
  return count;
}

std::string registry_table(const std::vector<std::vector<Json>>& processes) {
  std::vector<Shelf> shelves;
  std::map<std::string, std::size_t> known;
  for (const auto& registries : processes) {
    for (const auto& registry : registries) {
      const auto heading = registry.value("name", "") + ", " + rule_words(registry);
      const auto [at, fresh] = known.try_emplace(heading, shelves.size());
      if (fresh) shelves.push_back({heading, {}});
      auto& rows = shelves[at->second].rows;
      std::vector<bool> taken(rows.size(), false);  // equal entries of one process are several
      for (const auto& entry : registry["entries"]) {
        const auto cells = cells_of(entry);
        std::size_t same = 0;
        while (same < taken.size() && (taken[same] || rows[same].cells != cells)) ++same;
        if (same == taken.size()) {
          rows.push_back({cells, 1});
        } else {
          taken[same] = true;
          ++rows[same].processes;
        }
      }
    }
  }
  const bool several = processes.size() > 1;
  std::vector<std::string> head = {"name", "group", "priority", "owner", "value", "registered at"};
  if (several) head.emplace_back("processes");
  Table table(head, wants_colour());
  for (const auto& [heading, rows] : shelves) {
    table.heading(heading);
    for (const auto& [cells, count] : rows) {
      auto line = cells;
      if (several) {
        line.push_back(std::to_string(count) + " of " + std::to_string(processes.size()));
      }
      table.row(std::move(line));
    }
  }
  return shelves.empty() ? "\nno registries\n" : "\n" + table.text();
}

}  // namespace overt::cli
