#include "overt/ledger.h"

#include <algorithm>

namespace overt {
namespace {

// What makes two patches the same one made again: same target, same maker, same line.
std::string identity(const Patch& patch) {
  std::string text = patch.target;
  text.append(1, '\n').append(patch.owner.name).append(1, '\n').append(name(patch.change));
  text.append(1, '\n').append(patch.site.file).append(1, ':').append(std::to_string(patch.site.line));
  text.append(1, '\n').append(patch.new_value.type).append(1, ' ').append(patch.new_value.qualname);
  return text;
}

}  // namespace

int Ledger::add(Patch patch) {
  auto& layers = layers_[patch.target];
  const int layer = static_cast<int>(layers.size()) + 1;
  const auto key = identity(patch);
  const auto again = repeated_.find(key);
  int id = 0;
  if (again != repeated_.end() && this->patch(again->second).reverted) {
    id = again->second;
    auto& known = this->patch(id);
    known.reverted = false;
    known.layer = layer;
    ++known.times;
  } else {
    if (patches_.size() >= kCapacity) {
      ++dropped_;
      return 0;
    }
    id = patch.id = static_cast<int>(patches_.size()) + 1;
    patch.layer = layer;
    repeated_[key] = id;
    patches_.push_back(std::move(patch));
  }
  layers.push_back(id);
  note_conflict(layers, id);
  return id;
}

void Ledger::note_conflict(const std::vector<int>& layers, int newest) {
  const auto& added = patch(newest);
  if (added.internal) return;
  for (const int id : layers) {
    const auto& other = patch(id);
    if (other.internal || other.owner.name == added.owner.name) continue;
    const auto [at, fresh] = conflict_of_.try_emplace(added.target, conflicts_.size());
    if (fresh) conflicts_.emplace_back(added.target, std::set<int>{});
    conflicts_[at->second].second.insert({id, newest});
  }
}

void Ledger::revert(int id) {
  auto& undone = patch(id);
  undone.reverted = true;
  std::erase(layers_[undone.target], id);
}

std::vector<Conflict> Ledger::conflicts() const {
  std::vector<Conflict> all;
  all.reserve(conflicts_.size());
  for (const auto& [target, ids] : conflicts_) all.push_back({target, {ids.begin(), ids.end()}});
  return all;
}

}  // namespace overt
