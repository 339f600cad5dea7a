// overt.lock: what is read is written as a lock that reads the same, and writes the same again.

#include "overt/lock.h"

#include "fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace overt;
  const auto lock = parse_lock(fuzz::text_of(data, size), "overt.lock");
  if (!lock) {
    fuzz::promise(lock.error().subject.starts_with("overt.lock:"), "an error has its place");
    fuzz::promise(!lock.error().what.empty(), "an error says what is wrong");
    return 0;
  }
  const auto written = to_text(*lock);
  const auto again = parse_lock(written, "overt.lock");
  fuzz::promise(again.has_value(), "what is written can be read");
  fuzz::promise(again->patches.size() == lock->patches.size(), "no patch is lost");
  fuzz::promise(again->conflicts.size() == lock->conflicts.size(), "no conflict is lost");
  fuzz::promise(to_text(*again) == written, "it is written the same each time");
  return 0;
}
