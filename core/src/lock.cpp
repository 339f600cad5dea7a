#include "overt/lock.h"

#include <algorithm>
#include <map>
#include <set>

#include "overt/version.h"
#include "overt/vote.h"

namespace overt {
namespace {

// An owner whatever its spelling, so that a map finds it.
std::string spelled(std::string_view owner) {
  std::string text;
  for (const char c : owner) {
    const bool separator = c == '-' || c == '_' || c == '.';
    if (separator && text.ends_with('-')) continue;
    text += separator ? '-' : c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return text;
}

using Key = std::tuple<std::string, Change, std::string>;

Key key_of(const LockedPatch& patch) { return {patch.target, patch.change, spelled(patch.owner)}; }

// In two processes of one run the same patch may reach differently far: the widest counts.
void widen(SeenPatch& seen, const SeenPatch& other) {
  seen.patch.boundary = std::max(seen.patch.boundary, other.patch.boundary);
  seen.patch.everywhere = seen.patch.everywhere || other.patch.everywhere;
  const auto order = compare_versions(other.version, seen.version);
  if (order && *order < 0) {
    seen.version = other.version;
    seen.patch.range = other.patch.range;
  }
}

SeenPatch seen_patch(const Patch& patch) {
  return {{patch.target,
           patch.change,
           patch.owner.name,
           compatible_range(patch.owner.version),
           patch.boundary,
           patch.everywhere,
           {},
           0},
          patch.owner.version,
          patch.site};
}

bool counts(const Patch& patch) { return !patch.reverted && !patch.internal; }

using OwnersByTarget = std::map<std::string, std::set<std::string>>;

// Those that still stand there together.
void note_conflicts(const Report& report, OwnersByTarget& owners) {
  std::map<int, const Patch*> by_id;
  for (const auto& patch : report.patches) by_id[patch.id] = &patch;
  for (const auto& conflict : report.conflicts) {
    std::set<std::string> names;
    for (const int id : conflict.patches) {
      const auto at = by_id.find(id);
      if (at != by_id.end() && counts(*at->second)) names.insert(at->second->owner.name);
    }
    if (names.size() > 1) owners[conflict.target].merge(names);
  }
}

}  // namespace

bool is_same_patch(const LockedPatch& a, const LockedPatch& b) {
  return a.target == b.target && a.change == b.change && same_owner(a.owner, b.owner);
}

Seen seen_in(const std::vector<Report>& reports) {
  std::map<Key, SeenPatch> patches;
  OwnersByTarget owners;
  for (const auto& report : reports) {
    for (const auto& patch : report.patches) {
      if (!counts(patch)) continue;
      auto seen = seen_patch(patch);
      const auto [at, fresh] = patches.try_emplace(key_of(seen.patch), seen);
      if (!fresh) widen(at->second, seen);
    }
    note_conflicts(report, owners);
  }
  Seen all;
  for (auto& [key, seen] : patches) all.patches.push_back(std::move(seen));
  for (const auto& [target, names] : owners) {
    all.conflicts.push_back({target, {names.begin(), names.end()}, {}, 0});
  }
  return all;
}

Lock lock_of(const Seen& seen, const Lock& before, bool keep) {
  std::map<Key, LockedPatch> patches;
  std::map<Key, const LockedPatch*> known;
  for (const auto& patch : before.patches) {
    known[key_of(patch)] = &patch;
    if (keep) patches[key_of(patch)] = patch;
  }
  for (const auto& [patch, version, site] : seen.patches) {
    auto& line = patches[key_of(patch)] = patch;
    const auto at = known.find(key_of(patch));
    if (at == known.end()) continue;
    line.reason = at->second->reason;
    if (in_range(at->second->range, version)) line.range = at->second->range;
  }
  std::map<std::string, LockedConflict> conflicts;
  for (const auto& conflict : before.conflicts) {
    if (keep) conflicts[conflict.target] = conflict;
  }
  for (const auto& conflict : seen.conflicts) {
    auto& line = conflicts[conflict.target];
    std::set<std::string> owners(line.owners.begin(), line.owners.end());
    owners.insert(conflict.owners.begin(), conflict.owners.end());
    line.target = conflict.target;
    line.owners.assign(owners.begin(), owners.end());
    for (const auto& old : before.conflicts) {
      if (old.target == conflict.target) line.reason = old.reason;
    }
  }
  Lock lock;
  lock.comments = before.comments;
  for (auto& [key, patch] : patches) lock.patches.push_back(std::move(patch));
  for (auto& [target, conflict] : conflicts) lock.conflicts.push_back(std::move(conflict));
  return lock;
}

}  // namespace overt
