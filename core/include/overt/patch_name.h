// How a patch is called in words: "p12", by its id in the ledger. A decorator that was made with
// overt.wrapper is no patch and stands in no ledger; for the switchboard it has an id below zero,
// and is called "w3". THREADS: pure.
#pragma once

#include <string>

namespace overt {

inline std::string patch_name(int id) {
  return id < 0 ? "w" + std::to_string(-id) : "p" + std::to_string(id);
}

}  // namespace overt
