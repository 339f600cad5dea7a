#include "records.h"

#include <algorithm>

#include "serving.h"

namespace overt::py {

Records& records() {
  static auto& all = *new Records;
  return all;
}

int Records::add(Patch patch, Subject subject) {
  const int id = ledger_.add(std::move(patch));
  if (id == 0) return 0;
  const auto index = static_cast<std::size_t>(id) - 1;
  if (subjects_.size() <= index) subjects_.resize(index + 1);
  subjects_[index] = std::move(subject);
  const auto& kept = ledger_.patch(id);
  enroll(kept);
  if (kept.times > 1 && listener_.again) listener_.again(id);
  if (kept.times == 1 && listener_.patched) listener_.patched(kept);
  return id;
}

void Records::revert(int id) {
  ledger_.revert(id);
  withdraw(id);
  if (listener_.reverted) listener_.reverted(id);
}

void Records::stop() {
  listener_ = {};
  const auto& all = ledger_.patches();
  const bool governed =
      std::any_of(all.begin(), all.end(), [](const Patch& patch) { return patch.governed; });
  if (governed) return;
  for (const auto& patch : all) {
    if (!patch.reverted) switchboard().withdraw_patch(patch.id);
  }
  ledger_.clear();
  subjects_.clear();
}

}  // namespace overt::py
