// Voting from inside of a process: overt/_switch.py is the typed face.

#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>
#include <nanobind/stl/vector.h>

#include <tuple>

#include "attribution.h"
#include "audit.h"
#include "bind.h"
#include "refusal.h"
#include "serving.h"
#include "switching.h"

namespace overt::py {
namespace {

using Row = std::tuple<int, std::string, bool, std::string>;  // id, target, off, what is in the way

std::vector<Row> rows(const Selector& selector) {
  std::vector<Row> all;
  for (const auto& standing : switchboard().standings(selector)) {
    const bool refused = standing.level == Level::refused;
    all.emplace_back(standing.id, standing.facts.target, standing.off && !refused,
                     refused ? standing.why : std::string());
  }
  return all;
}

std::vector<Row> switch_some(const Selector& selector, bool off, const std::string& reason) {
  const By by{"api call in " + caller().site.module, reason};
  Vote vote;
  vote.source = Source::api;
  vote.on = selector;
  vote.by = by;
  Announcement announcement;
  for (const auto& standing : switchboard().standings(selector)) {
    if (standing.off == off) continue;
    if (off) {
      announcement.make(AuditEvent::off, standing.facts.target, standing.facts.owner.name);
    } else {
      audit(AuditEvent::on, standing.facts.target, standing.facts.owner.name);
    }
  }
  {
    const Announced announced;
    const auto done =
        off ? switchboard().vote(vote) : switchboard().unvote(Source::api, selector, by);
    if (!done) throw Refusal(done.error());
  }
  work_off();  // a call of Python is a safe point
  announcement.rethrow();
  return rows(selector);
}

}  // namespace

void bind_switch(nb::module_& m) {
  m.def(
      "switch_owner",
      [](const std::string& owner, bool off, const std::string& reason) {
        return switch_some(Selector::of_owner(owner), off, reason);
      },
      nb::arg("owner"), nb::arg("off"), nb::arg("reason"),
      "Vote all patches of an owner off, or withdraw that vote; where each of them stands.");
  m.def(
      "switch_target",
      [](const std::string& target, bool off, const std::string& reason) {
        return switch_some(Selector::of_target(target), off, reason);
      },
      nb::arg("target"), nb::arg("off"), nb::arg("reason"),
      "The same for all patches of one target.");
  m.def(
      "standings", [](const std::string& owner) { return rows(Selector::of_owner(owner)); },
      nb::arg("owner"), "Where each patch of an owner stands.");
}

}  // namespace overt::py
