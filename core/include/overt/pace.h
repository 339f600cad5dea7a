// Which calls are timed: the first ones each, later ones by sample.
//
// A timed call costs a few readings of the clock. How many calls go by between two of them is
// chosen so that timing takes at most a hundredth of what the calls take themselves: a call of a
// millisecond is timed each time, one of a microsecond about every twentieth time. The distance is
// drawn at random around that, since a program may do every tenth call something else.
//
// THREADS: with the GIL.
#pragma once

#include <cstdint>

namespace overt {

class Pace {
 public:
  // For each call: true when it is to be timed.
  bool due() noexcept { return --countdown_ == 0; }

  // A timed call begins. Returns how many calls it stands for; the next ones are counted already.
  // `cost` is what timing it costs, in nanoseconds.
  std::uint32_t begin(double cost) noexcept;

  // It took so long, with all that it called.
  void end(std::uint64_t nanoseconds) noexcept;

 private:
  std::uint32_t countdown_ = 1;
  std::uint32_t distance_ = 1;
  std::uint32_t random_ = 0x9E3779B9;
  std::uint32_t timed_ = 0;
  double mean_ = 0;  // of late, ns
};

}  // namespace overt
