#include "table.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "overt/text.h"

namespace overt::cli {

Table::Table(std::vector<std::string> head, bool colour) : colour_(colour) {
  lines_.push_back({"", std::move(head)});
}

void Table::heading(const std::string& text) { lines_.push_back({printable(text), {}}); }

void Table::row(std::vector<std::string> cells) {
  for (auto& cell : cells) cell = printable(cell);
  lines_.push_back({"", std::move(cells)});
}

std::string Table::text() const {
  std::vector<std::size_t> widths;
  for (const auto& line : lines_) {
    widths.resize(std::max(widths.size(), line.cells.size()));
    for (std::size_t i = 0; i < line.cells.size(); ++i) {
      widths[i] = std::max(widths[i], width(line.cells[i]));
    }
  }
  std::string text;
  for (const auto& line : lines_) {
    const bool bold = colour_ && (!line.heading.empty() || &line == &lines_.front());
    if (bold) text += "\x1b[1m";
    text += line.heading;
    for (std::size_t i = 0; i < line.cells.size(); ++i) {
      text += "  " + line.cells[i];
      if (i + 1 < line.cells.size()) text.append(widths[i] - width(line.cells[i]), ' ');
    }
    text += bold ? "\x1b[0m\n" : "\n";
  }
  return text;
}

bool wants_colour() { return ::isatty(STDOUT_FILENO) == 1 && std::getenv("NO_COLOR") == nullptr; }

}  // namespace overt::cli
