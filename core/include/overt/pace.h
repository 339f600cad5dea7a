// Which calls are timed: the first ones each, later ones by sample.
//
// A timed call costs a few readings of the clock, and what is to be prepared. How many calls go by
// between two of them is chosen so that timing takes at most a hundredth of what the calls take
// themselves: a call of a millisecond is timed each time, one of a microsecond about every
// twentieth time. The distance is drawn at random around that, since a program may do every tenth
// call something else.
//
// THREADS: with the GIL.
#pragma once

#include <cstdint>

namespace overt {

class Pace {
 public:
  // For each call: true when turn() is to be asked.
  bool due() noexcept { return --countdown_ == 0; }

  // Whether this call is to be timed. False where it is looked at only since a timed one is open.
  bool turn() noexcept;

  // A timed call begins. Returns how many calls it stands for; the next ones are counted already.
  std::uint32_t begin() noexcept;

  // It took so long, with all that it called, and timing it so long more; both in nanoseconds.
  void end(std::uint64_t took, double cost) noexcept;

  // While a timed call is open every call is due: it may be one below it. So the others need not
  // ask.
  void open() noexcept;
  void close() noexcept;

  // The next call is to be timed, in addition to those that are drawn.
  void hurry() noexcept;

 private:
  void wait(std::uint32_t calls) noexcept { (open_ == 0 ? countdown_ : left_) = calls; }

  std::uint32_t countdown_ = 1;
  std::uint32_t left_ = 0;  // what countdown_ would be, while it is 1 for each call
  std::uint32_t open_ = 0;  // timed calls that are inside
  std::uint32_t distance_ = 1;
  std::uint32_t random_ = 0x9E3779B9;
  std::uint32_t timed_ = 0;
  double took_ = 0;  // a call, of late, ns
  double cost_ = 0;  // timing it
};

}  // namespace overt
