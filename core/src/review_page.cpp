// The review as one page of HTML: the page of core/page around what is reviewed, as JSON.
//
// What programs call things is data to the page and never markup: it is made printable here, the
// JSON has no `<` that could end its element, and the page's script only ever makes text of it.
//
// A page opens as fast as its data is small. What many patches share is in it once and is named by
// its number: `texts`, `answers` and `frames`.

#include <algorithm>
#include <nlohmann/json.hpp>
#include <unordered_map>

#include "overt/review.h"
#include "overt/text.h"
#include "page.h"
#include "report_words.h"

namespace overt {
namespace {

using nlohmann::ordered_json;

constexpr std::size_t kLongestText = 2000;

std::string safe(const std::string& text) { return printable(text, kLongestText); }

// Values by number, each of them once.
class Shared {
 public:
  std::size_t number(ordered_json value) {
    const auto [at, fresh] = numbers_.try_emplace(value.dump(), all_.size());
    if (fresh) all_.push_back(std::move(value));
    return at->second;
  }
  ordered_json take() { return std::move(all_); }

 private:
  std::unordered_map<std::string, std::size_t> numbers_;
  ordered_json all_ = ordered_json::array();
};

struct Tables {
  Shared texts;
  Shared answers;
  Shared frames;

  std::size_t text(const std::string& text) { return texts.number(safe(text)); }
};

std::string value_of(const Description& value) {
  if (value.module.empty() && value.qualname.empty()) return value.type;
  return value.type + " " + value.module + ":" + value.qualname;
}

ordered_json cost_of(const Patch& patch) {
  if (!patch.cost) return nullptr;
  const auto& own = patch.cost->own;
  return {{"p50", own.p50},
          {"p99", own.p99},
          {"total", own.total},
          {"at_most", patch.cost->at_most},
          {"at_least", patch.cost->at_least}};
}

ordered_json answers_of(const ReviewedPatch& reviewed, Tables& tables) {
  auto all = ordered_json::array();
  for (const auto& answer : reviewed.answers) {
    auto evidence = ordered_json::array();
    for (const auto& each : answer.evidence) evidence.push_back(tables.text(each));
    all.push_back(tables.answers.number(
        {name(answer.outcome), tables.text(answer.said), std::move(evidence)}));
  }
  return all;
}

ordered_json patch_of(const ReviewedPatch& reviewed, Tables& tables) {
  const auto& patch = reviewed.patch;
  auto stack = ordered_json::array();
  for (const auto& site : patch.stack) {
    stack.push_back(tables.frames.number({tables.text(place(site)), tables.text(site.function)}));
  }
  ordered_json out = {{"id", patch.id},
                      {"target", safe(patch.target)},
                      {"change", name(patch.change)},
                      {"owner", tables.text(who(patch.owner))},
                      {"boundary", name(patch.boundary)},
                      {"state", !patch.lost.empty()   ? "lost"
                                : patch.reverted      ? "reverted"
                                : patch.state.empty() ? "on"
                                                      : safe(patch.state)},
                      {"layer", patch.layer},
                      {"at", patch.at},
                      {"calls", patch.metered ? ordered_json(patch.calls) : ordered_json(nullptr)},
                      {"own", cost_of(patch)},
                      {"site", tables.text(place(patch.site))},
                      {"file", tables.text(patch.site.file)},
                      {"stack", std::move(stack)},
                      {"old", tables.text(value_of(patch.old_value))},
                      {"new", tables.text(value_of(patch.new_value))},
                      {"pids", reviewed.pids},
                      {"answers", answers_of(reviewed, tables)},
                      {"command", tables.text(reviewed.command)}};
  if (patch.times > 1) out["times"] = patch.times;
  if (patch.governed) out["governed"] = true;
  if (patch.everywhere) out["everywhere"] = true;
  if (!patch.via.empty()) out["via"] = safe(joined(patch.via, ", "));
  if (!patch.reason.empty()) out["reason"] = safe(patch.reason);
  if (!patch.lifetime.empty()) out["lifetime"] = safe(patch.lifetime);
  return out;
}

ordered_json data_of(const Review& review) {
  Tables tables;
  ordered_json out = {{"questions", kQuestions},
                      {"findings", review.findings()},
                      {"processes", ordered_json::array()},
                      {"conflicts", ordered_json::array()},
                      {"events", ordered_json::array()},
                      {"patches", ordered_json::array()}};
  for (const auto& process : review.processes) {
    out["processes"].push_back({{"pid", process.pid},
                                {"python", safe(process.python)},
                                {"command", safe(joined(process.argv, " "))}});
  }
  for (const auto& conflict : review.conflicts) {
    out["conflicts"].push_back(
        {{"target", safe(conflict.target)}, {"owners", safe(joined(conflict.owners, ", "))}});
  }
  for (const auto& [pid, event] : review.events) {
    out["events"].push_back({{"pid", pid},
                             {"at", event.at},
                             {"kind", safe(event.kind)},
                             {"said", safe(event_words(event))}});
  }
  for (const auto& patch : review.patches) out["patches"].push_back(patch_of(patch, tables));
  out["texts"] = tables.texts.take();
  out["answers"] = tables.answers.take();
  out["frames"] = tables.frames.take();
  return out;
}

}  // namespace

std::string to_html(const Review& review) {
  const auto data = data_of(review).dump(-1, ' ', true, ordered_json::error_handler_t::replace);
  std::string page(kPageHead);
  for (const char c : data) {
    if (c == '<') {  // only ever inside of a JSON text, where this is the same character
      page += "\\u003c";
    } else {
      page += c;
    }
  }
  page += kPageTail;
  return page;
}

}  // namespace overt
