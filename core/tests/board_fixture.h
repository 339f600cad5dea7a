// A board without a process around it.
#pragma once

#include <array>
#include <string>
#include <utility>
#include <vector>

#include "overt/switchboard.h"

namespace overt::test {

inline Facts facts_of(const std::string& owner, const std::string& target = "m:f",
                      Fail fail = Fail::original) {
  return {target, {owner, "1", owner}, Boundary::stdlib, true, fail};
}

inline Vote control(Selector selector, std::string reason = "test") {
  return {Source::control, std::move(selector), {"me", std::move(reason)}, false, 0};
}

// A board whose journal, work and time are the test's.
struct BoardFixture {
  double time = 100;
  bool disk_is_full = false;
  std::vector<SwitchEntry> journal;
  std::vector<std::pair<int, bool>> work;
  int changes = 0;
  std::array<Cell, 4> cells;
  Switchboard board{{.journal =
                         [this](const SwitchEntry& entry) {
                           if (!disk_is_full) journal.push_back(entry);
                           return !disk_is_full;
                         },
                     .work = [this](int id, bool off) { work.emplace_back(id, off); },
                     .changed = [this] { ++changes; }},
                    [this] { return time; }};
};

}  // namespace overt::test
