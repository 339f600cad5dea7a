// Rows with aligned columns, and headings that belong to no column, as `overt run` prints them.
#pragma once

#include <string>
#include <vector>

namespace overt::cli {

class Table {
 public:
  Table(std::vector<std::string> head, bool colour);

  void heading(const std::string& text);
  void row(std::vector<std::string> cells);  // made printable
  // Columns as wide as their widest cell; the last one is never padded, and nothing is cut.
  std::string text() const;

 private:
  struct Line {
    std::string heading;
    std::vector<std::string> cells;
  };

  bool colour_;
  std::vector<Line> lines_;
};

bool wants_colour();  // standard output is a terminal, and NO_COLOR is not set

}  // namespace overt::cli
