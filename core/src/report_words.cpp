#include "report_words.h"

#include <algorithm>
#include <tuple>

#include "overt/duration.h"

namespace overt {

std::string counted(std::size_t number, std::string_view noun) {
  std::string text = std::to_string(number);
  text.append(1, ' ').append(noun);
  if (number == 1) return text;
  return noun.ends_with("ch") || noun.ends_with("ss") ? text + "es" : text + "s";
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
  if (!patch.reach->stale.empty())
    text += ", " + std::to_string(patch.reach->stale.size()) + " stale";
  return text;
}

std::string calls(const Patch& patch) { return patch.metered ? std::to_string(patch.calls) : "-"; }

static std::string own_time(const Patch& patch, double Timing::* which) {
  if (!patch.cost) return "-";
  const auto& cost = *patch.cost;
  return std::string(bound_mark(cost.at_most, cost.at_least)) + duration_words(cost.own.*which);
}

std::string own_half(const Patch& patch) { return own_time(patch, &Timing::p50); }

std::string own_total(const Patch& patch) { return own_time(patch, &Timing::total); }

std::string place(const Site& site) {
  if (site.module.empty()) return "unknown: no Python frame";
  const auto& where = site.module == "__main__" ? site.file : site.module;
  return site.line == 0 ? where : where + ":" + std::to_string(site.line);  // 0: an extension, in C
}

std::string state(const Patch& patch) {
  std::string text = patch.state.empty() ? "on" : patch.state;
  if (patch.reverted) text = "reverted";
  if (!patch.lost.empty()) text = "lost";
  if (patch.times > 1) text += " x" + std::to_string(patch.times);
  return text;
}

std::vector<const Patch*> shown(const Report& report, bool internal) {
  std::vector<const Patch*> patches;
  for (const auto& patch : report.patches) {
    if (internal || !patch.internal) patches.push_back(&patch);
  }
  std::stable_sort(patches.begin(), patches.end(), [](const auto* a, const auto* b) {
    return std::tie(a->owner.name, a->via) < std::tie(b->owner.name, b->via);
  });
  return patches;
}

}  // namespace overt
