// overt.report/1 in a file that somebody made or damaged: what is read can be written and printed.

#include "overt/report.h"

#include "fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace overt;
  const auto report = report_from_json(fuzz::text_of(data, size));
  if (!report) return 0;
  const auto text = to_json(*report, true);
  const auto again = report_from_json(text);
  fuzz::promise(again.has_value(), "what was written can be read");
  fuzz::promise(to_json(*again, true) == text, "and is the same");
  static_cast<void>(to_table(*report));
  static_cast<void>(to_text(*report));
  return 0;
}
