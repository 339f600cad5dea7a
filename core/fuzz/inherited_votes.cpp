// OVERT_VOTES: what a process inherits. What is taken can be handed on to the next one, unchanged.

#include <string>

#include "fuzz.h"
#include "overt/switchboard.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace overt;
  const auto clock = [] { return 100.0; };
  Switchboard board({}, clock);
  if (!board.inherit(fuzz::text_of(data, size))) {
    fuzz::promise(board.all_votes().empty() && !board.is_lifted(), "refused as a whole");
    return 0;
  }
  for (const auto& vote : board.all_votes()) {
    const bool handed = vote.source == Source::control || vote.source == Source::api ||
                        vote.source == Source::budget;
    fuzz::promise(handed, "others have votes of their own");
  }
  const auto text = board.for_children();
  if (text.empty()) return 0;
  Switchboard child({}, clock);
  fuzz::promise(child.inherit(text).has_value(), "what is handed on can be read");
  fuzz::promise(child.for_children() == text, "and is the same");
  return 0;
}
