#include "overt/switchboard.h"

#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <nlohmann/json.hpp>
#include <random>
#include <set>
#include <thread>

using namespace overt;

namespace {

Facts facts_of(const std::string& owner, const std::string& target = "m:f",
               Fail fail = Fail::original) {
  return {target, {owner, "1", owner}, Boundary::stdlib, true, fail};
}

Vote control(Selector selector, std::string reason = "test") {
  return {Source::control, std::move(selector), {"me", std::move(reason)}, false, 0};
}

// A board whose journal, work and time are the test's.
struct Fixture {
  double time = 100;
  bool disk_is_full = false;
  std::vector<SwitchEntry> journal;
  std::vector<std::pair<int, bool>> work;
  int changes = 0;
  std::array<Cell, 4> cells;
  Switchboard board{{.journal =
                         [this](const SwitchEntry& entry) {
                           if (!disk_is_full) journal.push_back(entry);
                           return !disk_is_full;
                         },
                     .work = [this](int id, bool off) { work.emplace_back(id, off); },
                     .changed = [this] { ++changes; }},
                    [this] { return time; }};
};

}  // namespace

TEST_CASE_FIXTURE(Fixture, "off and on reach the cell at once, and the journal says who and why") {
  CHECK_FALSE(board.enroll(1, facts_of("a"), &cells[0]));
  REQUIRE(board.vote(control(Selector::of_patch(1))));
  CHECK(cells[0].is_off());
  CHECK(board.standing(1)->level == Level::drained);
  REQUIRE(board.unvote(Source::control, Selector::of_patch(1), {"me", "over"}));
  CHECK_FALSE(cells[0].is_off());
  REQUIRE(journal.size() == 2);
  CHECK(journal[0].turned_off == std::vector{1});
  CHECK(journal[1].turned_on == std::vector{1});
  CHECK(journal[1].by.reason == "over");
  CHECK(journal[0].sequence < journal[1].sequence);
  CHECK(changes == 2);
}

TEST_CASE_FIXTURE(Fixture, "only the source that voted can withdraw") {
  board.enroll(1, facts_of("a"), &cells[0]);
  REQUIRE(board.vote(control(Selector::of_owner("a"))));
  REQUIRE(board.vote({Source::api, Selector::everything(), {"code", ""}, false, 0}));
  REQUIRE(board.unvote(Source::control, Selector::everything(), {"me", ""}));
  CHECK(cells[0].is_off());
  CHECK(journal.back().turned_on.empty());
  REQUIRE(journal.back().held.size() == 1);
  CHECK(journal.back().held.front().source == Source::api);
  REQUIRE(board.unvote(Source::api, Selector::everything(), {"code", ""}));
  CHECK_FALSE(cells[0].is_off());
}

TEST_CASE_FIXTURE(Fixture, "a patch that is enrolled under an owner that is off starts off") {
  REQUIRE(board.vote(control(Selector::of_owner("late"))));
  CHECK(board.enroll(1, facts_of("late"), &cells[0]));
  CHECK(cells[0].is_off());
  board.enroll_queued(2, facts_of("late"));
  CHECK(work == std::vector{std::pair(2, true)});
  CHECK(board.standing(2)->level == Level::queued);
}

TEST_CASE_FIXTURE(Fixture, "withdrawing an owner takes the votes on its patches along") {
  board.enroll(1, facts_of("a"), &cells[0]);
  board.enroll(2, facts_of("b"), &cells[1]);
  REQUIRE(board.vote(control(Selector::of_patch(1))));
  REQUIRE(board.vote(control(Selector::of_patch(2))));
  REQUIRE(board.unvote(Source::control, Selector::of_owner("a"), {"me", ""}));
  CHECK_FALSE(cells[0].is_off());
  CHECK(cells[1].is_off());
}

