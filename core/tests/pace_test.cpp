#include "overt/pace.h"

#include <doctest/doctest.h>

#include <initializer_list>

using overt::Pace;

namespace {

constexpr double kCost = 150;  // ns

// So many of `calls` calls, of so many nanoseconds each, are timed; together they stand for...
struct Paced {
  std::uint64_t timed = 0;
  std::uint64_t stands_for = 0;
};

Paced pace(std::uint64_t nanoseconds, int calls) {
  Pace pace;
  Paced paced;
  for (int i = 0; i < calls; ++i) {
    if (!pace.due()) continue;
    ++paced.timed;
    paced.stands_for += pace.begin();
    pace.end(nanoseconds, kCost);
  }
  return paced;
}

}  // namespace

TEST_CASE("the first sixteen calls are timed each") { CHECK(pace(1, 16).timed == 16); }

TEST_CASE("timing takes about a hundredth of the calls' time, from a microsecond to a second") {
  for (std::uint64_t took = 1'000; took < 1'000'000'000; took *= 7) {
    constexpr int kCalls = 200'000;
    const auto timed = static_cast<double>(pace(took, kCalls).timed - 16);
    const double part = timed * kCost / (static_cast<double>(took) * kCalls);
    CAPTURE(took);
    CHECK(part <= 0.0115);
    if (took < 15'000) CHECK(part > 0.0085);  // slower calls are timed each
  }
}

TEST_CASE("the timed calls stand for all calls") {
  for (const std::uint64_t took : {1U, 100U, 1'000U, 20'000U}) {
    constexpr int kCalls = 1'000'000;
    const auto stands_for = pace(took, kCalls).stands_for;
    CAPTURE(took);
    CHECK(stands_for <= kCalls);
    CHECK(stands_for > kCalls - 8'192);
  }
}

TEST_CASE("a call that is timed does not always fall on the same one of a cycle") {
  Pace pace;
  int even = 0;
  int odd = 0;
  for (int i = 0; i < 100'000; ++i) {
    if (!pace.due()) continue;
    pace.begin();
    pace.end(1'000, kCost);
    ++(i % 2 == 0 ? even : odd);
  }
  CHECK(even > 2 * odd / 3);
  CHECK(odd > 2 * even / 3);
}

TEST_CASE("while a timed call is open every call is due, and their turns come as they would") {
  Pace pace;
  Pace undisturbed;
  const auto pass = [](Pace& of) {
    of.begin();
    of.end(1'000, kCost);
  };
  for (int i = 0; i < 100'000; ++i) {
    const bool expected = undisturbed.due();
    if (i == 50) pace.open();
    if (i == 60) pace.open();
    if (i == 40'000 || i == 50'000) pace.close();
    const bool due = pace.due();
    const bool turn = due && pace.turn();
    CHECK(turn == expected);
    CHECK((due || i < 50 || i >= 50'000));
    if (turn) pass(pace);
    if (expected) pass(undisturbed);
  }
}

TEST_CASE("a call that is asked for is timed in addition, and stands for itself") {
  Pace pace;
  std::uint64_t stands_for = 0;
  int asked = 0;
  for (int i = 0; i < 100'000; ++i) {
    if (!pace.due()) {
      if (i % 1'000 == 0) {
        pace.hurry();
        CHECK(pace.due());
        CHECK(pace.begin() == 1);
        ++asked;
      }
      continue;
    }
    stands_for += pace.begin();
    pace.end(1'000, kCost);
  }
  CHECK(asked > 50);
  CHECK(stands_for < 100'000);
}
