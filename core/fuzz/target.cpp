// The grammar of targets: what is taken is printed as it was written, and errors name a column.

#include "overt/target.h"

#include "fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace overt;
  const auto text = fuzz::text_of(data, size);
  const auto target = Target::parse(text);
  if (!target) {
    fuzz::promise(target.error().what.find(", column ") != std::string::npos, "with its column");
    return 0;
  }
  fuzz::promise(target->str() == text, "a target is printed as it was written");
  fuzz::promise(Target::parse(target->str()) == *target, "and read again");
  return 0;
}