TEST_CASE_FIXTURE(Fixture, "protected patches are spared by a wide vote") {
  board.enroll(1, facts_of("a", "m:f", Fail::patched), &cells[0]);
  REQUIRE(board.vote(control(Selector::everything())));
  CHECK_FALSE(cells[0].is_off());
  auto vote = control(Selector::everything(), "");
  vote.including_protected = true;
  const auto refused = board.vote(vote);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == Code::usage);
  vote.by.reason = "the fix is worse";
  REQUIRE(board.vote(vote));
  CHECK(cells[0].is_off());
}

TEST_CASE_FIXTURE(Fixture, "off is never refused, on needs the journal") {
  board.enroll(1, facts_of("a"), &cells[0]);
  disk_is_full = true;
  REQUIRE(board.vote(control(Selector::of_patch(1))));
  CHECK(cells[0].is_off());
  const auto refused = board.unvote(Source::control, Selector::of_patch(1), {"me", ""});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == Code::io);
  CHECK(cells[0].is_off());
  disk_is_full = false;
  REQUIRE(board.unvote(Source::control, Selector::of_patch(1), {"me", ""}));
  CHECK_FALSE(cells[0].is_off());
}

TEST_CASE_FIXTURE(Fixture, "a file replaces all its votes, and what it adds holds on a full disk") {
  board.enroll(1, facts_of("a"), &cells[0]);
  board.enroll(2, facts_of("b"), &cells[1]);
  const By file{"overt.toml", ""};
  const auto vote = [&](const char* owner) {
    return Vote{Source::file, Selector::of_owner(owner), file, false, 0};
  };
  REQUIRE(board.replace(Source::file, {vote("a")}, file));
  disk_is_full = true;
  CHECK_FALSE(board.replace(Source::file, {vote("b")}, file));
  CHECK(cells[0].is_off());
  CHECK(cells[1].is_off());
  disk_is_full = false;
  REQUIRE(board.replace(Source::file, {vote("b")}, file));
  CHECK_FALSE(cells[0].is_off());
  REQUIRE(board.replace(Source::file, {}, file));
  CHECK_FALSE(cells[1].is_off());
}

TEST_CASE_FIXTURE(Fixture, "a lift ends by itself, by the boot clock, and by the next off") {
  board.enroll(1, facts_of("a"), &cells[0]);
  REQUIRE(board.vote({Source::budget, Selector::of_patch(1), {"budget", "20us"}, false, 0}));
  CHECK_FALSE(board.lift(Selector::of_patch(1), 60, {"me", ""}));
  CHECK_FALSE(board.lift(Selector::of_patch(1), 3601, {"me", "why"}));
  CHECK_FALSE(board.lift(Selector::of_patch(1), 0, {"me", "why"}));
  REQUIRE(board.lift(Selector::of_patch(1), 60, {"me", "why"}));
  CHECK_FALSE(cells[0].is_off());
  CHECK(board.standing(1)->lifted.size() == 1);
  CHECK(board.expire() == 160);
  time = 159;
  CHECK(board.expire() == 160);
  CHECK_FALSE(cells[0].is_off());
  time = 160;
  CHECK_FALSE(board.expire());
  CHECK(cells[0].is_off());
  CHECK(journal.back().verb == "expire");
  CHECK(journal.back().turned_off == std::vector{1});
  REQUIRE(board.lift(Selector::everything(), 60, {"me", "why"}));
  REQUIRE(board.vote(control(Selector::of_patch(1))));
  CHECK(cells[0].is_off());
  CHECK_FALSE(board.is_lifted());
}

TEST_CASE_FIXTURE(Fixture, "a lift reaches control, api and budget, and tells what it lifts") {
  board.enroll(1, facts_of("a"), &cells[0]);
  for (const auto source : {Source::control, Source::api, Source::budget}) {
    REQUIRE(board.vote({source, Selector::of_patch(1), {"x", ""}, false, 0}));
    CHECK(cells[0].is_off());
    REQUIRE(board.lift(Selector::of_patch(1), 60, {"me", "why"}));
    CHECK_FALSE(cells[0].is_off());
    CHECK(board.standing(1)->votes.empty());
    REQUIRE(board.unvote(source, Selector::of_patch(1), {}));
    time += 60;
    CHECK_FALSE(board.expire());
  }
  REQUIRE(board.replace(Source::policy,
                        {{Source::policy, Selector::everything(), {"x", ""}, false, 0}}, {}));
  REQUIRE(board.lift(Selector::everything(), 60, {"me", "why"}));
  CHECK(board.standing(1)->lifted.empty());
  CHECK(board.votes_on(1).size() == 1);
}

