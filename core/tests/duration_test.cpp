#include "overt/duration.h"

#include <doctest/doctest.h>

using overt::duration_words;
using overt::parse_duration;

TEST_CASE("a duration is a number and a unit") {
  CHECK(parse_duration("20us").value() == doctest::Approx(20e-6));
  CHECK(parse_duration("50 ms").value() == doctest::Approx(0.05));
  CHECK(parse_duration("1.5s").value() == doctest::Approx(1.5));
  CHECK(parse_duration("10min").value() == doctest::Approx(600));
  CHECK(parse_duration("2h").value() == doctest::Approx(7200));
  CHECK(parse_duration("1d").value() == doctest::Approx(86400));
}

TEST_CASE("what is no duration is refused with examples") {
  for (const char* text : {"", "5", "s", "-1s", "0s", "nan s", "inf s", "5 parsecs", "5s extra",
                           "1e308d", "1e-320ns"}) {
    CAPTURE(text);
    const auto refused = parse_duration(text);
    REQUIRE(!refused);
    CHECK(refused.error().code == overt::Code::usage);
    CHECK(refused.error().what.find("20us") != std::string::npos);
  }
}

TEST_CASE("a duration is said in the unit that fits, with two digits") {
  CHECK(duration_words(0) == "0 ns");
  CHECK(duration_words(5.4) == "5 ns");
  CHECK(duration_words(999) == "999 ns");
  CHECK(duration_words(1'500) == "1.5 us");
  CHECK(duration_words(59'000) == "59 us");
  CHECK(duration_words(2.5e6) == "2.5 ms");
  CHECK(duration_words(7200e9) == "7200 s");
}
