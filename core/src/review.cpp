#include "overt/review.h"

#include <algorithm>
#include <cstdio>
#include <map>
#include <tuple>

#include "overt/duration.h"
#include "overt/text.h"
#include "overt/version.h"
#include "report_words.h"

namespace overt {
namespace {

constexpr std::size_t kNamed = 12;  // stale modules that an answer names

std::string named(const Description& value) {
  if (value.module.empty() && value.qualname.empty()) return "a " + value.type;
  return value.type + " " + value.module + ":" + value.qualname;
}

bool is_same_name(const Description& a, const Description& b) {
  return a.module == b.module && a.qualname == b.qualname;
}

bool ends_by_itself(const Patch& patch) {
  return patch.lifetime == "scope" || patch.lifetime == "ttl";
}

// What who asks the new value sees, as evidence; whether that is what the old one showed.
bool tell_looks(const Patch& patch, const Looks& looks, std::vector<std::string>& evidence) {
  const auto& before = patch.old_value;
  const auto& now = patch.new_value;
  const bool named = !before.qualname.empty() && !now.qualname.empty();
  evidence.emplace_back(looks.same_doc ? "doc: the same" : "doc: another one");
  if (looks.same_signature == false) {
    evidence.push_back("signature: " + looks.signature_before + " before, " + looks.signature_now +
                       " now");
  } else {
    evidence.emplace_back(looks.same_signature ? "signature: the same"
                                               : "signature: one of the two has none to be read");
  }
  evidence.emplace_back(looks.leads_back ? "__wrapped__ leads to what it replaced"
                                         : "__wrapped__ does not lead to what it replaced");
  return (!named || is_same_name(before, now)) && looks.same_doc && looks.same_signature != false;
}

// Few sentences: findings are summed up by them. What differs is in the evidence.
ReviewAnswer how_it_looks(const Patch& patch, const Looks& looks,
                          std::vector<std::string> evidence) {
  const bool same = tell_looks(patch, looks, evidence);
  if (same && looks.leads_back) {
    return {Outcome::answered, "It looks like what it replaced, and leads there.",
            std::move(evidence)};
  }
  std::string said =
      same ? "It looks like what it replaced, but" : "It looks unlike what it replaced, and";
  said += looks.leads_back ? " leads there." : " nothing leads there.";
  return {Outcome::finding, std::move(said), std::move(evidence)};
}

ReviewAnswer what_stays_visible(const Patch& patch) {
  const auto& before = patch.old_value;
  const auto& now = patch.new_value;
  std::vector<std::string> evidence = {
      "before: " + (before.type.empty() ? "nothing" : named(before)),
      "now: " + (now.type.empty() ? "nothing" : named(now))};
  if (patch.governed) {
    return {Outcome::answered,
            "All of it: Overt's stand-in forwards name, doc, signature and __wrapped__.",
            std::move(evidence)};
  }
  if (patch.change == Change::added) {
    return {Outcome::answered, "It hides nothing: the name did not exist before.",
            std::move(evidence)};
  }
  if (patch.change == Change::deleted) {
    return {Outcome::finding, "Nothing: the name is gone, and who asks for it gets an error.",
            std::move(evidence)};
  }
  if (patch.change == Change::code) {
    return {Outcome::finding,
            "The function is the same object with the same name: that other code runs in it cannot "
            "be seen.",
            std::move(evidence)};
  }
  if (patch.looks) return how_it_looks(patch, *patch.looks, std::move(evidence));
  evidence.emplace_back("doc, signature and __wrapped__ were not compared");
  if (before.qualname.empty() || now.qualname.empty()) {
    return {Outcome::unanswered, "Not known: one of the two values has no name of its own.",
            std::move(evidence)};
  }
  if (is_same_name(before, now)) {
    return {Outcome::answered, "Name and module are those of what it replaced.",
            std::move(evidence)};
  }
  return {Outcome::finding, "It goes by another name than what it replaced.", std::move(evidence)};
}

std::string removal_words(const Patch& patch) {
  if (!patch.proof) return "removal was not tried in this run";
  return (patch.proof->proved ? "proved: " : "not proved: ") + patch.proof->said;
}

ReviewAnswer how_it_is_restored(const Patch& patch) {
  if (patch.reverted) {
    return {Outcome::answered,
            "It was: its maker has put back what was there.",
            {"undone during the run"}};
  }
  const auto tried = removal_words(patch);
  const bool proved = patch.proof && patch.proof->proved;
  if (!patch.governed) {
    return {Outcome::finding,
            proved ? "Nobody promised to, though it can be: what it replaced could be put back."
                   : "Nobody promised to: it stays until the process ends.",
            {"made by other code, without a handle or a lifetime", tried}};
  }
  std::vector<std::string> evidence = {"lifetime " + patch.lifetime,
                                       "its handle removes it: the target is the same object again",
                                       tried};
  const auto way = ends_by_itself(patch)
                       ? "By itself, at the end of its " + patch.lifetime
                       : std::string("By its handle; by itself it stays until the process ends");
  if (proved) return {Outcome::answered, way + ". That was proved.", std::move(evidence)};
  if (!patch.proof) return {Outcome::answered, way + ".", std::move(evidence)};
  return {Outcome::finding, way + ". That was tried and not proved.", std::move(evidence)};
}

std::string_view words_for(Handling handling) {
  constexpr std::array<std::string_view, 5> kWords = {
      "ends without raising: what it catches is swallowed",
      "raises another error without `from`; the first one stays as its context",
      "raises another error `from None`: the first one is not shown", "raises the same error again",
      "leaves it to the manager of a `with` block"};
  return kWords[static_cast<std::size_t>(handling)];
}

std::string of_calls(std::uint64_t number, std::uint64_t all) {
  return std::to_string(number) + " of " + counted(all, "call");
}

// What was counted of errors, in all calls and in those that were looked at.
void tell_errors(const Patch& patch, std::vector<std::string>& evidence) {
  if (patch.metered && patch.calls > 0) {
    evidence.push_back(of_calls(patch.errors, patch.calls) + " ended with an error");
  }
  if (!patch.evidence) return;
  const auto& seen = *patch.evidence;
  auto said = "seen: what it replaced raised in " + of_calls(seen.raised, seen.probed) +
              " that were looked at";
  const auto known = seen.swallowed + seen.replaced + seen.hidden;
  const auto tell = [&](std::uint64_t number, const char* what) {
    if (number > 0) said += "; " + std::to_string(number) + " " + what;
  };
  tell(seen.raised - std::min(known, seen.raised), "went on as they were");
  tell(seen.swallowed, "swallowed");
  tell(seen.replaced, "replaced by others that show the first");
  tell(seen.hidden, "replaced by others that do not show the first");
  evidence.push_back(std::move(said));
}

// From what its bytecode says of handlers around calls, and from the calls that were counted.
ReviewAnswer is_the_traceback_useful(const Patch& patch) {
  if (patch.change == Change::deleted || patch.change == Change::module) {
    return {Outcome::answered, "It puts no frame of its own into one.", {}};
  }
  std::vector<std::string> evidence;
  tell_errors(patch, evidence);
  const auto seen = patch.evidence.value_or(ErrorsSeen());
  const auto handlers = patch.handlers.value_or(std::vector<Handler>());
  const auto has = [&](Handling what) {
    return std::any_of(handlers.begin(), handlers.end(),
                       [&](const auto& handler) { return handler.what == what; });
  };
  for (const auto& handler : handlers) {
    evidence.push_back("bytecode: a handler around a call, line " + std::to_string(handler.line) +
                       ", " + std::string(words_for(handler.what)));
  }
  if (patch.handlers) evidence.emplace_back("its own code was read; what it calls was not");
  const auto found = [&](const char* said) {
    return ReviewAnswer{Outcome::finding, said, std::move(evidence)};
  };
  if (seen.swallowed > 0) return found("It swallowed errors of what it calls.");
  if (seen.hidden > 0) return found("It hid errors behind others that do not show them.");
  if (has(Handling::swallows)) return found("It may swallow errors of what it calls.");
  if (has(Handling::drops_cause)) return found("It hides errors behind others, `from None`.");
  if (has(Handling::replaces)) {
    return found("It raises other errors in the place of those that it catches.");
  }
  if (!patch.handlers) {
    return {Outcome::unanswered,
            seen.raised > 0 ? "Only from what was seen: it is no Python code that could be read."
                            : "Not known: it is no Python code that could be read.",
            std::move(evidence)};
  }
  return {Outcome::answered,
          handlers.empty() ? "Yes: it catches no error of what it calls, and adds its own frame."
                           : "Yes: errors that it catches go on as they were, with its own frame.",
          std::move(evidence)};
}

// The locked line of this patch; nullptr where there is none that holds it as it is.
const LockedPatch* locked_as(const Patch& patch, const Accepted& accepted) {
  if (!accepted.lock) return nullptr;
  LockedPatch sought;
  sought.target = patch.target;
  sought.change = patch.change;
  sought.owner = patch.owner.name;
  for (const auto& line : accepted.lock->patches) {
    if (!is_same_patch(line, sought)) continue;
    const bool wider = patch.boundary > line.boundary || (patch.everywhere && !line.everywhere) ||
                       (!line.range.empty() && !in_range(line.range, patch.owner.version));
    if (!wider) return &line;
  }
  return nullptr;
}

std::string because(const std::string& reason) { return reason.empty() ? "" : ": " + reason; }

std::string some_of(const std::vector<std::string>& names, int all) {
  const bool more = static_cast<std::size_t>(all) > names.size();
  return joined(names, ", ") + (more ? ", ..." : "");
}

// Who in the application refers to the target. "Patch your symbol before you patch the world":
// where that is one module, returns the narrower target, the name in it; else "".
std::string tell_users(const Patch& patch, std::vector<std::string>& evidence) {
  if (!patch.reach || patch.reverted) return {};
  const auto& reach = *patch.reach;
  if (reach.subclass_count > 0) {
    evidence.push_back(counted(static_cast<std::size_t>(reach.subclass_count), "subclass") + ": " +
                       some_of(reach.subclasses, reach.subclass_count));
  }
  if (reach.user_modules == 0 || reach.users.empty()) return {};
  evidence.push_back("used by " + counted(static_cast<std::size_t>(reach.user_modules), "module") +
                     " of the application: " + some_of(reach.users, reach.user_modules));
  const bool one = reach.user_modules == 1 && patch.boundary > Boundary::application;
  if (one) {
    evidence.push_back(
        "narrower: nobody else in the application refers to it; what that module "
        "uses can be patched there, at " +
        reach.users.front());
  }
  return one ? reach.users.front() : std::string();
}

ReviewAnswer why_it_is_acceptable(const Patch& patch, const Accepted& accepted) {
  std::vector<std::string> evidence = {"boundary " + std::string(name(patch.boundary)) +
                                       (patch.everywhere ? ", everywhere" : "")};
  bool stale = false;
  if (patch.reach) {
    evidence.push_back("held by " +
                       counted(static_cast<std::size_t>(patch.reach->modules), "module"));
    auto holders = patch.reach->stale;
    stale = !holders.empty() && !patch.reverted;
    const auto number = holders.size();
    if (number > kNamed) holders.resize(kNamed);
    if (number > 0) {
      evidence.push_back("what it replaced is still held by " + counted(number, "module") + ": " +
                         joined(holders, ", ") + (number > kNamed ? ", ..." : ""));
    }
  } else {
    evidence.emplace_back("how many modules hold it is not known: Python did not come to look");
  }
  const auto narrower = tell_users(patch, evidence);
  const auto decision = decide(accepted.policy, policy_facts(patch, accepted.phase));
  if (accepted.policy.stated) {
    evidence.push_back("policy: " + std::string(name(decision.action)) + ", " + decision.where() +
                       because(decision.reason));
  }
  const auto* line = locked_as(patch, accepted);
  if (line != nullptr) {
    evidence.push_back(accepted.lock_path + ":" + std::to_string(line->line) + " has it" +
                       because(line->reason));
  }
  if (accepted.policy.stated && decision.action == Action::deny) {
    return {Outcome::finding, "It is not: the policy denies it.", std::move(evidence)};
  }
  if (stale) {
    return {Outcome::finding,
            "It reaches some and not others: modules still hold what it replaced.",
            std::move(evidence)};
  }
  if (accepted.policy.stated && decision.action == Action::allow) {
    return {Outcome::answered, "The policy allows it" + because(decision.reason) + ".",
            std::move(evidence)};
  }
  if (line != nullptr) {
    return {Outcome::answered, "The lock has it" + because(line->reason) + ".",
            std::move(evidence)};
  }
  return {Outcome::unanswered,
          "Nobody has said so: no rule allows it, and no lock has it" +
              (narrower.empty() ? "." : "; " + narrower + " is narrower."),
          std::move(evidence)};
}

std::string spread(const Timing& timing) {
  return "half of the calls " + duration_words(timing.p50) + ", 99 % " +
         duration_words(timing.p99) + ", the longest " + duration_words(timing.max);
}

std::string percent(double part) {
  std::array<char, 32> text{};
  const int size = std::snprintf(text.data(), text.size(), "%.2g %%", part * 100);
  return {text.data(), static_cast<std::size_t>(std::max(size, 0))};
}

ReviewAnswer what_it_costs(const Patch& patch) {
  if (!patch.metered) {
    return {Outcome::unanswered, "Not known: its calls were not counted.", {}};
  }
  const auto called = counted(patch.calls, "call") + ", of which " + std::to_string(patch.errors) +
                      " ended with an error";
  if (!patch.cost) {
    return {Outcome::answered,
            called + ".",
            {patch.calls == 0 ? "nobody called it in this run" : "none of them was timed"}};
  }
  const auto& cost = *patch.cost;
  const std::string bound(bound_words(cost.at_most, cost.at_least));
  std::vector<std::string> evidence = {"own time of " + spread(cost.own)};
  evidence.push_back(cost.at_most ? "the time of what it replaced could not be told apart: it is "
                                    "in this"
                                  : "what it replaced: " + spread(cost.original));
  if (cost.at_least) {
    evidence.push_back("that is of the calls that make a coroutine or generator, not of its life");
  }
  evidence.push_back("from " + counted(cost.own.sampled, "timed call") + ", each within " +
                     duration_words(cost.uncertainty) + "; " + percent(cost.share) +
                     " of the wall time");
  return {Outcome::answered,
          called + "; own time " + bound + duration_words(cost.own.p50) + " a call, " +
              duration_words(cost.own.total) + " in all.",
          std::move(evidence)};
}

ReviewAnswer can_it_be_disabled(const Patch& patch, const std::string& command) {
  if (patch.reverted) return {Outcome::answered, "There is nothing to disable any more.", {}};
  if (patch.state == "off") return {Outcome::answered, "It is off now.", {"the process says so"}};
  if (patch.switchable == false) {
    return {Outcome::finding, "No: " + patch.why_not + ".", {"the process says so"}};
  }
  std::vector<std::string> evidence = {(patch.switchable
                                            ? "the process can switch it, and was not asked to; `"
                                            : "not tried in this run; `") +
                                       command + " --dry-run` says what would happen"};
  if (patch.governed && patch.fail_patched) {
    evidence.emplace_back("fail=\"patched\": switching everything off spares it");
  }
  return {Outcome::answered, "Yes: " + command, std::move(evidence)};
}

// As a shell takes it: names of programs may hold anything.
std::string shell_word(const std::string& text) {
  const auto is_plain = [](char c) {
    constexpr std::string_view kPlain = "-_.:/+@%";
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           kPlain.find(c) != std::string_view::npos;
  };
  if (!text.empty() && std::all_of(text.begin(), text.end(), is_plain)) return text;
  std::string quoted = "'";
  for (const char c : text) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

// A name as a glob of it that can be shown and typed: what cannot, or is too long for it, is `*`.
std::string typed(const std::string& name) {
  constexpr std::size_t kLongest = 400;
  if (printable(name, kLongest) == name) return name;
  std::string glob;
  for (const char c : name.substr(0, kLongest)) {
    const bool plain = c >= ' ' && c <= '~';
    if (plain || !glob.ends_with('*')) glob += plain ? c : '*';
  }
  return glob.ends_with('*') || name.size() <= kLongest ? glob : glob + "*";
}

std::string command_for(const Patch& patch, const std::string& process) {
  const auto owner = typed(patch.owner.name);
  const auto named = owner == patch.owner.name ? "--owner " + shell_word(owner) + " " : "";
  return "overt off " + (process.empty() ? "" : shell_word(process) + " ") + named + "--target " +
         shell_word(typed(patch.target));
}

ReviewedPatch reviewed(const Patch& patch, const Accepted& accepted, const std::string& process) {
  auto command = command_for(patch, process);
  return {patch,
          {},
          {what_stays_visible(patch), how_it_is_restored(patch), is_the_traceback_useful(patch),
           why_it_is_acceptable(patch, accepted), what_it_costs(patch),
           can_it_be_disabled(patch, command)},
          std::move(command)};
}

// Of the same patch in several processes the one that was not proved counts.
bool is_proved_less(const Patch& patch, const Patch& than) {
  return patch.proof && !patch.proof->proved && than.proof && than.proof->proved;
}

}  // namespace

std::string_view name(Outcome outcome) {
  constexpr std::array<std::string_view, 3> kNames = {"answered", "finding", "unanswered"};
  return kNames[static_cast<std::size_t>(outcome)];
}

std::size_t Review::findings() const {
  std::size_t number = conflicts.size();
  for (const auto& patch : patches) {
    number += static_cast<std::size_t>(
        std::count_if(patch.answers.begin(), patch.answers.end(),
                      [](const auto& answer) { return answer.outcome != Outcome::answered; }));
  }
  return number;
}

Review review_of(const std::vector<Report>& reports, const Accepted& accepted,
                 const std::string& process) {
  Review review;
  std::map<std::tuple<std::string, std::string, Change, std::string, int>, std::size_t> known;
  for (const auto& report : reports) {
    review.processes.push_back({report.pid, report.python, report.argv});
    for (const auto& event : report.events) review.events.push_back({report.pid, event});
    for (const auto& patch : report.patches) {
      if (patch.internal) continue;
      const auto key = std::tuple(patch.target, patch.owner.name, patch.change, patch.site.file,
                                  patch.site.line);
      const auto [at, fresh] = known.try_emplace(key, review.patches.size());
      if (fresh) review.patches.push_back(reviewed(patch, accepted, process));
      auto& entry = review.patches[at->second];
      if (is_proved_less(patch, entry.patch)) {
        entry.patch.proof = patch.proof;
        entry.answers[1] = how_it_is_restored(entry.patch);
      }
      auto& pids = entry.pids;
      if (pids.empty() || pids.back() != report.pid) pids.push_back(report.pid);
    }
  }
  std::stable_sort(review.patches.begin(), review.patches.end(), [](const auto& a, const auto& b) {
    return a.patch.owner.name < b.patch.owner.name;
  });
  std::stable_sort(review.events.begin(), review.events.end(),
                   [](const auto& a, const auto& b) { return a.event.at < b.event.at; });
  review.conflicts = seen_in(reports).conflicts;
  return review;
}

}  // namespace overt
