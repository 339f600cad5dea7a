// overt.report/1, written and read. design note: docs/report.md draws the fields.

#include <algorithm>
#include <nlohmann/json.hpp>

#include "bounded_json.h"
#include "json_fields.h"
#include "overt/json_text.h"
#include "overt/report.h"

namespace overt {

using nlohmann::json;
using nlohmann::ordered_json;

std::string to_json(const Report& report, bool internal) {
  const bool metered = std::any_of(report.patches.begin(), report.patches.end(),
                                   [](const auto& patch) { return patch.metered; });
  ordered_json out = {
      {"schema", kReportSchema},   {"python", report.python},   {"pid", report.pid},
      {"argv", report.argv},       {"modules", report.modules}, {"watch_ms", report.watch_ms},
      {"dropped", report.dropped}, {"metered", metered},        {"patches", ordered_json::array()},
  };
  for (const auto& patch : report.patches) {
    if (internal || !patch.internal) out["patches"].push_back(patch_to_json(patch));
  }
  out["conflicts"] = ordered_json::array();
  for (const auto& conflict : report.conflicts) {
    out["conflicts"].push_back({{"target", conflict.target}, {"patches", conflict.patches}});
  }
  out["children"] = ordered_json::array();
  for (const auto& child : report.children) {
    out["children"].push_back({{"pid", child.pid},
                               {"started_by", child.started_by},
                               {"argv", child.argv},
                               {"patches", child.patches},
                               {"report", child.report},
                               {"ended", child.ended}});
  }
  out["registries"] = ordered_json::array();
  for (const auto& registry : report.registries) {
    out["registries"].push_back(registry_to_json(registry));
  }
  // Names come from programs: bytes that are no UTF-8 are replaced, never an error.
  return indented_json(out);
}

result<Report> report_from_json(std::string_view text) {
  const auto in = parse_json(text);
  if (!in.is_object() || in.value("schema", json()) != json(kReportSchema)) {
    return fail(Code::format, "this is no overt.report/1", std::string(text.substr(0, 60)));
  }
  try {
    Report report;
    report.python = in.at("python");
    report.pid = whole<int>(in.at("pid"));
    report.argv = in.at("argv");
    report.modules = whole<int>(in.at("modules"));
    report.watch_ms = in.at("watch_ms");
    report.dropped = whole<std::size_t>(in.at("dropped"));
    for (const auto& patch : in.at("patches")) report.patches.push_back(patch_from_json(patch));
    for (const auto& conflict : in.at("conflicts")) {
      std::vector<int> ids;
      for (const auto& id : conflict.at("patches")) ids.push_back(whole<int>(id));
      report.conflicts.push_back({conflict.at("target"), std::move(ids)});
    }
    for (const auto& child : in.at("children")) {
      report.children.push_back({whole<int>(child.at("pid")), child.at("started_by"),
                                 child.at("argv"), whole<int>(child.at("patches")),
                                 child.at("report"), child.at("ended")});
    }
    // Reports of the first version have none.
    for (const auto& registry : in.value("registries", json::array())) {
      report.registries.push_back(registry_from_json(registry));
    }
    return report;
  } catch (const json::exception& error) {
    return fail(Code::format, "overt.report/1 with a field that is missing or wrong", error.what());
  }
}

}  // namespace overt
