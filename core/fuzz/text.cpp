// Names of a program on a terminal: nothing that it acts on is left in them.

#include "overt/text.h"

#include "fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace overt;
  const auto text = fuzz::text_of(data, size);
  for (const std::size_t longest : {std::size_t{10}, std::size_t{400}, size + 1}) {
    const auto shown = printable(text, longest);
    for (const char c : shown) {
      const auto byte = static_cast<unsigned char>(c);
      fuzz::promise(byte >= 0x20 && byte != 0x7f, "no control character");
    }
    for (const char* bad : {"\u202e", "\u2066", "\u200b", "\u0085", "\u009b", "\ufeff"}) {
      fuzz::promise(shown.find(bad) == std::string::npos, "no invisible control");
    }
    fuzz::promise(width(shown) <= 2 * shown.size(), "a width that a line can have");
    fuzz::promise(printable(shown, shown.size() * 4 + 100) == shown, "printable text stays");
  }
  return 0;
}
