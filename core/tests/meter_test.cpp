#include "overt/meter.h"

#include <doctest/doctest.h>

using overt::Meter;

TEST_CASE("a meter that recorded nothing says zero") {
  const Meter meter;
  const auto timing = meter.timing();
  CHECK(timing.sampled == 0);
  CHECK(timing.p99 == 0);
}

TEST_CASE("quantiles are within a sixteenth of the truth over nine powers of ten") {
  for (std::uint64_t truth = 1; truth < 4'000'000'000ULL; truth = truth * 7 / 4 + 1) {
    Meter meter;
    for (int i = 0; i < 10; ++i) meter.record(truth);
    const auto timing = meter.timing();
    CAPTURE(truth);
    CHECK(timing.mean == doctest::Approx(static_cast<double>(truth)));
    CHECK(timing.p50 == doctest::Approx(static_cast<double>(truth)).epsilon(0.0626));
    CHECK(timing.max == static_cast<double>(truth));
  }
}

TEST_CASE("p99 finds the slow hundredth, p50 does not see it") {
  Meter meter;
  for (int i = 0; i < 980; ++i) meter.record(100);
  for (int i = 0; i < 20; ++i) meter.record(50'000);
  const auto timing = meter.timing();
  CHECK(timing.p50 == doctest::Approx(100).epsilon(0.07));
  CHECK(timing.p99 == doctest::Approx(50'000).epsilon(0.07));
}

TEST_CASE("a duration beyond the last bucket is kept in it") {
  Meter meter;
  meter.record(~std::uint64_t{0});
  CHECK(meter.timing().sampled == 1);
  CHECK(meter.timing().p50 > 1e12);
}
