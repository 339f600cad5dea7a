// What every fuzz target here has: one function that takes any bytes and must come back.
//
// A target that finds a broken promise aborts, as a sanitizer does. Built with libFuzzer it is
// looked for (OVERT_FUZZ and clang), built with replay.cpp the corpus runs through it, in every
// test run. THREADS: one.
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace overt::fuzz {

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

inline void promise(bool kept, const char* what) {
  if (kept) return;
  std::fprintf(stderr, "broken promise: %s\n", what);
  std::abort();
}

}  // namespace overt::fuzz
