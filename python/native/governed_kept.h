// Every governed patch that is installed or pending: in order, and by target and id, so that the
// 100,000th is installed as fast as the first.
// THREADS: with the GIL.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>

#include "governed.h"
#include "overt/clock.h"

namespace overt::py {

struct Kept {
  std::map<std::uint64_t, std::shared_ptr<GovernedPatch>> in_order;
  std::unordered_multimap<std::string, GovernedPatch*> by_target;
  std::unordered_map<int, GovernedPatch*> by_id;
  std::uint64_t next = 1;
};

inline Kept& kept() {
  static auto& all = *new Kept;
  return all;
}

inline bool is_of_builtin_type(const Found& found) {
  return found.place.holder == Holder::type &&
         PyType_HasFeature(reinterpret_cast<PyTypeObject*>(found.place.container.ptr()),
                           Py_TPFLAGS_IMMUTABLETYPE);
}

}  // namespace overt::py
