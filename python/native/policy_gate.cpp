#include "policy_gate.h"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>

#include "overt/budget.h"
#include "overt/followed_file.h"
#include "overt/json_text.h"
#include "overt/output.h"
#include "overt/switch_file.h"
#include "overt/text.h"
#include "policy_refusal.h"
#include "records.h"
#include "serving.h"
#include "soon.h"

namespace overt::py {
namespace {

constexpr std::size_t kTold = 8;  // frames of a warning; the report has them all

// A patch of others that is denied and voted off: what came of that is known at the next safe
// point.
struct Enforced {
  Patch patch;
  Decision decision;
};

struct Gate {
  std::mutex mutex;
  std::vector<Enforced> enforced;  // not told yet
  std::optional<Policy> policy;    // nothing: nobody has said yet where it stands
  bool voted = false;              // the board may hold votes of the policy
};

Gate& gate() {
  static auto& all = *new Gate;
  return all;
}

void tell(const std::string& text) {
  static_cast<void>(write_all(STDERR_FILENO, "overt: " + text + "\n"));
}

Phase phase() {
  static const Phase now = [] {
    const char* text = ::secure_getenv("OVERT_PHASE");
    const std::string_view word = text == nullptr ? "" : text;
    if (!word.empty() && word != name(parse_phase(word))) {
      tell("OVERT_PHASE=" + printable(word, 40) +
           " is neither test nor production; taken as production");
    }
    return parse_phase(word);
  }();
  return now;
}

std::string own_file() {
  if (const char* named = ::secure_getenv("OVERT_CONFIG"); named != nullptr && *named != '\0') {
    return named;
  }
  std::error_code error;
  const auto path = std::filesystem::absolute("overt.toml", error);
  return error || !std::filesystem::exists(path, error) ? std::string() : path.string();
}

void tell_wrong(const Error& error) {
  tell(printable(error.subject, 4000) + ": " + printable(error.what, 4000) +
       "; nothing of this file holds");
}

// REQUIRES: the gate is held.
const Policy& policy() {
  auto& all = gate();
  if (all.policy) return *all.policy;
  all.policy.emplace();
  const auto file = own_file();
  if (file.empty()) return *all.policy;
  const auto seen = FollowedFile(file).look();
  if (!seen.text) return *all.policy;
  auto read = seen.text->and_then([&](const auto& text) { return parse_policy(text, file); });
  if (read) {
    all.policy = std::move(*read);
  } else {
    tell_wrong(read.error());
  }
  return *all.policy;
}

std::string with_stack(std::string text, const std::vector<Site>& stack) {
  for (std::size_t i = 0; i < stack.size() && i < kTold; ++i) {
    const auto& site = stack[i];
    text += "\n    " + printable(site.file) + ":" + std::to_string(site.line) + "  " +
            printable(site.function);
  }
  if (stack.size() > kTold) text += "\n    and " + std::to_string(stack.size() - kTold) + " more";
  return text;
}

Vote vote_of(int id, const Decision& decision) {
  Vote vote;
  vote.source = Source::policy;
  vote.on = Selector::of_patch(id);
  vote.by = {decision.where(), decision.reason};
  return vote;
}

void keep_history(const Patch& patch, const Decision& decision, bool undone) {
  history().add("policy", compact_json(nlohmann::json{{"id", patch.id},
                                                      {"target", patch.target},
                                                      {"owner", patch.owner.name},
                                                      {"action", name(decision.action)},
                                                      {"undone", undone},
                                                      {"rule", decision.where()},
                                                      {"reason", decision.reason}}));
}

std::string warning(const Patch& patch, const Decision& decision, const std::string& end) {
  return with_stack(
      "policy: " + printable(sentence(decision, policy_facts(patch, phase())), 4000) + end,
      patch.stack);
}

// Voted off is not switched off: the mechanism may refuse.
std::string outcome_of(int id, bool& off) {
  const auto standing = switchboard().standing(id);
  off = standing && standing->is_off();
  if (off) return "; it is switched off";
  if (standing && standing->level == Level::refused) {
    return "; it cannot be switched off: " + printable(standing->why, 400);
  }
  return "; it is to be switched off";
}

int tell_enforced(void* /*unused*/) {
  std::vector<Enforced> all;
  {
    const std::lock_guard lock(gate().mutex);
    all.swap(gate().enforced);
  }
  for (const auto& [patch, decision] : all) {
    bool off = false;
    const auto end = outcome_of(patch.id, off);
    keep_history(patch, decision, off);
    tell(warning(patch, decision, end));
  }
  return 0;
}

Decision decision_on(const Patch& patch) {
  const std::lock_guard lock(gate().mutex);
  return decide(policy(), policy_facts(patch, phase()));
}

}  // namespace

Accepted what_is_allowed() {
  const std::lock_guard lock(gate().mutex);
  Accepted accepted;
  accepted.policy = policy();
  accepted.phase = phase();
  return accepted;
}

void policy_is_followed(const std::string& file) {
  const std::lock_guard lock(gate().mutex);
  if (gate().policy) return;  // it was good, and is kept
  gate().policy.emplace();
  if (file.empty()) return;
  // Read and found wrong: the journal has it, but nobody looks there when a program starts.
  const auto seen = FollowedFile(file).look();
  if (!seen.text) return;
  const auto switches =
      seen.text->and_then([&](const auto& text) { return parse_switches(text, file); });
  const auto budgets =
      seen.text->and_then([&](const auto& text) { return parse_budgets(text, file); });
  const auto read = seen.text->and_then([&](const auto& text) { return parse_policy(text, file); });
  if (!switches) {
    tell_wrong(switches.error());
  } else if (!budgets) {
    tell_wrong(budgets.error());
  } else if (!read) {
    tell_wrong(read.error());
  }
}

void take_policy(Policy taken) {
  auto& all = gate();
  const std::lock_guard lock(all.mutex);
  all.policy = std::move(taken);
  std::vector<Vote> votes;
  if (all.policy->stated && all.policy->enforce) {
    for (const auto& patch : records().ledger().copy(0, Ledger::kCapacity)) {
      if (patch.reverted || patch.internal) continue;
      const auto decision = decide(*all.policy, policy_facts(patch, phase()));
      if (decision.action == Action::deny) votes.push_back(vote_of(patch.id, decision));
    }
  }
  if (votes.empty() && !all.voted) return;
  all.voted = true;
  // Where the journal cannot be written, what is off stays off, and the next file tries again.
  static_cast<void>(
      switchboard().replace(Source::policy, std::move(votes), {all.policy->file, "policy"}));
}

void check_policy(const Patch& patch) {
  const auto decision = decision_on(patch);
  if (decision.action == Action::allow) return;
  const auto what = sentence(decision, policy_facts(patch, phase()));
  keep_history(patch, decision, false);
  if (decision.action == Action::deny) throw PolicyRefusal(what, patch.target, decision);
  tell(with_stack("policy: " + printable(what, 4000), patch.stack));
}

void judge_foreign(const Patch& patch) noexcept try {
  if (patch.internal) return;
  auto& all = gate();
  const std::lock_guard lock(all.mutex);
  const auto& rules = policy();
  const auto facts = policy_facts(patch, phase());
  const auto decision = decide(rules, facts);
  if (decision.action == Action::allow) return;
  const bool enforced = decision.action == Action::deny && rules.enforce;
  if (enforced) {
    all.voted = true;
    static_cast<void>(switchboard().vote(vote_of(patch.id, decision)));
  }
  if (patch.times > 1) return;  // told already
  if (enforced) {
    all.enforced.push_back({patch, decision});
    if (call_soon(tell_enforced)) return;  // behind the call that switches it
    all.enforced.pop_back();
  }
  keep_history(patch, decision, false);
  tell(warning(patch, decision, enforced ? "; it is to be switched off" : ""));
} catch (...) {  // NOLINT(bugprone-empty-catch)
  // No memory: the patch stands, and the ledger has it.
}

}  // namespace overt::py
