// Many votes: in any order, from many threads, on very many patches.

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <random>
#include <set>
#include <thread>
#include <vector>

#include "board_fixture.h"

using namespace overt;
using namespace overt::test;

// The union against a model that knows nothing but the votes, in every order.
TEST_CASE_FIXTURE(BoardFixture, "random votes: the state is the union, whatever the order") {
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
