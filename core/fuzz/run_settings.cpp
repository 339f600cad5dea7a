// OVERT_RUN: what a process is told by the run that it belongs to.

#include "fuzz.h"
#include "overt/run.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace overt;
  const auto settings = RunSettings::decode(fuzz::text_of(data, size));
  if (!settings) return 0;
  const auto text = settings->encode();
  const auto again = RunSettings::decode(text);
  fuzz::promise(again.has_value() && again->encode() == text, "what was written can be read");
  return 0;
}
