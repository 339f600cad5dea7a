#include "overt/budget.h"

#include <doctest/doctest.h>

#include <cmath>
#include <random>

using namespace overt;

namespace {

// A second of a patch whose own time is `mean` on a machine that is shared: it varies, and now and
// then a call is stopped for milliseconds.
Window noisy(std::mt19937& random, double mean) {
  std::lognormal_distribution<double> own(std::log(mean) - 0.125, 0.5);  // its mean is `mean`
  std::bernoulli_distribution stopped(0.003);
  std::uniform_real_distribution<double> stop(1e6, 10e6);
  Meter meter;
  constexpr int kSamples = 400;
  constexpr int kWeight = 5;
  for (int i = 0; i < kSamples; ++i) {
    double took = own(random);
    if (stopped(random)) took += stop(random);
    meter.record(static_cast<std::uint64_t>(took), kWeight);
  }
  return {1, std::uint64_t{kSamples} * kWeight, 0, meter.counts()};
}

Budget mean_budget(double nanoseconds) {
  Budget budget;
  budget.mean = nanoseconds;
  return budget;
}

Standing standing(int id, const std::string& target, const std::string& owner) {
  Standing standing;
  standing.id = id;
  standing.facts.target = target;
  standing.facts.owner = {owner, "1.0", owner};
  return standing;
}

std::string wrong(std::string_view text) {
  const auto budgets = parse_budgets(text, "o.toml");
  REQUIRE_FALSE(budgets.has_value());
  return budgets.error().subject + " " + budgets.error().what;
}

}  // namespace

