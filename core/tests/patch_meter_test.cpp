#include "overt/patch_meter.h"

#include <doctest/doctest.h>

using namespace overt;

TEST_CASE("a meter costs nothing to say before a call was timed") {
  const PatchMeter meter;
  CHECK_FALSE(meter.cost());
}

TEST_CASE("own time and the original's are kept apart, each call for those it stands for") {
  PatchMeter meter;
  meter.begin();
  meter.record(1'000, 9'000, 10);
  meter.record(3'000, 5'000, 30);
  const auto cost = meter.cost();
  REQUIRE(cost);
  CHECK(cost->own.sampled == 2);
  CHECK(cost->own.total == 100'000);
  CHECK(cost->own.mean == doctest::Approx(2'500));
  CHECK(cost->original.mean == doctest::Approx(6'000));
  CHECK(cost->own.p50 == doctest::Approx(3'000).epsilon(0.07));
  CHECK_FALSE(cost->at_most);
  CHECK(cost->share > 0);
}

TEST_CASE("meters tell of the patches that they measure, and of no others") {
  Meters meters;
  std::vector<Patch> patches(3);
  for (int i = 0; i < 3; ++i) patches[static_cast<std::size_t>(i)].id = i + 1;
  meters.of(1)->cell.entered.add(5);
  meters.of(1)->begin();
  meters.of(2)->cell.entered.add(7);  // not begun: its calls are seen only in part
  meters.tell(patches);
  CHECK(patches[0].metered);
  CHECK(patches[0].calls == 5);
  CHECK_FALSE(patches[1].metered);
  CHECK_FALSE(patches[2].metered);
  CHECK(meters.of(1) == meters.of(1));
  CHECK(meters.find(3) == nullptr);
}

TEST_CASE("the meter of a governed patch comes with it, and goes when it gets another id") {
  Meters meters;
  const auto meter = std::make_shared<PatchMeter>();
  meter->begin();
  meters.put(4, meter);
  CHECK(meters.find(4) == meter);
  meters.forget(4);
  CHECK(meters.find(4) == nullptr);
}

TEST_CASE("a forked child counts anew, but for the calls that are inside") {
  Meters meters;
  const auto meter = meters.of(1);
  meter->begin();
  meter->cell.entered.add(5);
  meter->cell.left.add(4);
  meter->cell.errors.add(2);
  meter->record(1'000, 9'000, 10);
  meters.start_over();
  CHECK(meter->cell.entered.get() == 1);
  CHECK(meter->cell.inside() == 1);
  CHECK(meter->cell.errors.get() == 0);
  REQUIRE(meter->cost());
  CHECK(meter->cost()->own.sampled == 0);
  CHECK(meter->cost()->own.total == 0);
  CHECK(meter->own_counts().weight() == 0);
  meter->cell.left.add();
  CHECK(meter->cell.inside() == 0);
}

TEST_CASE("reading the clock costs something, and not much") {
  CHECK(clock_cost().reading > 0);
  CHECK(clock_cost().reading < 10'000);
  CHECK(clock_cost().spread >= 0);
}
