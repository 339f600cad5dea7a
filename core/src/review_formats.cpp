// The review for people and for programs.

#include <array>
#include <map>
#include <nlohmann/json.hpp>
#include <utility>

#include "json_fields.h"
#include "overt/patch_name.h"
#include "overt/review.h"
#include "overt/text.h"
#include "report_words.h"

namespace overt {
namespace {

using nlohmann::ordered_json;

constexpr std::size_t kLongest = 4000;
constexpr const char* kBold = "\x1b[1m";
constexpr const char* kYellow = "\x1b[33m";
constexpr const char* kPlain = "\x1b[0m";

class Text {
 public:
  explicit Text(bool colour) : colour_(colour) {}

  void line(const std::string& text) { out_ += printable(text, kLongest) + "\n"; }
  void line(const char* escape, const std::string& text) {
    out_ += colour_ ? escape + printable(text, kLongest) + kPlain + "\n"
                    : printable(text, kLongest) + "\n";
  }
  void blank() { out_ += "\n"; }
  std::string take() { return std::move(out_); }

 private:
  bool colour_;
  std::string out_;
};

std::string id(const ReviewedPatch& patch) { return patch_name(patch.patch.id); }

// What somebody should act on; what is merely not known is counted, as it is so for many.
void tell_findings(Text& text, const Review& review) {
  text.line(kBold, "findings");
  for (const auto& conflict : review.conflicts) {
    text.line("  " + conflict.target +
              ": several owners at the same time: " + joined(conflict.owners, ", "));
  }
  std::array<std::size_t, kQuestions.size()> unanswered{};
  std::map<std::pair<std::string, std::string>, std::string> acted_on;  // owner, sentence -> ids
  for (const auto& patch : review.patches) {
    for (std::size_t i = 0; i < patch.answers.size(); ++i) {
      const auto& answer = patch.answers[i];
      if (answer.outcome == Outcome::unanswered) ++unanswered[i];
      if (answer.outcome != Outcome::finding) continue;
      acted_on[{patch.patch.owner.name, answer.said}] += " " + id(patch);
    }
  }
  for (const auto& [what, patches] : acted_on) {
    text.line("  " + what.first + ": " + what.second + patches);
  }
  for (std::size_t i = 0; i < unanswered.size(); ++i) {
    if (unanswered[i] == 0) continue;
    text.line("  " + std::string(kQuestions[i]) + " has no answer for " +
              counted(unanswered[i], "patch"));
  }
}

void tell_patch(Text& text, const ReviewedPatch& reviewed, std::size_t processes) {
  const auto& patch = reviewed.patch;
  text.blank();
  text.line(kBold, "  " + id(reviewed) + " " + patch.target + "  " +
                       std::string(name(patch.change)) + ", " + std::string(name(patch.boundary)) +
                       ", " + state(patch));
  text.line("     made at " + place(patch.site));
  if (processes > 1) {
    text.line("     in " + std::to_string(reviewed.pids.size()) + " of " +
              std::to_string(processes) + " processes");
  }
  for (std::size_t i = 0; i < reviewed.answers.size(); ++i) {
    const auto& answer = reviewed.answers[i];
    const auto question =
        "     " + std::to_string(i + 1) + " " + std::string(kQuestions[i]) + " " + answer.said;
    if (answer.outcome == Outcome::answered) {
      text.line(question);
    } else {
      text.line(kYellow, question);
    }
    for (const auto& evidence : answer.evidence) text.line("         " + evidence);
  }
}

}  // namespace

std::string to_text(const Review& review, bool colour) {
  Text text(colour);
  const auto processes = review.processes.size();
  text.line("overt: " + counted(review.patches.size(), "patch") + " in " +
            std::to_string(processes) + (processes == 1 ? " process, " : " processes, ") +
            counted(review.findings(), "finding"));
  if (review.findings() > 0) {
    text.blank();
    tell_findings(text, review);
  }
  const std::string* owner = nullptr;
  for (const auto& patch : review.patches) {
    if (owner == nullptr || *owner != patch.patch.owner.name) {
      text.blank();
      text.line(kBold, who(patch.patch.owner));
    }
    owner = &patch.patch.owner.name;
    tell_patch(text, patch, processes);
  }
  return text.take();
}

std::string to_json(const Review& review) {
  ordered_json out = {{"schema", "overt.review/1"},         {"processes", ordered_json::array()},
                      {"findings", review.findings()},      {"questions", kQuestions},
                      {"conflicts", ordered_json::array()}, {"patches", ordered_json::array()},
                      {"events", ordered_json::array()}};
  for (const auto& process : review.processes) {
    out["processes"].push_back(
        {{"pid", process.pid}, {"python", process.python}, {"argv", process.argv}});
  }
  for (const auto& [pid, event] : review.events) {
    out["events"].push_back(
        {{"pid", pid}, {"at", event.at}, {"kind", event.kind}, {"said", event_words(event)}});
  }
  for (const auto& conflict : review.conflicts) {
    out["conflicts"].push_back({{"target", conflict.target}, {"owners", conflict.owners}});
  }
  for (const auto& reviewed : review.patches) {
    ordered_json answers = ordered_json::array();
    for (const auto& answer : reviewed.answers) {
      answers.push_back({{"outcome", name(answer.outcome)},
                         {"said", answer.said},
                         {"evidence", answer.evidence}});
    }
    out["patches"].push_back({{"patch", patch_to_json(reviewed.patch)},
                              {"pids", reviewed.pids},
                              {"answers", std::move(answers)},
                              {"command", reviewed.command}});
  }
  // ASCII only: it may be printed on a terminal.
  return out.dump(1, ' ', true, ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace overt
