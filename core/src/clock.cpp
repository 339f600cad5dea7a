#include "overt/clock.h"

#include <ctime>

namespace overt {
namespace {

double read(clockid_t clock) {
  timespec time{};
  ::clock_gettime(clock, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

}  // namespace

double seconds_now() { return read(CLOCK_REALTIME); }
double boot_seconds() { return read(CLOCK_BOOTTIME); }

}  // namespace overt
