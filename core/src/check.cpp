#include "overt/check.h"

#include <algorithm>
#include <array>
#include <map>

#include "overt/version.h"
#include "overt/vote.h"
#include "report_words.h"

namespace overt {
namespace {

constexpr std::array<std::string_view, 8> kNames = {"new",     "owner",    "change",   "wider",
                                                    "version", "conflict", "narrower", "gone"};

std::string with_version(const std::string& owner, const std::string& version) {
  return version.empty() ? owner : owner + " " + version;
}

std::string extent(const LockedPatch& patch) {
  return std::string(name(patch.boundary)) + (patch.everywhere ? ", everywhere" : "");
}

bool has(const std::vector<std::string>& owners, const std::string& owner) {
  return std::any_of(owners.begin(), owners.end(),
                     [&](const auto& each) { return same_owner(each, owner); });
}

class Comparing {
 public:
  Comparing(const Lock& lock, const Seen& seen) : lock_(lock), seen_(seen) {
    for (const auto& patch : lock.patches) locked_[patch.target].push_back(&patch);
    for (const auto& patch : seen.patches) now_[patch.patch.target].push_back(&patch);
  }

  std::vector<Finding> findings() {
    for (const auto& [target, patches] : now_) {
      for (const auto* seen : patches) about(*seen);
    }
    for (const auto& conflict : seen_.conflicts) about(conflict);
    for (const auto& patch : lock_.patches) {
      if (!met_.contains(&patch)) gone(patch);
    }
    std::stable_sort(findings_.begin(), findings_.end(),
                     [](const auto& a, const auto& b) { return a.target < b.target; });
    return std::move(findings_);
  }

 private:
  Finding& add(Difference what, const SeenPatch& seen, const LockedPatch* locked,
               std::string said) {
    auto line = seen.patch;
    if (locked != nullptr) {
      met_[locked] = true;
      line.reason = locked->reason;
      if (what != Difference::version && in_range(locked->range, seen.version) &&
          same_owner(locked->owner, line.owner)) {
        line.range = locked->range;
      }
    }
    findings_.push_back({what, line.target, line.owner, seen.version,
                         locked == nullptr ? std::string() : to_line(*locked),
                         locked == nullptr ? place_of(line.target) : locked->line, to_line(line),
                         seen.site, std::move(said)});
    return findings_.back();
  }

  // Where the line would stand: behind the last one that sorts before it.
  int place_of(const std::string& target) const {
    int line = 1;
    for (const auto& other : lock_.patches) {
      if (other.target <= target) line = std::max(line, other.line);
    }
    return line;
  }

  void about(const SeenPatch& seen) {
    const auto& patch = seen.patch;
    const auto who = with_version(patch.owner, seen.version);
    const auto known = locked_.find(patch.target);
    if (known == locked_.end()) {
      add(Difference::added, seen, nullptr, who + " patches this, which nobody did before");
      return;
    }
    const auto& lines = known->second;
    for (const auto* line : lines) {
      if (is_same_patch(*line, patch)) return held_against(seen, *line);
    }
    for (const auto* line : lines) {
      if (!same_owner(line->owner, patch.owner) || is_seen(*line)) continue;
      add(Difference::change, seen, line,
          who + " does another thing to it: " + std::string(name(patch.change)) + ", which was " +
              std::string(name(line->change)));
      return;
    }
    for (const auto* line : lines) {
      if (is_seen(*line) || met_.contains(line)) continue;
      add(Difference::owner, seen, line,
          "it was " + line->owner + " that patched this, and now is " + who);
      return;
    }
    add(Difference::owner, seen, nullptr, who + " patches this too, and did not before");
  }

  void held_against(const SeenPatch& seen, const LockedPatch& line) {
    met_[&line] = true;
    const auto& patch = seen.patch;
    const auto who = with_version(patch.owner, seen.version);
    const bool wider = patch.boundary > line.boundary || (patch.everywhere && !line.everywhere);
    if (wider) {
      add(Difference::wider, seen, &line,
          "it reaches farther: " + extent(patch) + ", which was " + extent(line));
    } else if (patch.boundary != line.boundary || patch.everywhere != line.everywhere) {
      add(Difference::narrower, seen, &line,
          "it reaches less far: " + extent(patch) + ", which was " + extent(line));
    }
    if (!line.range.empty() && !in_range(line.range, seen.version)) {
      add(Difference::version, seen, &line, who + " is outside of " + line.range);
    }
  }

  bool is_seen(const LockedPatch& line) const {
    const auto at = now_.find(line.target);
    return at != now_.end() &&
           std::any_of(at->second.begin(), at->second.end(),
                       [&](const auto* seen) { return is_same_patch(line, seen->patch); });
  }

  void about(const LockedConflict& conflict) {
    const LockedConflict* line = nullptr;
    for (const auto& locked : lock_.conflicts) {
      if (locked.target == conflict.target) line = &locked;
    }
    std::vector<std::string> others;
    for (const auto& owner : conflict.owners) {
      if (line == nullptr || !has(line->owners, owner)) others.push_back(owner);
    }
    if (others.empty()) return;
    auto said = "several owners patch this at the same time: " + joined(conflict.owners, ", ");
    if (line != nullptr) said = joined(others, ", ") + " patches this beside the others";
    auto seen = conflict;
    if (line != nullptr) seen.reason = line->reason;
    findings_.push_back({Difference::conflict,
                         conflict.target,
                         joined(others, ", "),
                         {},
                         line == nullptr ? std::string() : to_line(*line),
                         line == nullptr ? place_of(conflict.target) : line->line,
                         to_line(seen),
                         {},
                         std::move(said)});
  }

  void gone(const LockedPatch& patch) {
    auto& finding = findings_.emplace_back();
    finding.what = Difference::gone;
    finding.target = patch.target;
    finding.owner = patch.owner;
    finding.locked = to_line(patch);
    finding.line = patch.line;
    finding.said = "nobody patched this in this run";
  }

  const Lock& lock_;
  const Seen& seen_;
  std::map<std::string, std::vector<const LockedPatch*>> locked_;
  std::map<std::string, std::vector<const SeenPatch*>> now_;
  std::map<const LockedPatch*, bool> met_;
  std::vector<Finding> findings_;
};

}  // namespace

std::string_view name(Difference difference) {
  return kNames[static_cast<std::size_t>(difference)];
}

bool fails(Difference difference) { return difference < Difference::narrower; }

bool Comparison::fails() const {
  return std::any_of(findings.begin(), findings.end(),
                     [](const auto& finding) { return overt::fails(finding.what); });
}

Comparison compare(const Lock& lock, const Seen& seen, std::string path) {
  return {std::move(path), seen.patches.size(), Comparing(lock, seen).findings()};
}

}  // namespace overt
