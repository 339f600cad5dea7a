// Six questions, and answers that are never better than their evidence.
#include "overt/review.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "patches.h"

namespace overt::test {
namespace {

// The outcome and the sentence of one question, 1 to 6.
std::string answer(const Patch& patch, std::size_t question, const Accepted& accepted = {}) {
  const auto review = review_of({report_of({patch})}, accepted);
  REQUIRE(review.patches.size() == 1);
  const auto& found = review.patches[0].answers[question - 1];
  return std::string(name(found.outcome)) + ": " + found.said;
}

bool has_evidence(const Patch& patch, std::size_t question, const std::string& evidence,
                  const Accepted& accepted = {}) {
  const auto review = review_of({report_of({patch})}, accepted);
  const auto& all = review.patches[0].answers[question - 1].evidence;
  return std::find(all.begin(), all.end(), evidence) != all.end();
}

Patch governed() {
  auto patch = patch_of("time:time", "acme");
  patch.governed = true;
  patch.lifetime = "process";
  patch.metered = true;
  patch.calls = 7;
  patch.errors = 1;
  return patch;
}

Accepted accepting(std::string_view policy, std::string_view lock = "") {
  Accepted accepted;
  accepted.policy = parse_policy(policy, "overt.toml").value();
  if (!lock.empty()) {
    accepted.lock = parse_lock("overt.lock 1\n" + std::string(lock), "overt.lock").value();
  }
  accepted.lock_path = "overt.lock";
  return accepted;
}

TEST_CASE("what stays visible is told from the two values") {
  auto patch = patch_of("http.client:HTTPConnection.send", "acme");
  CHECK(answer(patch, 1) == "finding: It goes by another name than what it replaced.");
  CHECK(has_evidence(patch, 1, "now: function package.module:send"));
  patch.new_value = patch.old_value;
  CHECK(answer(patch, 1) == "answered: Name and module are those of what it replaced.");
  CHECK(has_evidence(patch, 1, "doc, signature and __wrapped__ were not compared"));
  patch.new_value.qualname.clear();
  CHECK(answer(patch, 1).starts_with("unanswered: "));
  patch.change = Change::code;
  CHECK(answer(patch, 1).starts_with("finding: The function is the same object"));
  patch.change = Change::deleted;
  CHECK(answer(patch, 1).starts_with("finding: Nothing"));
  patch.change = Change::added;
  patch.old_value = {};
  CHECK(answer(patch, 1).starts_with("answered: It hides nothing"));
  CHECK(has_evidence(patch, 1, "before: nothing"));
  CHECK(answer(governed(), 1).starts_with("answered: All of it"));
}

TEST_CASE("how a wrapper looks is told where it was compared") {
  auto patch = patch_of("http.client:HTTPConnection.send", "acme");
  patch.new_value = patch.old_value;
  patch.looks = Looks{true, true, true, "", ""};
  CHECK(answer(patch, 1) == "answered: It looks like what it replaced, and leads there.");
  patch.looks->leads_back = false;
  CHECK(answer(patch, 1) == "finding: It looks like what it replaced, but nothing leads there.");
  patch.looks = Looks{false, false, false, "(self, data)", "(*args)"};
  patch.new_value.qualname = "wrapper";
  CHECK(answer(patch, 1) == "finding: It looks unlike what it replaced, and nothing leads there.");
  CHECK(has_evidence(patch, 1, "signature: (self, data) before, (*args) now"));
  patch.looks->same_signature.reset();
  CHECK(has_evidence(patch, 1, "signature: one of the two has none to be read"));
}

TEST_CASE("the way back is a lifetime, a handle, or nobody's promise") {
  CHECK(answer(patch_of("m:a", "acme"), 2).starts_with("finding: Nobody promised to"));
  auto patch = governed();
  CHECK(answer(patch, 2).starts_with("answered: By its handle"));
  patch.lifetime = "scope";
  CHECK(answer(patch, 2) == "answered: By itself, at the end of its scope.");
  auto report = report_of({patch_of("m:a", "acme")});
  report.patches[0].reverted = true;
  const auto review = review_of({report}, {});
  CHECK(review.patches[0].answers[1].said.starts_with("It was: "));
  CHECK(review.patches[0].answers[5].said == "There is nothing to disable any more.");
}

TEST_CASE("a removal that was tried is told with what came of it") {
  auto patch = governed();
  patch.proof = Proof{true, false, "the same object came back", 1.5};
  CHECK(answer(patch, 2).starts_with("answered: By its handle"));
  CHECK(answer(patch, 2).ends_with(" That was proved."));
  CHECK(has_evidence(patch, 2, "proved: the same object came back"));
  patch.proof = Proof{false, true, "2 calls are inside of it", 1.5};
  CHECK(answer(patch, 2).starts_with("finding: By its handle"));
  CHECK(has_evidence(patch, 2, "not proved: 2 calls are inside of it"));
  auto foreign = patch_of("m:a", "acme");
  foreign.proof = Proof{true, false, "its name took it back", 1.5};
  CHECK(answer(foreign, 2).starts_with("finding: Nobody promised to, though it can be"));
}

TEST_CASE("of several processes the one where a removal was not proved counts") {
  auto here = governed();
  here.proof = Proof{true, false, "the same object came back", 1.5};
  auto there = here;
  there.proof = Proof{false, false, "it is buried", 1.5};
  for (const auto& reports : {std::vector{report_of({here}), report_of({there})},
                              std::vector{report_of({there}), report_of({here})}}) {
    const auto review = review_of(reports, {});
    REQUIRE(review.patches.size() == 1);
    CHECK(review.patches[0].answers[1].evidence.back() == "not proved: it is buried");
  }
}

TEST_CASE("what was not read or counted has no answer") {
  CHECK(answer(patch_of("m:a", "acme"), 3).starts_with("unanswered: "));
  CHECK(answer(patch_of("m:a", "acme"), 5).starts_with("unanswered: "));
  CHECK(answer(governed(), 3).starts_with("unanswered: "));
  CHECK(has_evidence(governed(), 3, "1 of 7 calls ended with an error"));
  CHECK(answer(governed(), 5) == "answered: 7 calls, of which 1 ended with an error.");
  auto gone = patch_of("m:a", "acme");
  gone.change = Change::deleted;
  CHECK(answer(gone, 3) == "answered: It puts no frame of its own into one.");
}

TEST_CASE("what its handlers do tells whether a traceback is useful") {
  auto patch = patch_of("m:a", "acme");
  patch.handlers.emplace();
  CHECK(answer(patch, 3).starts_with("answered: Yes: it catches no error"));
  patch.handlers = {{Handling::raises_again, 4}, {Handling::leaves_it, 5}};
  CHECK(answer(patch, 3).starts_with("answered: Yes: errors that it catches go on"));
  CHECK(has_evidence(patch, 3,
                     "bytecode: a handler around a call, line 4, raises the same error again"));
  patch.handlers->push_back({Handling::replaces, 6});
  CHECK(answer(patch, 3).starts_with("finding: It raises other errors"));
  patch.handlers->push_back({Handling::drops_cause, 7});
  CHECK(answer(patch, 3).starts_with("finding: It hides errors"));
  patch.handlers->push_back({Handling::swallows, 8});
  CHECK(answer(patch, 3).starts_with("finding: It may swallow errors"));
}

TEST_CASE("what became of errors in calls goes before what its handlers could do") {
  auto patch = patch_of("m:a", "acme");
  patch.evidence = ErrorsSeen{16, 5, 0, 1, 0};
  CHECK(answer(patch, 3).starts_with("unanswered: Only from what was seen"));
  CHECK(
      has_evidence(patch, 3,
                   "seen: what it replaced raised in 5 of 16 calls that were looked at; 4 went on "
                   "as they were; 1 replaced by others that show the first"));
  patch.handlers.emplace();
  CHECK(answer(patch, 3).starts_with("answered: Yes"));
  patch.evidence->hidden = 1;
  CHECK(answer(patch, 3).starts_with("finding: It hid errors"));
  patch.evidence->swallowed = 1;
  CHECK(answer(patch, 3) == "finding: It swallowed errors of what it calls.");
  patch.evidence->raised = 0;  // counters are read one by one, while calls go on
  CHECK(answer(patch, 3).starts_with("finding: It swallowed"));
}

TEST_CASE("where one module of the application uses a target, the narrower one is named") {
  auto patch = patch_of("time:time", "acme");
  patch.reach = Reach{2, {}};
  patch.reach->users = {"shop.clock:now"};
  patch.reach->user_modules = 1;
  CHECK(answer(patch, 4).ends_with("no lock has it; shop.clock:now is narrower."));
  patch.boundary = Boundary::own;
  CHECK(answer(patch, 4).ends_with("no lock has it."));
  patch.boundary = Boundary::stdlib;
  patch.reach->user_modules = 30;
  patch.reach->subclasses = {"shop:A"};
  patch.reach->subclass_count = 1;
  CHECK(answer(patch, 4).ends_with("no lock has it."));
  CHECK(has_evidence(patch, 4, "used by 30 modules of the application: shop.clock:now, ..."));
  CHECK(has_evidence(patch, 4, "1 subclass: shop:A"));
}

TEST_CASE("a living process says whether it can be switched") {
  auto patch = patch_of("m:a", "acme");
  patch.switchable = true;
  CHECK(has_evidence(patch, 6,
                     "the process can switch it, and was not asked to; `overt off --owner acme "
                     "--target m:a --dry-run` says what would happen"));
  patch.switchable = false;
  patch.why_not = "something else stands there";
  CHECK(answer(patch, 6) == "finding: No: something else stands there.");
  patch.state = "off";
  CHECK(answer(patch, 6) == "answered: It is off now.");
  const auto review = review_of({report_of({patch})}, {}, "my app");
  CHECK(review.patches[0].command == "overt off 'my app' --owner acme --target m:a");
}

TEST_CASE("a blast radius is acceptable where the team has said so") {
  auto patch = patch_of("m:a", "acme");
  patch.reach = Reach{3, {}};
  CHECK(answer(patch, 4).starts_with("unanswered: Nobody has said so"));
  CHECK(has_evidence(patch, 4, "boundary stdlib"));
  CHECK(has_evidence(patch, 4, "held by 3 modules"));
  const auto allowed = accepting("[[policy.rule]]\naction = \"allow\"\nreason = \"tracing\"\n");
  CHECK(answer(patch, 4, allowed) == "answered: The policy allows it: tracing.");
  CHECK(has_evidence(patch, 4, "policy: allow, overt.toml:1: tracing", allowed));
  const auto denied = accepting("[policy]\ndefault = \"deny\"\n", "m:a replaced by acme in own\n");
  CHECK(answer(patch, 4, denied) == "finding: It is not: the policy denies it.");
  const auto locked = accepting("", "m:a replaced by acme >=1,<2 in stdlib # ok\n");
  CHECK(answer(patch, 4, locked) == "answered: The lock has it: ok.");
  CHECK(has_evidence(patch, 4, "overt.lock:2 has it: ok", locked));
  for (const char* line : {"m:a replaced by acme in own\n", "m:a replaced by acme >=2 in stdlib\n",
                           "m:a added by acme in stdlib\n", "m:a replaced by x in stdlib\n"}) {
    CHECK(answer(patch, 4, accepting("", line)).starts_with("unanswered: "));
  }
  patch.reach->stale = std::vector<std::string>(14, "shop.http");
  CHECK(answer(patch, 4, allowed).starts_with("finding: It reaches some and not others"));
  patch.reach.reset();
  CHECK(
      has_evidence(patch, 4, "how many modules hold it is not known: Python did not come to look"));
}

TEST_CASE("the command that disables it is one that a shell takes as it is meant") {
  const auto command = [](const Patch& patch) {
    return review_of({report_of({patch})}, {}).patches[0].command;
  };
  CHECK(command(patch_of("m:a.b", "acme")) == "overt off --owner acme --target m:a.b");
  CHECK(command(patch_of("m:<l>$(x)", "o'r")) ==
        "overt off --owner 'o'\\''r' --target 'm:<l>$(x)'");
  CHECK(command(patch_of("m:a\x1b[31m\u202eb", "acme\n")) == "overt off --target 'm:a*[31m*b'");
  const auto longest = command(patch_of("m:" + std::string(1 << 20, 'a'), "acme"));
  CHECK(longest == "overt off --owner acme --target 'm:" + std::string(398, 'a') + "*'");
}

TEST_CASE("several processes have a patch once, by owner, with the pids that have it") {
  auto first = report_of({patch_of("m:z", "zeta"), patch_of("m:a", "acme")});
  auto second = report_of({patch_of("m:a", "acme"), patch_of("m:a", "other", 11)});
  second.pid = 8;
  auto internal = patch_of("m:i", "acme");
  internal.internal = true;
  second.patches.push_back(internal);
  const auto review = review_of({first, second}, {});
  REQUIRE(review.patches.size() == 3);
  CHECK(review.patches[0].patch.owner.name == "acme");
  CHECK(review.patches[0].pids == std::vector<int>{7, 8});
  CHECK(review.patches[2].pids == std::vector<int>{7});
  REQUIRE(review.conflicts.size() == 1);
  CHECK(review.conflicts[0].owners == std::vector<std::string>{"acme", "other"});
  const auto text = to_text(review, false);
  CHECK(text.starts_with("overt: 3 patches in 2 processes, "));
  CHECK(text.find("  m:a: several owners at the same time: acme, other\n") != std::string::npos);
  CHECK(text.find("     in 2 of 2 processes\n") != std::string::npos);
}

TEST_CASE("what a patch costs is told where its calls were timed") {
  auto patch = patch_of("m:a", "acme");
  patch.metered = true;
  CHECK(has_evidence(patch, 5, "nobody called it in this run"));
  patch.calls = 100;
  CHECK(has_evidence(patch, 5, "none of them was timed"));
  patch.cost = Cost{.own = {10, 530e3, 5.3e3, 5.2e3, 9e3, 12e3},
                    .original = {10, 1e6, 1e4, 1e4, 2e4, 3e4},
                    .uncertainty = 50,
                    .share = 0.0123};
  CHECK(answer(patch, 5) ==
        "answered: 100 calls, of which 0 ended with an error; own time 5.2 us a call, 530 us in "
        "all.");
  CHECK(has_evidence(patch, 5,
                     "own time of half of the calls 5.2 us, 99 % 9.0 us, the longest 12 us"));
  CHECK(has_evidence(patch, 5, "from 10 timed calls, each within 50 ns; 1.2 % of the wall time"));
  patch.cost->at_most = true;
  CHECK(answer(patch, 5).find("own time at most 5.2 us a call") != std::string::npos);
}

TEST_CASE("findings come first, and names harm nobody") {
  const std::string evil = "m:\x1b[31m\n<script>\xff\u202e";
  const auto review = review_of({report_of({patch_of(evil, evil)})}, {});
  const auto text = to_text(review, false);
  CHECK(is_harmless(text));
  CHECK(text.find("findings\n") < text.find("1 What stays visible?"));
  CHECK(text.find("What does it cost? has no answer for 1 patch\n") != std::string::npos);
  CHECK(to_text(review, true).find("\x1b[1m") != std::string::npos);
  CHECK(is_harmless(to_json(review)));
  const auto json = nlohmann::json::parse(to_json(review));
  CHECK(json["schema"] == "overt.review/1");
  CHECK(json["findings"] == review.findings());
  CHECK(json["questions"].size() == 6);
  CHECK(json["patches"][0]["answers"][4]["outcome"] == "unanswered");
  CHECK(to_text(review_of({report_of({})}, {}), false) ==
        "overt: 0 patches in 1 process, 0 findings\n");
}

}  // namespace
}  // namespace overt::test