TEST_CASE_FIXTURE(Fixture, "an off ends the lifts that have a patch in common with it, no others") {
  board.enroll(1, facts_of("a", "m:f"), &cells[0]);
  board.enroll(2, facts_of("b", "n:f"), &cells[1]);
  const auto ends = [&](const Selector& lifted, const Selector& off) {
    REQUIRE(board.lift(lifted, 60, {"me", "why"}));
    REQUIRE(board.vote(control(off)));
    const bool ended = !board.is_lifted();
    time += 60;
    board.expire();
    REQUIRE(board.unvote(Source::control, Selector::everything(), {}));
    return ended;
  };
  CHECK(ends(Selector::of_patch(1), Selector::everything()));
  CHECK(ends(Selector::everything(), Selector::of_patch(1)));
  CHECK(ends(Selector::of_patch(1), Selector::of_owner("a")));
  CHECK(ends(Selector::of_owner("a"), Selector::of_patch(1)));
  CHECK(ends(Selector::of_owner("a"), Selector::of_target("m:*")));
  CHECK_FALSE(ends(Selector::of_patch(1), Selector::of_owner("b")));
  CHECK_FALSE(ends(Selector::of_owner("b"), Selector::of_patch(1)));
  CHECK_FALSE(ends(Selector::of_owner("a"), Selector::of_target("n:*")));
}

TEST_CASE_FIXTURE(Fixture, "a lift does not reach policy, environment and file") {
  board.enroll(1, facts_of("a"), &cells[0]);
  for (const auto source : {Source::policy, Source::environment, Source::file}) {
    REQUIRE(board.replace(source, {{source, Selector::everything(), {"x", ""}, false, 0}}, {}));
    REQUIRE(board.lift(Selector::everything(), 60, {"me", "why"}));
    CHECK(cells[0].is_off());
    REQUIRE(board.replace(source, {}, {}));
    CHECK_FALSE(cells[0].is_off());
  }
}

TEST_CASE_FIXTURE(Fixture, "levels: accepted while a call is inside, then drained, then removed") {
  board.enroll(1, facts_of("a"), &cells[0]);
  cells[0].entered.add();
  REQUIRE(board.vote(control(Selector::of_patch(1))));
  CHECK(board.standing(1)->level == Level::accepted);
  CHECK(board.standing(1)->inside == 1);
  cells[0].left.add();
  CHECK(board.standing(1)->level == Level::drained);
  board.settle(1, true, Level::removed);
  CHECK(board.standing(1)->level == Level::removed);
  board.settle(1, false, Level::accepted);  // late news of an older wish
  CHECK(board.standing(1)->level == Level::removed);
  REQUIRE(board.unvote(Source::control, Selector::everything(), {"me", ""}));
  CHECK(board.standing(1)->level == Level::queued);
  CHECK(work == std::vector{std::pair(1, false)});
  board.settle(1, false, Level::accepted);
  CHECK(board.standing(1)->level == Level::accepted);
}

TEST_CASE_FIXTURE(Fixture, "queued work says what came of it") {
  board.enroll_queued(1, facts_of("a"));
  REQUIRE(board.vote(control(Selector::of_patch(1))));
  CHECK(board.standing(1)->level == Level::queued);
  CHECK_FALSE(board.standing(1)->is_off());
  board.settle(1, true, Level::refused, "a foreign patch is on top");
  CHECK(board.standing(1)->why == "a foreign patch is on top");
  board.settle(1, true, Level::removed);
  CHECK(board.standing(1)->is_off());
  REQUIRE(board.unvote(Source::control, Selector::of_patch(1), {"me", ""}));
  CHECK(work == std::vector{std::pair(1, true), std::pair(1, false)});
}

