#include "overt/ledger.h"

#include <algorithm>

namespace overt {
namespace {

// What makes two patches the same one made again: same target, same maker, same line.
std::string identity(const Patch& patch) {
  std::string text = patch.target;
  text.append(1, '\n').append(patch.owner.name).append(1, '\n').append(name(patch.change));
  text.append(1, '\n')
      .append(patch.site.file)
      .append(1, ':')
      .append(std::to_string(patch.site.line));
  text.append(1, '\n').append(patch.new_value.type).append(1, ' ').append(patch.new_value.qualname);
  return text;
}

}  // namespace

int Ledger::add(Patch patch) {
  const std::lock_guard lock(mutex_);
  return place(std::move(patch));
}

void Ledger::clear() {
  const std::lock_guard lock(mutex_);
  patches_.clear();
  layers_.clear();
  repeated_.clear();
  conflicts_.clear();
  conflict_of_.clear();
  dropped_ = 0;
}

std::vector<Patch> Ledger::copy(int after, std::size_t limit) const {
  const std::lock_guard lock(mutex_);
  const auto first = std::min(static_cast<std::size_t>(std::max(after, 0)), patches_.size());
  const auto count = std::min(limit, patches_.size() - first);
  const auto begin = patches_.begin() + static_cast<std::ptrdiff_t>(first);
  return {begin, begin + static_cast<std::ptrdiff_t>(count)};
}

int Ledger::place(Patch patch) {
  const auto key = identity(patch);
  const auto made = repeated_.find(key);
  auto& layers = layers_[patch.target];
  const bool standing = made != repeated_.end() && !this->patch(made->second).reverted;
  if (standing && !patch.governed && !layers.empty() && layers.back() == made->second) {
    auto& repeated = this->patch(made->second);  // a loop, or a wrapper put on at each request
    ++repeated.times;
    repeated.stack = std::move(patch.stack);
    return made->second;
  }
  const bool again = made != repeated_.end() && !standing;
  if (!again && patches_.size() >= kCapacity) {
    ++dropped_;
    return 0;
  }
  const int id = again ? made->second : static_cast<int>(patches_.size()) + 1;
  if (again) {
    this->patch(id).reverted = false;
    this->patch(id).lost.clear();
    this->patch(id).lifetime = patch.lifetime;  // the same handle may be installed for a block
    this->patch(id).stack = std::move(patch.stack);
    ++this->patch(id).times;
  } else {
    patch.id = id;
    repeated_[key] = id;
    patches_.push_back(std::move(patch));
  }
  layers.push_back(id);
  this->patch(id).layer = static_cast<int>(layers.size());
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
  const std::lock_guard lock(mutex_);
  auto& undone = patch(id);
  undone.reverted = true;
  undone.proof.reset();
  auto& layers = layers_[undone.target];
  const auto at = std::find(layers.begin(), layers.end(), id);
  if (at == layers.end()) return;
  for (auto outer = layers.erase(at); outer != layers.end(); ++outer) --patch(*outer).layer;
}

void Ledger::renew(int id) {
  const std::lock_guard lock(mutex_);
  auto& renewed = patch(id);
  ++renewed.times;
  renewed.lost.clear();
  renewed.proof.reset();
  if (!std::exchange(renewed.reverted, false)) return;
  auto& layers = layers_[renewed.target];
  layers.push_back(id);
  renewed.layer = static_cast<int>(layers.size());
  note_conflict(layers, id);
}

void Ledger::lose(int id, std::string why) {
  const std::lock_guard lock(mutex_);
  patch(id).lost = std::move(why);
}

void Ledger::note_handlers(int id, std::vector<Handler> handlers) {
  const std::lock_guard lock(mutex_);
  patch(id).handlers = std::move(handlers);
}

void Ledger::note_looks(int id, Looks looks) {
  const std::lock_guard lock(mutex_);
  patch(id).looks = std::move(looks);
}

void Ledger::note_proof(int id, Proof proof) {
  const std::lock_guard lock(mutex_);
  patch(id).proof = std::move(proof);
}

std::vector<Conflict> Ledger::copy_of_conflicts() const {
  const std::lock_guard lock(mutex_);
  return conflicts();
}

std::vector<Conflict> Ledger::conflicts() const {
  std::vector<Conflict> all;
  all.reserve(conflicts_.size());
  for (const auto& [target, ids] : conflicts_) {
    auto& patches = all.emplace_back(Conflict{target, {ids.begin(), ids.end()}}).patches;
    std::stable_sort(patches.begin(), patches.end(),
                     [this](int a, int b) { return patch(a).layer < patch(b).layer; });
  }
  return all;
}

}  // namespace overt