TEST_CASE("at 0.8 of the budget a noisy machine trips nothing in 10,000 windows") {
  std::mt19937 random(7);
  const auto budget = mean_budget(20'000);
  auto last = noisy(random, 16'000);
  int trips = 0;
  for (int i = 0; i < 10'000; ++i) {
    auto next = noisy(random, 16'000);
    if (exceeded(budget, last, next)) ++trips;
    last = std::move(next);
  }
  CHECK(trips == 0);
}

TEST_CASE("at 1.25 of the budget two windows are enough") {
  std::mt19937 random(11);
  const auto budget = mean_budget(20'000);
  int trips = 0;
  for (int i = 0; i < 1'000; ++i) {
    if (exceeded(budget, noisy(random, 25'000), noisy(random, 25'000))) ++trips;
  }
  CHECK(trips == 1'000);
}

TEST_CASE("what trips says the numbers") {
  Meter meter;
  for (int i = 0; i < 100; ++i) meter.record(61'000);
  const Window window{1, 100, 30, meter.counts()};
  auto budget = mean_budget(50'000);
  CHECK(exceeded(budget, window, window).value_or("") ==
        "mean 59 us over 50 us in 200 calls of 2 s");
  budget = {};
  budget.p99 = 10'000;
  CHECK(exceeded(budget, window, window).value_or("") ==
        "p99 over 10 us: 100 % of calls are in 200 calls of 2 s");
  budget = {};
  budget.share = 0.005;
  CHECK(exceeded(budget, window, window).value_or("") ==
        "share 0.594 % of the wall time over 0.5 % in 200 calls of 2 s");
  budget = {};
  budget.errors = 20;
  CHECK(exceeded(budget, window, window).value_or("") ==
        "errors 30 a second over 20 in 200 calls of 2 s");
}

TEST_CASE("few calls say nothing, and one window is not enough") {
  Meter slow;
  for (int i = 0; i < 100; ++i) slow.record(61'000);
  const Window above{1, 100, 0, slow.counts()};
  Meter fast;
  for (int i = 0; i < 100; ++i) fast.record(1'000);
  const Window below{1, 100, 0, fast.counts()};
  auto budget = mean_budget(50'000);
  CHECK_FALSE(exceeded(budget, below, above));
  CHECK_FALSE(exceeded(budget, above, below));
  budget.calls = 101;
  CHECK_FALSE(exceeded(budget, above, above));
}

TEST_CASE("a patch trips once, until the vote is withdrawn") {
  Meters meters;
  const auto meter = meters.of(1);
  BudgetWatch watch;
  watch.set({mean_budget(50'000)});
  std::vector<Standing> patches = {standing(1, "m:f", "tracer")};
  int trips = 0;
  const auto seconds = [&](double from, int many) {
    for (int i = 0; i < many; ++i) {
      for (int call = 0; call < 100; ++call) {
        meter->cell.entered.add();
        meter->record(61'000, 0, 1);
      }
      for (const auto& trip : watch.look(from + i, meters, patches)) {
        ++trips;
        CHECK(trip.action == BudgetAction::off);
        patches[0].votes = {{Source::budget, Selector::of_patch(trip.id), {}, false, 0}};
      }
    }
  };
  seconds(100, 10);
  CHECK(trips == 1);
  patches[0].votes.clear();
  seconds(110, 10);
  CHECK(trips == 2);
}

TEST_CASE("a budget is about those that it names") {
  Budget budget;
  budget.owner = "acme_tracer";
  budget.target = "http.client:*";
  CHECK(budget.means(1, standing(1, "http.client:get", "acme-tracer").facts));
  CHECK_FALSE(budget.means(1, standing(1, "http.client:get", "audit").facts));
  CHECK_FALSE(budget.means(1, standing(1, "socket:get", "acme-tracer").facts));
  budget.patch = 4;
  CHECK(budget.means(4, standing(4, "socket:get", "audit").facts));
  CHECK_FALSE(budget.means(5, standing(5, "http.client:get", "acme-tracer").facts));
}

TEST_CASE("a patch that begins to count anew is looked at anew") {
  BudgetWatch watch;
  Budget budget;
  budget.errors = 1;
  budget.origin = "of p1";
  watch.set(1, budget);
  Meters meters;
  const auto look = [&](double now) { return watch.look(now, meters, {standing(1, "a:b", "c")}); };
  for (int second = 1; second < 4; ++second) {
    meters.of(1)->cell.entered.add(1'000);
    CHECK(look(second).empty());
  }
  meters.put(1, std::make_shared<PatchMeter>());
  CHECK(look(5).empty());
  CHECK(look(7).empty());
}

TEST_CASE("a file's budgets are read with their units") {
  const auto budgets = parse_budgets(R"(
[[budget]]
owner = "sentry-sdk"
target = "http.client:*"
mean = "50us"
p99 = "1ms"
share = 0.02
errors = 10
window = "10s"
calls = 100
action = "warn"
reason = "agreed"
[[budget]]
mean = "1ms"
)",
                                     "o.toml");
  REQUIRE(budgets.has_value());
  REQUIRE(budgets->size() == 2);
  const auto& first = budgets->front();
  CHECK(first.owner == "sentry-sdk");
  CHECK(first.mean == doctest::Approx(50'000));
  CHECK(first.p99 == doctest::Approx(1e6));
  CHECK(first.share == 0.02);
  CHECK(first.errors == 10);
  CHECK(first.window == 10);
  CHECK(first.calls == 100);
  CHECK(first.action == BudgetAction::warn);
  CHECK(first.origin == "o.toml:2");
  CHECK(budgets->back().action == BudgetAction::off);
  CHECK(parse_budgets("[off]\nall = true\n", "o.toml")->empty());
}

TEST_CASE("what is wrong in a budget is said with its place") {
  CHECK(wrong("budget = 1") == "o.toml:1:10 budgets are tables of an array: [[budget]]");
  CHECK(wrong("budget = [1]") == "o.toml:1:11 budgets are tables of an array: [[budget]]");
  CHECK(wrong("[[budget]]\nowner = 'x'\n") ==
        "o.toml:1:1 a budget needs a limit: mean, p99, share or errors");
  CHECK(wrong("[[budget]]\nmean = 50\n") ==
        "o.toml:2:8 `mean` must be a duration with its unit, as in \"50us\" or \"10s\"");
  CHECK(wrong("[[budget]]\np99 = '5 parsecs'\n").starts_with("o.toml:2:7 `p99` must be"));
  CHECK(wrong("[[budget]]\nshare = 2\n") == "o.toml:2:9 `share` must be a number between 0 and 1");
  CHECK(wrong("[[budget]]\nerrors = nan\n").starts_with("o.toml:2:10 `errors` must be"));
  CHECK(wrong("[[budget]]\nwindow = '10ms'\n").starts_with("o.toml:2:10 `window` must be one"));
  CHECK(wrong("[[budget]]\ncalls = 0\n").starts_with("o.toml:2:9 `calls` must be a whole"));
  CHECK(wrong("[[budget]]\naction = 'kill'\n") == "o.toml:2:10 `action` must be warn or off");
  CHECK(wrong("[[budget]]\nowner = ''\n") == "o.toml:2:9 `owner` must be text");
  CHECK(wrong("[[budget]]\ntarget = 'http'\n").starts_with("o.toml:2:10 a target is module:name"));
  CHECK(wrong("[[budget]]\nshare = 1\n").starts_with("o.toml:2:9 `share` must be a number"));
  CHECK(wrong("[[budget]]\nshare = 'x'\n").starts_with("o.toml:2:9 `share` must be a number"));
  CHECK(wrong("[[budget]]\nerrors = 0\n").starts_with("o.toml:2:10 `errors` must be"));
  CHECK(wrong("[[budget]]\nwindow = 10\n").starts_with("o.toml:2:10 `window` must be a duration"));
  CHECK(wrong("[[budget]]\ncalls = 'x'\n").starts_with("o.toml:2:9 `calls` must be a whole"));
  CHECK(wrong("[[budget]]\naction = 1\n") == "o.toml:2:10 `action` must be text");
  CHECK(wrong("[[budget]]\ntarget = 1\n") == "o.toml:2:10 `target` must be text");
  CHECK(wrong("[[budget]]\nowner = 1\n") == "o.toml:2:9 `owner` must be text");
  CHECK(wrong("[[budget]]\nmedian = '1us'\n").starts_with("o.toml:2:1 [[budget]] has no such key"));
  CHECK(wrong("[[budget\n").starts_with("o.toml:"));
}

TEST_CASE("one limit is enough for a budget, whichever it is") {
  const auto only = [](const std::string& limit) {
    const auto read = parse_budgets("[[budget]]\ntarget = '*'\naction = 'off'\n" + limit, "o.toml");
    REQUIRE(read);
    const auto& budget = read->at(0);
    CHECK(budget.target == "*");
    CHECK(budget.action == BudgetAction::off);
    return std::string(budget.mean ? "mean " : "") + (budget.p99 ? "p99 " : "") +
           (budget.share ? "share " : "") + (budget.errors ? "errors " : "");
  };
  CHECK(only("mean = '1us'") == "mean ");
  CHECK(only("p99 = '1us'") == "p99 ");
  CHECK(only("share = 0.5") == "share ");
  CHECK(only("errors = 3") == "errors ");
}
