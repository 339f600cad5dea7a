// What programs that are started, and children of forks, have of the votes.

#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <nlohmann/json.hpp>
#include <vector>

#include "board_fixture.h"

using namespace overt;
using namespace overt::test;

TEST_CASE_FIXTURE(BoardFixture,
                  "children inherit votes by name, not those of environment and file") {
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

TEST_CASE_FIXTURE(BoardFixture,
                  "of votes and lifts only what means something elsewhere is handed on") {
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
TEST_CASE_FIXTURE(BoardFixture,
                  "of very many votes the wide ones are handed on, and the loss is told") {
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

TEST_CASE_FIXTURE(BoardFixture, "a forked child keeps the votes and can change them") {
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