TEST_CASE_FIXTURE(Fixture, "what cannot be switched says why, and counts as on") {
  board.enroll_fixed(1, facts_of("a"), "no way");
  REQUIRE(board.vote(control(Selector::of_patch(1))));
  CHECK(board.standing(1)->level == Level::refused);
  CHECK(board.standing(1)->why == "no way");
  CHECK_FALSE(board.standing(1)->is_off());
  CHECK(journal.back().turned_off.empty());
  board.arm(1, &cells[0]);  // its mechanism comes later: the vote was waiting for it
  CHECK(cells[0].is_off());
  board.disarm(1, "gone again");
  CHECK_FALSE(board.standing(1)->is_off());
}

TEST_CASE_FIXTURE(Fixture, "what cannot be switched is on while nobody wants it off") {
  board.enroll_fixed(1, facts_of("a"), "no way");
  CHECK(board.standing(1)->level == Level::accepted);
  CHECK(board.standing(1)->why == "no way");
}

TEST_CASE_FIXTURE(Fixture, "what gets its means later as queued work is queued at once where off") {
  board.enroll_fixed(1, facts_of("a"), "not yet");
  board.enroll_fixed(2, facts_of("b"), "not yet");
  REQUIRE(board.vote(control(Selector::of_patch(1))));
  board.arm_queued(1);
  board.arm_queued(2);
  CHECK(work == std::vector{std::pair(1, true)});
  CHECK(board.standing(1)->level == Level::queued);
  CHECK(board.standing(1)->why.empty());
  CHECK(board.standing(2)->level == Level::accepted);
  CHECK(board.standing(2)->why.empty());
}

TEST_CASE_FIXTURE(Fixture, "means and news of a patch that is not known change nothing") {
  REQUIRE(board.vote(control(Selector::everything())));
  board.arm(9, &cells[0]);
  board.arm_queued(9);
  board.disarm(9, "gone");
  board.settle(9, true, Level::removed);
  CHECK_FALSE(board.standing(9));
  CHECK_FALSE(board.is_off(9));
  CHECK(board.votes_on(9).empty());
  CHECK_FALSE(cells[0].is_off());
  CHECK(work.empty());
}

TEST_CASE_FIXTURE(Fixture, "a vote on a patch that is not known is withdrawn by its own name") {
  REQUIRE(board.vote(control(Selector::of_patch(9))));
  REQUIRE(board.unvote(Source::control, Selector::of_owner("a"), {"me", ""}));
  CHECK(board.all_votes().size() == 1);
  REQUIRE(board.unvote(Source::control, Selector::of_patch(9), {"me", ""}));
  CHECK(board.all_votes().empty());
}

TEST_CASE_FIXTURE(Fixture, "a vote that has its time keeps it, any other gets the present one") {
  auto vote = control(Selector::of_patch(1));
  vote.at = 5;
  REQUIRE(board.vote(vote));
  CHECK(board.all_votes()[0].at == 5);
  REQUIRE(board.replace(Source::control, {vote, control(Selector::of_patch(2))}, {}));
  CHECK(board.all_votes()[0].at == 5);
  CHECK(board.all_votes()[1].at > 1e9);
}

TEST_CASE("levels have names that can be read back") {
  for (const auto level :
       {Level::refused, Level::queued, Level::accepted, Level::drained, Level::removed}) {
    CHECK(parse_level(name(level)) == level);
  }
  CHECK_FALSE(parse_level("done"));
}

TEST_CASE_FIXTURE(Fixture, "transitions are counted by source, and a child starts at none") {
  board.enroll(1, facts_of("a"), &cells[0]);
  board.enroll(2, facts_of("a"), &cells[1]);
  REQUIRE(board.vote(control(Selector::of_owner("a"))));
  REQUIRE(board.unvote(Source::control, Selector::of_owner("a"), {}));
  std::string told;
  for (const auto& [source, off, count] : board.transitions()) {
    told += std::string(name(source)) + (off ? " off " : " on ") + std::to_string(count) + "; ";
  }
  CHECK(told == "control on 2; control off 2; ");
  board.forget_transitions();
  CHECK(board.transitions().empty());
}

