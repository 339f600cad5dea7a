#include "leaks.h"

#include <algorithm>
#include <optional>
#include <set>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <utility>

#include "exiting.h"
#include "namespaces.h"
#include "pending.h"
#include "records.h"
#include "refusal.h"
#include "registry.h"
#include "runner.h"

namespace overt::py {
namespace {

constexpr std::string_view kEntries = "sys.modules:";

struct Log {
  bool taking = false;
  std::uint64_t count = 0;  // of all touches ever
  bool keep_all = false;
  bool putting_back = false;  // what is touched meanwhile goes to `put` instead
  std::vector<int> put;
  std::vector<std::shared_ptr<Touch>> touches;
  std::set<std::tuple<int, bool, bool>> seen;  // a loop is one touch
  std::set<std::pair<std::string, std::uintptr_t>> targets;
  // Where each patch was made: when it is undone another module may answer to the name.
  std::unordered_map<int, std::uintptr_t> places;
};

// Never destroyed: threads may still write while the process exits.
Log& log() {
  static auto& all = *new Log;
  return all;
}

const Subject& subject_of(int id) { return records().subjects()[static_cast<std::size_t>(id) - 1]; }

std::string_view key_of(const std::string& target) {
  const std::string_view text(target);
  if (text.starts_with(kEntries)) return text.substr(kEntries.size());
  const auto qualname = text.substr(text.find(':') + 1);
  return qualname.substr(qualname.rfind('.') + 1);
}

nb::object str(const std::string& text) {
  PyObject* key = PyUnicode_FromStringAndSize(text.c_str(), std::ssize(text));
  if (key != nullptr) PyUnicode_InternInPlace(&key);
  return checked(key);
}

// What the patch changed: a module, a class or a function. Borrowed; nullptr when it is gone.
PyObject* container_of(const Patch& patch) {
  if (patch.target.starts_with(kEntries)) return PyImport_GetModuleDict();
  if (PyObject* holder = subject_of(patch.id).holder.get()) return holder;
  if (patch.change == Change::code) return nullptr;
  const std::string module = patch.target.substr(0, patch.target.find(':'));
  PyObject* found = item(PyImport_GetModuleDict(), module.c_str());
  return found != nullptr && PyModule_Check(found) ? found : nullptr;
}

// Needed alive to be compared, and nobody waits for the death of these: they are known by address
// only, made anew each time that somebody asks for them, or compared by what they hold.
bool may_be_held(PyObject* object) {
  auto* type = Py_TYPE(object);
  return PyMethod_Check(object) || !PyType_SUPPORTS_WEAKREFS(type) ||
         type->tp_richcompare != PyBaseObject_Type.tp_richcompare;
}

// The part of a function, told by the values: code, a tuple of defaults, or a dict of keyword ones.
const char* part_of(const Patch& patch) {
  const auto is = [&](std::string_view type) {
    return patch.old_value.type == type || patch.new_value.type == type;
  };
  if (is("code")) return "__code__";
  return is("dict") ? "__kwdefaults__" : "__defaults__";
}

std::optional<Place> place_of(const Patch& patch, std::uintptr_t address) {
  PyObject* container = container_of(patch);
  if (container == nullptr || reinterpret_cast<std::uintptr_t>(container) != address) return {};
  Place place{Holder::module, nb::borrow(container), str(std::string(key_of(patch.target)))};
  if (patch.target.starts_with(kEntries)) place.holder = Holder::item;
  if (PyType_Check(container)) place.holder = Holder::type;
  return place;
}

// nullptr when the ledger was cleared since: its ids start again then.
const Patch* patch_of(const Touch& touch) {
  const auto& all = records().ledger().patches();
  const auto index = static_cast<std::size_t>(touch.patch) - 1;
  return index < all.size() && touch.target.starts_with(all[index].target) ? &all[index] : nullptr;
}

// A class that was given for its own what it inherits anyway, or a module what stands in builtins.
bool is_inherited(const Touch& touch, const nb::object& value) {
  const auto* patch = patch_of(touch);
  const auto place = patch == nullptr ? std::nullopt : place_of(*patch, touch.place);
  if (!place || place->holder == Holder::item) return false;
  if (place->holder == Holder::module) {
    return item(PyEval_GetBuiltins(), place->key.ptr()) == value.ptr();
  }
  PyObject* mro = reinterpret_cast<PyTypeObject*>(place->container.ptr())->tp_mro;
  for (Py_ssize_t i = 1; mro != nullptr && i < PyTuple_GET_SIZE(mro); ++i) {
    const Place base{Holder::type, nb::borrow(PyTuple_GET_ITEM(mro, i)), place->key};
    if (const auto bound = base.bound(); bound.is_valid()) return bound.is(value);
  }
  return false;
}

// The object itself, if it is alive.
nb::object object_before(const Touch& touch) {
  return touch.kept.is_valid() ? touch.kept : nb::borrow(touch.before.get());
}

}  // namespace

void touched(int id, bool made, PyObject* before) noexcept try {
  auto& all = log();
  if (!all.taking || is_exiting()) return;
  if (all.putting_back) {
    if (made) all.put.push_back(id);
    return;
  }
  const auto& patch = records().ledger().patch(id);
  const bool imported = made && is_below_import();
  if (!all.seen.emplace(id, made, imported).second) return;
  auto touch = std::make_shared<Touch>();
  touch->patch = id;
  touch->made = made;
  touch->imported = imported;
  touch->governed = patch.governed;
  touch->target = patch.target;
  touch->place = reinterpret_cast<std::uintptr_t>(container_of(patch));
  if (made) {
    all.places[id] = touch->place;
  } else if (const auto known = all.places.find(id); known != all.places.end()) {
    touch->place = known->second;
  }
  if (patch.change == Change::code) (touch->target += '.') += part_of(patch);
  const bool first = all.targets.emplace(touch->target, touch->place).second;
  if (made) {
    touch->before = Identity(before);
    touch->present = before != nullptr;
    if (before != nullptr && first && (all.keep_all || may_be_held(before))) {
      touch->kept = nb::borrow(before);
    }
  } else {
    touch->before = subject_of(id).new_value;
    touch->present = !patch.new_value.type.empty();
    touch->kept = nb::borrow(touch->before.get());
    if (!touch->kept.is_valid() || !PyFunction_Check(touch->kept.ptr())) touch->kept.reset();
  }
  all.touches.push_back(std::move(touch));
  ++all.count;
} catch (...) {  // NOLINT(bugprone-empty-catch)
  // Out of memory: the write is not ours to fail. The test that made it is not told of it.
}

void start_touches(bool keep_all) {
  log().taking = true;
  log().keep_all = log().keep_all || keep_all;
}

void stop_touches() {
  log().taking = log().keep_all = false;
  log().places.clear();
  const auto gone = take_touches();
}

std::uint64_t changes() { return log().count + registries().last() + import_hooks(); }

std::vector<std::shared_ptr<Touch>> take_touches() {
  auto& all = log();
  all.seen.clear();
  all.targets.clear();
  return std::exchange(all.touches, {});
}

Now now_at(const Touch& touch) {
  const auto* patch = patch_of(touch);
  if (patch == nullptr) return {};
  const auto place = place_of(*patch, touch.place);
  if (!place) return {};
  if (patch->change != Change::code) return {true, place->bound()};
  return {true, nb::getattr(place->container, part_of(*patch))};
}

bool is_back(const Touch& touch) {
  const auto now = now_at(touch);
  if (!touch.present && now.value.is_valid() && is_inherited(touch, now.value)) return true;
  if (!now.found) return true;  // out of reach: no test gets there by the target's name
  if (touch.kept.is_valid()) return touch.kept.is(now.value) || touch.before.is(now.value.ptr());
  return touch.before.is(now.value.ptr());
}

void put_back(const Touch& touch, const std::vector<int>& ids) {
  const auto* known = patch_of(touch);
  if (known == nullptr) refuse(Code::refused, "the ledger was cleared since", touch.target);
  const Patch patch = *known;  // the ledger may grow meanwhile
  const auto place = place_of(patch, touch.place);
  if (!place) refuse(Code::refused, "nobody gets to it by its name any more", patch.target);
  const auto before = object_before(touch);
  if (touch.present && !before.is_valid()) {
    refuse(Code::refused, "what it replaced is gone: nobody kept it", patch.target);
  }
  auto& all = log();
  all.put.clear();
  all.putting_back = true;
  std::exception_ptr failed;
  try {
    if (patch.change == Change::code) {
      nb::setattr(place->container, part_of(patch), before.is_valid() ? before : nb::none());
    } else if (touch.present) {
      place->bind(before);
    } else {
      place->unbind();
    }
  } catch (...) {
    failed = std::current_exception();
  }
  all.putting_back = false;
  const auto seen_as_new = std::exchange(all.put, {});
  if (failed) std::rethrow_exception(failed);
  for (const auto& undone : {ids, seen_as_new}) {
    for (const int id : undone) {
      if (!records().ledger().patch(id).reverted) records().revert(id);
    }
  }
}

}  // namespace overt::py
