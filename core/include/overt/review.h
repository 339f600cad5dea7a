// The review: six questions about each patch, answered from what is known of it.
//
//   1 What stays visible?                  4 Why is this blast radius acceptable?
//   2 How is the baseline restored?        5 What does it cost?
//   3 Is the traceback still useful?       6 Can it be disabled without a rewrite?
//
// An answer is never better than its evidence: what was not looked at is said, and a question that
// has no answer is a finding. THREADS: values and pure functions.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "overt/lock.h"
#include "overt/policy.h"
#include "overt/report.h"

namespace overt {

inline constexpr std::array<std::string_view, 6> kQuestions = {
    "What stays visible?",
    "How is the baseline restored?",
    "Is the traceback still useful?",
    "Why is this blast radius acceptable?",
    "What does it cost?",
    "Can it be disabled without a rewrite?",
};

enum class Outcome {
  answered,
  finding,     // answered, and the answer is one that somebody should act on
  unanswered,  // nothing is known: a finding too
};

std::string_view name(Outcome outcome);

struct ReviewAnswer {
  Outcome outcome = Outcome::answered;
  std::string said;                   // one sentence
  std::vector<std::string> evidence;  // what it rests on, and what was not looked at
};

struct ReviewedPatch {
  Patch patch;
  std::vector<int> pids;  // of the processes that have it
  std::array<ReviewAnswer, 6> answers;
  std::string command;  // that disables it
};

struct ReviewedProcess {
  int pid = 0;
  std::string python;
  std::vector<std::string> argv;
};

struct ReviewedEvent {
  int pid = 0;
  Event event;
};

struct Review {
  std::vector<ReviewedProcess> processes;
  std::vector<ReviewedPatch> patches;  // by owner, then as they were made
  std::vector<LockedConflict> conflicts;
  std::vector<ReviewedEvent> events;  // by time

  std::size_t findings() const;  // conflicts and answers that are findings
};

// What a team has said about patches.
struct Accepted {
  Policy policy;
  std::optional<Lock> lock;
  std::string lock_path;
  Phase phase = Phase::production;
};

// Patches that were undone are reviewed too; what a distribution changes in itself is not.
// `process` is how commands name living processes, "" where none is left.
Review review_of(const std::vector<Report>& reports, const Accepted& accepted,
                 const std::string& process = {});

// Findings first, then the patches by owner with their six answers.
std::string to_text(const Review& review, bool colour);
std::string to_json(const Review& review);  // overt.review/1

// One page that holds all it needs: it asks no network for anything and runs no script but its own.
std::string to_html(const Review& review);

}  // namespace overt
