// The journal of a process that was killed, damaged in any way: read as far as it goes or refused.
// A parent's journal stands beside it, for those that say they continue one.

#include "overt/journal.h"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "fuzz.h"

namespace {

// One directory a process, removed at its end.
class Directory {
 public:
  Directory() {
    auto pattern = (std::filesystem::temp_directory_path() / "overt-fuzz-XXXXXX").string();
    overt::fuzz::promise(::mkdtemp(pattern.data()) != nullptr, "a directory can be made");
    path_ = pattern;
    overt::Journal parent;
    static_cast<void>(
        parent.open(path_ + "/6.journal", {"6-1", 6, "run", {"python"}, "3.13.0", "", 0}));
  }
  ~Directory() { std::filesystem::remove_all(path_); }
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;
  std::string file() const { return path_ + "/7.journal"; }

 private:
  std::string path_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace overt;
  static const Directory directory;
  std::ofstream(directory.file(), std::ios::binary) << fuzz::text_of(data, size);
  const auto read = read_journal(directory.file());
  if (!read) {
    fuzz::promise(!read.error().what.empty(), "an error says what is wrong");
    return 0;
  }
  const auto text = to_json(read->report, true);
  fuzz::promise(report_from_json(text).has_value(), "its report can be read");
  static_cast<void>(to_table(read->report));
  static_cast<void>(to_text(read->report));
  return 0;
}
