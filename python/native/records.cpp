#include "records.h"

#include <algorithm>
#include <utility>

#include "leaks.h"
#include "overt/patch_name.h"
#include "policy_gate.h"
#include "refusal.h"
#include "serving.h"
#include "soon.h"
#include "switching.h"

namespace overt::py {

bool is_function_or_its_parts(PyObject* object) {
  if (object == nullptr) return false;
  return PyFunction_Check(object) || PyCFunction_Check(object) || PyCode_Check(object) ||
         Py_TYPE(object) == &PyMethodDescr_Type || Py_TYPE(object) == &PyWrapperDescr_Type ||
         Py_TYPE(object) == &PyStaticMethod_Type || Py_TYPE(object) == &PyClassMethod_Type ||
         Py_TYPE(object) == &PyProperty_Type;
}

void Subject::keep(PyObject* old_object) {
  replaced = old_object;
  if (is_function_or_its_parts(old_object)) kept_old = nb::borrow(old_object);
}

Records& records() {
  static auto& all = *new Records;
  return all;
}

int Records::add(Patch patch, Subject subject) {
  const int id = ledger_.add(std::move(patch));
  if (id == 0) return 0;
  const auto index = static_cast<std::size_t>(id) - 1;
  if (subjects_.size() <= index) subjects_.resize(index + 1);
  PyObject* replaced = std::exchange(subject.replaced, nullptr);
  std::swap(subjects_[index], subject);
  if (subject.kept_old.is_valid()) let_go(std::move(subject.kept_old));
  const auto& kept = ledger_.patch(id);
  enroll(kept);
  if (kept.times > 1 && listener_.again) listener_.again(id);
  if (kept.times == 1 && listener_.patched) listener_.patched(kept);
  touched(id, true, replaced);
  if (!kept.governed) judge_foreign(kept);
  return id;
}

void Records::revert(int id) {
  ledger_.revert(id);
  withdraw(id);
  if (auto& kept = subjects_[static_cast<std::size_t>(id) - 1].kept_old; kept.is_valid()) {
    let_go(std::move(kept));
  }
  if (listener_.reverted) listener_.reverted(id);
  touched(id, false, nullptr);
}

// At the next safe point: what dies with it may run code, and this is inside a write.
void Records::let_go(nb::object kept) {
  released_.push_back(std::move(kept));
  if (!std::exchange(releasing_, true)) call_soon(release);
}

void Records::renew(int id, Subject subject) {
  const bool stood = !ledger_.patch(id).reverted;
  ledger_.renew(id);
  subjects_[static_cast<std::size_t>(id) - 1] = std::move(subject);
  if (!stood) enroll(ledger_.patch(id));
  if (listener_.again) listener_.again(id);
}

void Records::lose(int id, const std::string& why) {
  ledger_.lose(id, why);
  revert(id);
}

int Records::release(void* /*unused*/) {
  auto& all = records();
  all.releasing_ = false;
  const auto gone = std::exchange(all.released_, {});
  return 0;
}

const Patch& Records::patch(int id) const {
  if (id < 1 || static_cast<std::size_t>(id) > subjects_.size()) {
    refuse(Code::not_found, "there is no patch " + patch_name(id), "");
  }
  return ledger_.patch(id);
}

void Records::stop() {
  listener_ = {};
  const auto& all = ledger_.patches();
  const bool governed =
      std::any_of(all.begin(), all.end(), [](const Patch& patch) { return patch.governed; });
  if (governed) return;
  for (const auto& patch : all) {
    if (patch.reverted) continue;
    forget_switch(patch.id);
    switchboard().withdraw_patch(patch.id);
  }
  ledger_.clear();
  subjects_.clear();
}

}  // namespace overt::py
