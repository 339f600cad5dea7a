// The long form of the report: the table, then all that is known of each patch.

#include <array>
#include <cmath>
#include <cstdio>
#include <ctime>

#include "overt/duration.h"
#include "overt/report.h"
#include "overt/text.h"
#include "report_words.h"

namespace overt {
namespace {

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

std::string timing(const Timing& timing) {
  return duration_words(timing.mean) + " a call, p50 " + duration_words(timing.p50) + ", p99 " +
         duration_words(timing.p99) + ", longest " + duration_words(timing.max) + ", in all " +
         duration_words(timing.total);
}

std::string share(double part) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), ", %.2g %% of the wall time", part * 100);
  return text.data();
}

std::string details(const Patch& patch) {
  std::string text = "\np" + std::to_string(patch.id) + "  " + printable(patch.target) + "\n";
  const auto field = [&](std::string_view label, const std::string& what,
                         std::size_t longest = 400) {
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
  if (patch.metered) {
    field("calls", std::to_string(patch.calls) + ", " + std::to_string(patch.errors) + " raised");
  }
  if (patch.cost) {
    const auto& cost = *patch.cost;
    field("own time", std::string(bound_words(cost.at_most, cost.at_least)) + timing(cost.own) +
                          share(cost.share));
    if (!cost.at_most) field("original", timing(cost.original));
    field("", "from " + std::to_string(cost.own.sampled) + " timed calls, each within " +
                  duration_words(cost.uncertainty));
  }
  field("at", moment(patch.at));
  for (const auto& site : patch.stack) {
    field(&site == &patch.stack.front() ? "stack" : "",
          site.file + ":" + std::to_string(site.line) + " in " + site.function);
  }
  return text;
}

}  // namespace

std::string to_text(const Report& report, TableStyle style) {
  std::string text = to_table(report, style);
  for (const auto* patch : shown(report, style.internal)) text += details(*patch);
  return text;
}

}  // namespace overt
