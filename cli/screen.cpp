#include "screen.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>

#include "overt/text.h"

namespace overt::cli {

std::string fitted(const std::string& text, std::size_t rows, std::size_t columns) {
  const auto lines = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
  std::size_t used = 0;
  std::size_t shown = 0;
  std::size_t end = 0;
  while (end < text.size()) {
    const auto next = text.find('\n', end);
    const auto line = text.substr(end, next - end);
    const auto takes = std::max<std::size_t>((width(line) + columns - 1) / columns, 1);
    if (used + takes + 1 > rows) {  // one row is for the last line
      return text.substr(0, end) + "... " + std::to_string(lines - shown) +
             " more lines: without --watch all are printed\n";
    }
    used += takes;
    ++shown;
    if (next == std::string::npos) break;
    end = next + 1;
  }
  return text;
}

std::string fitted_to_terminal(const std::string& text) {
  winsize size{};
  const bool known = ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0;
  if (!known || size.ws_row < 3 || size.ws_col == 0) return text;
  return fitted(text, size.ws_row, size.ws_col);
}

}  // namespace overt::cli
