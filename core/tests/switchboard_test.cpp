#include "overt/switchboard.h"

#include <doctest/doctest.h>

#include <array>
#include <nlohmann/json.hpp>

#include "board_fixture.h"

using namespace overt;
using namespace overt::test;

TEST_CASE_FIXTURE(BoardFixture,
                  "off and on reach the cell at once, and the journal says who and why") {
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

TEST_CASE_FIXTURE(BoardFixture, "only the source that voted can withdraw") {
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

TEST_CASE_FIXTURE(BoardFixture, "a patch that is enrolled under an owner that is off starts off") {
  REQUIRE(board.vote(control(Selector::of_owner("late"))));
  CHECK(board.enroll(1, facts_of("late"), &cells[0]));
  CHECK(cells[0].is_off());
  board.enroll_queued(2, facts_of("late"));
  CHECK(work == std::vector{std::pair(2, true)});
  CHECK(board.standing(2)->level == Level::queued);
}

TEST_CASE_FIXTURE(BoardFixture, "withdrawing an owner takes the votes on its patches along") {
  board.enroll(1, facts_of("a"), &cells[0]);
  board.enroll(2, facts_of("b"), &cells[1]);
  REQUIRE(board.vote(control(Selector::of_patch(1))));
  REQUIRE(board.vote(control(Selector::of_patch(2))));
  REQUIRE(board.unvote(Source::control, Selector::of_owner("a"), {"me", ""}));
  CHECK_FALSE(cells[0].is_off());
  CHECK(cells[1].is_off());
}

TEST_CASE_FIXTURE(BoardFixture, "protected patches are spared by a wide vote") {
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

TEST_CASE_FIXTURE(BoardFixture, "off is never refused, on needs the journal") {
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

TEST_CASE_FIXTURE(BoardFixture,
                  "a file replaces all its votes, and what it adds holds on a full disk") {
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

TEST_CASE_FIXTURE(BoardFixture, "a lift ends by itself, by the boot clock, and by the next off") {
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

TEST_CASE_FIXTURE(BoardFixture, "a lift reaches control, api and budget, and tells what it lifts") {
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

TEST_CASE_FIXTURE(BoardFixture,
                  "an off ends the lifts that have a patch in common with it, no others") {
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

TEST_CASE_FIXTURE(BoardFixture, "a lift does not reach policy, environment and file") {
  board.enroll(1, facts_of("a"), &cells[0]);
  for (const auto source : {Source::policy, Source::environment, Source::file}) {
    REQUIRE(board.replace(source, {{source, Selector::everything(), {"x", ""}, false, 0}}, {}));
    REQUIRE(board.lift(Selector::everything(), 60, {"me", "why"}));
    CHECK(cells[0].is_off());
    REQUIRE(board.replace(source, {}, {}));
    CHECK_FALSE(cells[0].is_off());
  }
}

TEST_CASE_FIXTURE(BoardFixture,
                  "levels: accepted while a call is inside, then drained, then removed") {
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

TEST_CASE_FIXTURE(BoardFixture, "queued work says what came of it") {
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

TEST_CASE_FIXTURE(BoardFixture, "what cannot be switched says why, and counts as on") {
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

TEST_CASE_FIXTURE(BoardFixture, "what cannot be switched is on while nobody wants it off") {
  board.enroll_fixed(1, facts_of("a"), "no way");
  CHECK(board.standing(1)->level == Level::accepted);
  CHECK(board.standing(1)->why == "no way");
}

TEST_CASE_FIXTURE(BoardFixture,
                  "what gets its means later as queued work is queued at once where off") {
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

TEST_CASE_FIXTURE(BoardFixture, "means and news of a patch that is not known change nothing") {
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

TEST_CASE_FIXTURE(BoardFixture,
                  "a vote on a patch that is not known is withdrawn by its own name") {
  REQUIRE(board.vote(control(Selector::of_patch(9))));
  REQUIRE(board.unvote(Source::control, Selector::of_owner("a"), {"me", ""}));
  CHECK(board.all_votes().size() == 1);
  REQUIRE(board.unvote(Source::control, Selector::of_patch(9), {"me", ""}));
  CHECK(board.all_votes().empty());
}

TEST_CASE_FIXTURE(BoardFixture,
                  "a vote that has its time keeps it, any other gets the present one") {
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

TEST_CASE_FIXTURE(BoardFixture, "transitions are counted by source, and a child starts at none") {
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

TEST_CASE_FIXTURE(BoardFixture, "a withdrawn patch leaves its cell alone") {
  board.enroll(1, facts_of("a"), &cells[0]);
  board.withdraw_patch(1);
  REQUIRE(board.vote(control(Selector::everything())));
  CHECK_FALSE(cells[0].is_off());
  CHECK_FALSE(board.standing(1));
}

TEST_CASE_FIXTURE(BoardFixture, "a listener may call back: nothing is locked while it runs") {
  board.listen({.journal = {},
                .work = [this](int id, bool off) { board.settle(id, off, Level::removed); },
                .changed = [this] { CHECK(board.all_votes().size() <= 1); }});
  board.enroll_queued(1, facts_of("a"));
  REQUIRE(board.vote(control(Selector::everything())));
  CHECK(board.standing(1)->level == Level::removed);
}

TEST_CASE_FIXTURE(BoardFixture,
                  "what would be withdrawn, and where each stands, is told by selector") {
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
