#include "audit.h"

#include <array>
#include <mutex>
#include <utility>
#include <vector>

#include "records.h"
#include "refusal.h"
#include "soon.h"

namespace overt::py {
namespace {

// Changes of patches that hooks have not been told of yet.
struct Untold {
  std::mutex mutex;
  std::vector<std::pair<AuditEvent, int>> changes;
};

Untold& untold() {
  static auto& all = *new Untold;
  return all;
}

thread_local int announced = 0;

nb::object text(const std::string& utf8) {
  return checked(
      PyUnicode_DecodeUTF8(utf8.data(), static_cast<Py_ssize_t>(utf8.size()), "replace"));
}

int tell(void* /*unused*/) {
  PyObject* error = PyErr_GetRaisedException();
  std::vector<std::pair<AuditEvent, int>> changes;
  {
    const std::lock_guard lock(untold().mutex);
    changes.swap(untold().changes);
  }
  for (const auto& [event, id] : changes) {
    const auto& patches = records().ledger().patches();
    if (static_cast<std::size_t>(id) > patches.size()) continue;  // forgotten since
    const auto& patch = records().ledger().patch(id);
    try {
      audit(event, patch.target, patch.owner.name);
    } catch (nb::python_error& raised) {
      raised.discard_as_unraisable("overt: an audit hook, told of what was switched");
    }
  }
  PyErr_SetRaisedException(error);
  return 0;
}

}  // namespace

void audit(AuditEvent event, const std::string& target, const std::string& owner) {
  constexpr std::array<const char*, 4> kNames = {"overt.install", "overt.remove", "overt.off",
                                                 "overt.on"};
  const auto of = text(target);
  const auto by = text(owner);
  const auto* name = kNames[static_cast<std::size_t>(event)];
  if (PySys_Audit(name, "OO", of.ptr(), by.ptr()) != 0) throw nb::python_error();
}

void Announcement::make(AuditEvent event, const std::string& target, const std::string& owner) {
  try {
    audit(event, target, owner);
  } catch (...) {
    if (!error_) error_ = std::current_exception();
  }
}

Announced::Announced() { ++announced; }
Announced::~Announced() { --announced; }

void tell_later(const SwitchEntry& entry) {
  if (announced > 0 || (entry.turned_off.empty() && entry.turned_on.empty())) return;
  {
    const std::lock_guard lock(untold().mutex);
    auto& changes = untold().changes;
    for (const int id : entry.turned_off) changes.emplace_back(AuditEvent::off, id);
    for (const int id : entry.turned_on) changes.emplace_back(AuditEvent::on, id);
  }
  call_soon(tell);
}

}  // namespace overt::py