TEST_CASE("an entry of the journal is one line of JSON, whatever the words hold") {
  const Vote held{Source::policy, Selector::everything(), {"overt.toml", ""}, true, 2};
  auto narrowed = Selector::of_target("m:*");
  narrowed.owner = "a";
  const SwitchEntry entry{
      7,   1.5,    "on",  Source::control, {Selector::of_patch(3), narrowed}, {"me\n", "\xff"},
      {1}, {2, 3}, {held}};
  const auto line = to_json(entry);
  CHECK(line.find('\n') == std::string::npos);
  CHECK(nlohmann::json::parse(line) == nlohmann::json::parse(R"({
    "verb": "on", "source": "control",
    "on": [{"scope": "patch", "patch": 3}, {"scope": "target", "target": "m:*", "owner": "a"}],
    "actor": "me\n", "reason": "\ufffd", "at": 1.5, "turned_off": [1], "turned_on": [2, 3],
    "held": [{"source": "policy", "scope": "process", "actor": "overt.toml", "reason": "",
              "at": 2, "including_protected": true}]})"));
}

TEST_CASE_FIXTURE(Fixture, "a withdrawn patch leaves its cell alone") {
  board.enroll(1, facts_of("a"), &cells[0]);
  board.withdraw_patch(1);
  REQUIRE(board.vote(control(Selector::everything())));
  CHECK_FALSE(cells[0].is_off());
  CHECK_FALSE(board.standing(1));
}

TEST_CASE_FIXTURE(Fixture, "a listener may call back: nothing is locked while it runs") {
  board.listen({.journal = {},
                .work = [this](int id, bool off) { board.settle(id, off, Level::removed); },
                .changed = [this] { CHECK(board.all_votes().size() <= 1); }});
  board.enroll_queued(1, facts_of("a"));
  REQUIRE(board.vote(control(Selector::everything())));
  CHECK(board.standing(1)->level == Level::removed);
}

TEST_CASE_FIXTURE(Fixture, "children inherit votes by name, not those of environment and file") {
  board.enroll(1, facts_of("a", "m:f"), &cells[0]);
  CHECK(board.for_children().empty());
  REQUIRE(board.vote(control(Selector::of_patch(1), "incident \"42\"\n")));
  REQUIRE(board.vote(control(Selector::of_owner("b"))));
  REQUIRE(board.replace(Source::environment,
                        {{Source::environment, Selector::of_owner("c"), {}, false, 0}}, {}));
  Switchboard child;
  Cell of_a;
  Cell of_b;
  Cell of_c;
  REQUIRE(child.inherit(board.for_children()));
  child.enroll(7, facts_of("a", "m:f"), &of_a);
  child.enroll(8, facts_of("b", "m:f"), &of_b);
  child.enroll(9, facts_of("c", "m:f"), &of_c);
  CHECK(of_a.is_off());
  CHECK(of_b.is_off());
  CHECK_FALSE(of_c.is_off());
  REQUIRE(child.unvote(Source::control, Selector::everything(), {"me", ""}));
  CHECK_FALSE(of_a.is_off());
  for (const char* wrong : {"", "x", "[]", R"({"votes": 1})", R"({"votes": [1]})",
                            R"({"votes": [{"scope": "owner"}]})", R"({"lifts": [{}]})"}) {
    CHECK_FALSE(child.inherit(wrong));
  }
}

