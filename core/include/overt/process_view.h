// What the control server shows of a process.
//
// THREADS: called on the native thread, also while the interpreter hangs with the GIL held: an
// implementation takes no GIL, runs no Python and waits for nothing that Python code may hold.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "overt/patch.h"
#include "overt/registries.h"
#include "overt/report.h"
#include "overt/vote.h"

namespace overt {

struct ProcessFacts {
  int pid = 0;
  std::string python;
  std::vector<std::string> argv;
  std::string run;      // names the `overt run` that it belongs to, "" when it serves by itself
  std::string service;  // the name under which people find the processes of one run together
  double started = 0;   // seconds since the epoch
  std::size_t dropped = 0;
};

class ProcessView {
 public:
  virtual ~ProcessView() = default;

  virtual ProcessFacts facts() const = 0;
  // Copies of at most `limit` patches with an id above `after`, by id.
  virtual std::vector<Patch> patches(int after, std::size_t limit) const = 0;
  virtual std::vector<Conflict> conflicts() const = 0;
  // Who still holds what patches replaced, by id, as it was at most `age` seconds ago. Nothing when
  // that is not known: then it is asked for, and known after the interpreter's next safe point.
  virtual std::optional<std::map<int, Reach>> reach(double age) const = 0;
  // Asks for a proof that these patches can be removed, at the interpreter's next safe point. Its
  // number, for is_answered(); 0 when too many wait already. What came of it is Patch::proof.
  virtual std::uint64_t prove(const std::vector<int>& ids, const By& by) const = 0;
  virtual bool is_answered(std::uint64_t proof) const = 0;
  virtual RegistryPage registries(const RegistryPlace& from, std::size_t limit) const = 0;
};

}  // namespace overt
