// Files on disk for tests: a directory of its own, and what installers leave in one.
#pragma once

#include <doctest/doctest.h>
#include <stdlib.h>
#include <sys/resource.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

namespace overt::test {

// A fresh directory, removed with all that is in it.
class Directory {
 public:
  Directory() {
    std::string name = (std::filesystem::temp_directory_path() / "overt-test-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  ~Directory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;

  std::string path(std::string_view relative = {}) const {
    return relative.empty() ? path_.string() : (path_ / relative).string();
  }

  // Writes a file, with the directories above it, and returns its path.
  std::string write(std::string_view relative, std::string_view text) const {
    const auto file = path_ / relative;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary) << text;
    return file.string();
  }

 private:
  std::filesystem::path path_;
};

// While it lives no file grows beyond `bytes`, as on a disk that is full.
class FullDisk {
 public:
  explicit FullDisk(std::uint64_t bytes) {
    REQUIRE(::getrlimit(RLIMIT_FSIZE, &before_) == 0);
    const rlimit tight{bytes, before_.rlim_max};
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &tight) == 0);
  }
  ~FullDisk() { ::setrlimit(RLIMIT_FSIZE, &before_); }
  FullDisk(const FullDisk&) = delete;
  FullDisk& operator=(const FullDisk&) = delete;

 private:
  rlimit before_{};
};

inline std::string read_file(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

// What pip leaves behind. `record` holds one file a line, without hashes and sizes.
inline void install(const Directory& into, const std::string& site, const std::string& name,
                    const std::string& version, std::string_view record) {
  const std::string metadata = site + "/" + name + "-" + version + ".dist-info";
  into.write(metadata + "/METADATA", "Metadata-Version: 2.4\nName: " + name + "\nVersion: " +
                                         version + "\n\nName: in the description\n");
  std::string lines;
  while (!record.empty()) {
    const auto end = record.find('\n');
    lines.append(record.substr(0, end)).append(",sha256=abc,12\n");
    record = end == std::string_view::npos ? std::string_view() : record.substr(end + 1);
  }
  into.write(metadata + "/RECORD", lines);
}

}  // namespace overt::test