TEST_CASE_FIXTURE(Fixture, "of votes and lifts only what means something elsewhere is handed on") {
  board.enroll(1, facts_of("a", "m:f"), &cells[0]);
  for (const auto own : {Source::policy, Source::environment, Source::file}) {
    REQUIRE(board.vote({own, Selector::everything(), {}, false, 0}));
  }
  REQUIRE(board.vote(control(Selector::of_patch(9))));  // of which nothing is known
  CHECK(board.for_children().empty());
  REQUIRE(board.lift(Selector::of_patch(1), 60, {"me", "why"}));
  REQUIRE(board.lift(Selector::of_patch(8), 50, {"me", "why"}));
  CHECK(nlohmann::json::parse(board.for_children()) == nlohmann::json::parse(R"({"votes": [],
    "lifts": [{"scope": "target", "target": "m:f", "owner": "a", "until": 160, "actor": "me",
               "reason": "why"}]})"));
  Switchboard child({}, [this] { return time; });
  REQUIRE(child.inherit(board.for_children()));
  CHECK(child.expire() == 160);
  Cell of_a;
  Cell of_b;
  REQUIRE(child.vote({Source::api, Selector::everything(), {}, false, 0}));
  CHECK_FALSE(child.enroll(7, facts_of("a", "m:f"), &of_a));
  CHECK(child.enroll(8, facts_of("b", "m:f"), &of_b));
}

TEST_CASE("votes for children are taken with every field right, and not at all else") {
  using nlohmann::json;
  const auto whole = json::parse(R"({"left_out": 0,
    "votes": [{"source": "control", "scope": "target", "target": "m:f", "owner": "a",
               "actor": "me", "reason": "", "at": 1, "including_protected": false}],
    "lifts": [{"scope": "boundary", "boundary": "stdlib", "owner": "a", "until": 160.5,
               "actor": "me", "reason": "why"}]})");
  const auto taken = [](const json& in) {
    Switchboard child;
    const bool done = child.inherit(in.dump()).has_value();
    CHECK(child.all_votes().size() == (done ? in.at("votes").size() : 0));
    CHECK(child.is_lifted() == (done && !in.at("lifts").empty()));
    return done;
  };
  CHECK(taken(whole));
  for (const char* selector :
       {R"({"scope": "process"})", R"({"scope": "owner", "owner": "a"})",
        R"({"scope": "boundary", "boundary": "own"})", R"({"scope": "target", "target": "m:*"})",
        R"({"scope": "patch", "patch": 1})", R"({"scope": "patch", "patch": 2147483647})"}) {
    CAPTURE(selector);
    auto in = whole;
    for (const char* field : {"scope", "target", "owner"}) in["votes"][0].erase(field);
    in["votes"][0].update(json::parse(selector));
    CHECK(taken(in));
  }
  const std::vector<std::pair<const char*, const char*>> wrong = {
      {"/lifts", "{}"},
      {"/left_out", "-1"},
      {"/left_out", "\"many\""},
      {"/votes/0", "1"},
      {"/votes/0/source", "\"policy\""},
      {"/votes/0/source", "\"env\""},
      {"/votes/0/source", "\"file\""},
      {"/votes/0/source", "\"fleet\""},
      {"/votes/0/source", "null"},
      {"/votes/0/actor", "1"},
      {"/votes/0/reason", "1"},
      {"/votes/0/at", "\"now\""},
      {"/votes/0/including_protected", "1"},
      {"/votes/0/owner", "1"},
      {"/votes/0/target", "1"},
      {"/votes/0/target", "\"\""},
      {"/votes/0/scope", "1"},
      {"/votes/0/scope", "\"world\""},
      {"/votes/0/scope", "\"patch\""},
      {"/votes/0", R"({"scope": "patch", "patch": "p1"})"},
      {"/votes/0", R"({"scope": "patch", "patch": 0})"},
      {"/votes/0", R"({"scope": "patch", "patch": 2147483648})"},
      {"/lifts/0", "1"},
      {"/lifts/0/boundary", "\"world\""},
      {"/lifts/0/until", "\"soon\""},
      {"/lifts/0/actor", "1"},
      {"/lifts/0/reason", "null"},
  };
  for (const auto& [path, other] : wrong) {
    CAPTURE(path);
    CAPTURE(other);
    auto in = whole;
    in[json::json_pointer(path)] = json::parse(other);
    CHECK_FALSE(taken(in));
  }
  for (const char* field : {"source", "scope", "target", "actor", "reason", "at"}) {
    CAPTURE(field);
    auto in = whole;
    in["votes"][0].erase(field);
    CHECK_FALSE(taken(in));
  }
}

