// overt.toml and OVERT_OFF: taken as a whole or refused with the place of the mistake.

#include "overt/switch_file.h"

#include <string>

#include "fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace overt;
  const auto text = fuzz::text_of(data, size);
  const auto votes = parse_switches(text, "overt.toml");
  if (!votes) {
    fuzz::promise(votes.error().subject.starts_with("overt.toml:"), "an error has its place");
    fuzz::promise(!votes.error().what.empty(), "an error says what is wrong");
  } else {
    for (const auto& vote : *votes) fuzz::promise(vote.source == Source::file, "votes of a file");
  }
  for (const auto& vote : parse_off_variable(text)) {
    fuzz::promise(vote.source == Source::environment, "votes of the environment");
    const bool named = vote.on.scope == Scope::owner && !vote.on.text.empty();
    fuzz::promise(named || vote.on == Selector::everything(), "an owner or all");
  }
  return 0;
}
