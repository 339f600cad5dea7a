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

// While it lives the process may have no more of something: RLIMIT_NOFILE, RLIMIT_FSIZE.
class Limit {
 public:
  Limit(__rlimit_resource resource, rlim_t most) : resource_(resource) {
    REQUIRE(::getrlimit(resource_, &before_) == 0);
    const rlimit tight{most, before_.rlim_max};
    REQUIRE(::setrlimit(resource_, &tight) == 0);
  }
  ~Limit() { ::setrlimit(resource_, &before_); }
  Limit(const Limit&) = delete;
  Limit& operator=(const Limit&) = delete;

 private:
  __rlimit_resource resource_;
  rlimit before_{};
};

// No file grows beyond `bytes`, as on a disk that is full.
class FullDisk : public Limit {
 public:
  explicit FullDisk(std::uint64_t bytes) : Limit(RLIMIT_FSIZE, bytes) {}
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