// Linux starts no program with a variable of more than 128 KiB.
TEST_CASE_FIXTURE(Fixture, "of very many votes the wide ones are handed on, and the loss is told") {
  std::vector<Cell> all(3000);
  for (int id = 1; id <= 3000; ++id) {
    board.enroll(id, facts_of("a", "m:f" + std::to_string(id)),
                 &all[static_cast<std::size_t>(id - 1)]);
    REQUIRE(board.vote(control(Selector::of_patch(id))));
  }
  REQUIRE(board.vote(control(Selector::of_owner("wide"))));
  const auto text = board.for_children();
  CHECK(text.size() > 90'000);
  CHECK(text.size() < 110'000);
  std::vector<SwitchEntry> entries;
  const auto keep = [&](const SwitchEntry& entry) {
    entries.push_back(entry);
    return true;
  };
  Switchboard child({.journal = keep, .work = {}, .changed = {}});
  REQUIRE(child.inherit(text));
  Cell of_wide;
  CHECK(child.enroll(1, facts_of("wide"), &of_wide));
  const auto kept = child.all_votes().size() - 1;
  CHECK(kept > 300);
  REQUIRE(entries.size() == 1);
  CHECK(entries[0].by.reason ==
        std::to_string(3000 - kept) + " votes on single patches were too many to be handed on");
}

TEST_CASE_FIXTURE(Fixture, "a forked child keeps the votes and can change them") {
  board.enroll(1, facts_of("a"), &cells[0]);
  REQUIRE(board.vote(control(Selector::of_patch(1))));
  board.before_fork();
  const pid_t child = ::fork();
  board.after_fork();
  if (child == 0) {
    const bool kept = board.is_off(1);
    const bool changed = board.unvote(Source::control, Selector::everything(), {}).has_value();
    ::_exit(kept && changed && !cells[0].is_off() ? 0 : 1);
  }
  int status = 1;
  ::waitpid(child, &status, 0);
  CHECK(status == 0);
  CHECK(cells[0].is_off());
}

// The union against a model that knows nothing but the votes, in every order.
TEST_CASE_FIXTURE(Fixture, "random votes: the state is the union, whatever the order") {
  std::mt19937 random(20261124);  // NOLINT(cert-msc51-cpp): the same each time
  const auto any = [&](int count) {
    return static_cast<int>(random() % static_cast<unsigned>(count));
  };
  const std::array<std::string, 2> owners = {"a", "b"};
  for (int id = 0; id < 4; ++id) {
    board.enroll(id + 1, facts_of(owners[static_cast<std::size_t>(id) % 2]),
                 &cells[static_cast<std::size_t>(id)]);
  }
  std::set<std::pair<int, int>> model;  // source, scope: 0 all, 1-2 owners, 3-6 patches
  const auto selector = [&](int scope) {
    if (scope == 0) return Selector::everything();
    if (scope < 3) return Selector::of_owner(owners[static_cast<std::size_t>(scope - 1)]);
    return Selector::of_patch(scope - 2);
  };
  const auto covers = [](int wide, int narrow) {
    return wide == 0 || wide == narrow || (wide < 3 && narrow >= 3 && (narrow - 3) % 2 == wide - 1);
  };
  for (int step = 0; step < 3000; ++step) {
    const int source = any(2);
    const int scope = any(7);
    const auto as = source == 0 ? Source::control : Source::api;
    if (any(2) == 0) {
      REQUIRE(board.vote({as, selector(scope), {"me", ""}, false, 0}));
      model.emplace(source, scope);
    } else {
      REQUIRE(board.unvote(as, selector(scope), {"me", ""}));
      std::erase_if(model,
                    [&](const auto& v) { return v.first == source && covers(scope, v.second); });
    }
    for (int id = 1; id <= 4; ++id) {
      bool off = false;
      for (const auto& vote : model) off = off || covers(vote.second, id + 2);
      REQUIRE(cells[static_cast<std::size_t>(id - 1)].is_off() == off);
    }
  }
}

TEST_CASE("votes from many threads while patches come and go") {
  Switchboard board;
  std::array<Cell, 64> cells;
  std::vector<std::jthread> threads;
  for (int worker = 0; worker < 4; ++worker) {
    threads.emplace_back([&, worker] {
      for (int i = 0; i < 500; ++i) {
        const int id = worker * 16 + i % 16 + 1;
        board.enroll(id, facts_of("owner" + std::to_string(worker)),
                     &cells[static_cast<std::size_t>(id - 1)]);
        static_cast<void>(board.vote(control(Selector::of_owner("owner" + std::to_string(i % 4)))));
        static_cast<void>(board.standings());
        static_cast<void>(board.unvote(Source::control, Selector::everything(), {}));
        if (i % 3 == 0) board.withdraw_patch(id);
      }
    });
  }
  threads.clear();
  CHECK(board.all_votes().empty());
  for (const auto& standing : board.standings()) CHECK_FALSE(standing.off);
}

TEST_CASE_FIXTURE(Fixture, "what would be withdrawn, and where each stands, is told by selector") {
  board.enroll(1, facts_of("a"), &cells[0]);
  board.enroll(2, facts_of("b"), &cells[1]);
  board.enroll_fixed(3, facts_of("b"), "no way");
  CHECK_FALSE(board.has_votes(Source::control, Selector::everything()));
  REQUIRE(board.vote(control(Selector::of_patch(2))));
  REQUIRE(board.vote(control(Selector::of_patch(3))));
  CHECK(board.has_votes(Source::control, Selector::of_owner("b")));
  CHECK(board.has_votes(Source::control, Selector::of_patch(2)));
  CHECK_FALSE(board.has_votes(Source::control, Selector::of_patch(1)));
  CHECK_FALSE(board.has_votes(Source::api, Selector::everything()));
  CHECK(board.states({Selector::everything()}) ==
        std::map<int, bool>{{1, false}, {2, true}, {3, false}});
  CHECK(board.states({Selector::of_patch(2), Selector::of_owner("b")}) ==
        std::map<int, bool>{{2, true}, {3, false}});
  CHECK(board.states({Selector::of_patch(9)}).empty());
  REQUIRE(board.vote(control(Selector::of_owner("b"))));
  CHECK_FALSE(board.has_votes(Source::control, Selector::of_patch(1)));
  CHECK_FALSE(board.is_off(1));
  CHECK(board.is_off(2));
}

// Each vote on a patch costs what that patch costs: with the square of them this would take hours.
TEST_CASE("very many patches are switched one by one, and all at once") {
  constexpr int kCount = 20'000;
  Switchboard board;
  std::vector<Cell> cells(kCount);
  const auto are_off = [&] {
    return std::count_if(cells.begin(), cells.end(),
                         [](const Cell& cell) { return cell.is_off(); });
  };
  for (int id = 1; id <= kCount; ++id) {
    board.enroll(id, facts_of("owner" + std::to_string(id % 100)),
                 &cells[static_cast<std::size_t>(id - 1)]);
  }
  for (int id = 1; id <= kCount; ++id) REQUIRE(board.vote(control(Selector::of_patch(id))));
  CHECK(are_off() == kCount);
  REQUIRE(board.unvote(Source::control, Selector::of_owner("owner7"), {"me", ""}));
  CHECK(are_off() == kCount - kCount / 100);
  for (int id = 1; id <= kCount; ++id) {
    REQUIRE(board.unvote(Source::control, Selector::of_patch(id), {"me", ""}));
  }
  CHECK(are_off() == 0);
  REQUIRE(board.vote(control(Selector::everything())));
  CHECK(are_off() == kCount);
  REQUIRE(board.unvote(Source::control, Selector::everything(), {"me", ""}));
  CHECK(are_off() == 0);
}
