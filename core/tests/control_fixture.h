// A process without Python: a board, two patches and a view, for tests of the protocol and service.
#pragma once

#include <doctest/doctest.h>
#include <unistd.h>

#include <mutex>
#include <nlohmann/json.hpp>

#include "overt/control.h"
#include "overt/ledger.h"
#include "patches.h"

namespace overt::test {

class FewPatches : public ProcessView {
 public:
  FewPatches() {
    ledger_.add(patch_of("http.client:HTTPConnection.send", "sentry-sdk"));
    ledger_.add(patch_of("http.client:HTTPConnection.send", "ddtrace"));
  }
  ProcessFacts facts() const override {
    return {::getpid(), "3.13.0", {"python", "app.py"}, "run-1", "app.py", 1.5, 0};
  }
  std::vector<Patch> patches(int after, std::size_t limit) const override {
    return ledger_.copy(after, limit);
  }
  std::vector<Conflict> conflicts() const override { return ledger_.copy_of_conflicts(); }
  std::optional<std::map<int, Reach>> reach(double /*age*/) const override {
    if (asked_++ == 0) return std::nullopt;  // as a process that has to look first
    return std::map<int, Reach>{{1, {3, {"shop.http"}}}};
  }
  std::uint64_t prove(const std::vector<int>& ids, const By& by) const override {
    if (proofs_ == 2) return 0;  // as a process that hangs
    asked_to_prove = ids;
    prover = by;
    return ++proofs_;
  }
  bool is_answered(std::uint64_t proof) const override { return proof == 1; }
  RegistryPage registries(const RegistryPlace& from, std::size_t limit) const override {
    return registries_.page(from, limit);
  }
  void add(Patch patch) { ledger_.add(std::move(patch)); }
  void revert(int id) { ledger_.revert(id); }
  void add_entry(const std::string& registry, const std::string& name) {
    RegistryState wanted;
    wanted.name = registry;
    REQUIRE(registries_.open(wanted));
    Entry entry;
    entry.name = name;
    entry.owner = {"acme", "1.4", "acme"};
    REQUIRE(registries_.add(registry, std::move(entry)));
  }

  mutable std::vector<int> asked_to_prove;
  mutable By prover;

 private:
  Ledger ledger_;
  Registries registries_;
  mutable int asked_ = 0;
  mutable std::uint64_t proofs_ = 0;
};

struct Process {
  Process() {
    for (const auto& patch : view.patches(0, 10)) {
      const Facts facts{patch.target, patch.owner, patch.boundary, false, Fail::original};
      board.enroll(patch.id, facts, &cells[static_cast<std::size_t>(patch.id) - 1]);
    }
  }

  Cell cells[2];
  History history;
  Switchboard board;
  FewPatches view;
  Control control{board, view, history};
};

inline std::string request(const std::string& verb, const nlohmann::json& params = {}) {
  nlohmann::json out = {{"jsonrpc", "2.0"}, {"id", 1}, {"method", verb}};
  if (!params.is_null()) out["params"] = params;
  return out.dump();
}

}  // namespace overt::test
