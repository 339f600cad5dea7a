// Runs files through a fuzz target: replay FILE_OR_DIRECTORY ...
//
// With libFuzzer's own main a corpus can be run as well; this one needs no clang, so that every
// input that was ever found is tried by every compiler and sanitizer. It prints each name first: a
// crash tells which input it was.

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>
#include <vector>

#include "fuzz.h"

namespace fs = std::filesystem;

namespace {

std::vector<fs::path> inputs(const std::vector<std::string>& words) {
  std::vector<fs::path> all;
  for (const auto& word : words) {
    if (!fs::is_directory(word)) {
      all.emplace_back(word);
      continue;
    }
    for (const auto& entry : fs::directory_iterator(word)) all.push_back(entry.path());
  }
  std::sort(all.begin(), all.end());
  return all;
}

}  // namespace

int main(int argc, char** argv) {
  const auto all = inputs({argv + 1, argv + argc});
  for (const auto& path : all) {
    std::cout << path.filename().string() << '\n' << std::flush;
    std::ifstream stream(path, std::ios::binary);
    const std::vector<char> bytes{std::istreambuf_iterator<char>(stream), {}};
    if (!stream) {
      std::cerr << path << " cannot be read\n";
      return 1;
    }
    // A copy of exactly that size: reading behind its end is seen.
    const std::vector<std::uint8_t> input(bytes.begin(), bytes.end());
    LLVMFuzzerTestOneInput(input.data(), input.size());
  }
  std::cout << all.size() << " inputs\n";
  return all.empty() ? 1 : 0;
}
