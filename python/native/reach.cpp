#include "reach.h"

#include <algorithm>
#include <bitset>
#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>

#include "describe.h"
#include "handlers.h"
#include "looks.h"
#include "namespaces.h"
#include "watcher.h"

namespace overt::py {
namespace {

enum class Kind { held, stale, around };  // the new value, the old one, their class or module

struct Interest {
  std::size_t patch = 0;
  Kind kind = Kind::held;
};

class Interests {
 public:
  void add(PyObject* object, Interest interest) {
    // Constants are everywhere: that a module holds None says nothing.
    if (object == nullptr || is_plain(object)) return;
    by_object_[object].push_back(interest);
    seen_.set(slot_of(object));
  }

  // A large program has half a million names: nearly all of them end at one bit.
  const std::vector<Interest>* find(PyObject* object) const {
    if (!seen_[slot_of(object)]) return nullptr;
    const auto it = by_object_.find(object);
    return it == by_object_.end() ? nullptr : &it->second;
  }

  bool empty() const { return by_object_.empty(); }

 private:
  static constexpr std::size_t kSlots = 1U << 14U;
  static std::size_t slot_of(PyObject* object) {
    return (reinterpret_cast<std::uintptr_t>(object) >> 4U) % kSlots;
  }

  std::unordered_map<PyObject*, std::vector<Interest>> by_object_;
  std::bitset<kSlots> seen_;
};

// The class or module that a target is in, found without asking any object; nullptr where it is not
// there any more.
PyObject* container_of(const std::string& target) {
  const auto colon = target.find(':');
  PyObject* modules = PyImport_GetModuleDict();
  if (colon == std::string::npos || modules == nullptr) return nullptr;
  PyObject* found = item(modules, target.substr(0, colon).c_str());
  for (auto at = colon + 1; found != nullptr;) {
    const auto dot = target.find('.', at);
    if (dot == std::string::npos) return found;
    const auto name = target.substr(at, dot - at);
    at = dot + 1;
    if (PyModule_Check(found)) {
      found = item(PyModule_GetDict(found), name.c_str());
    } else if (PyType_Check(found)) {
      const auto dict = nb::steal(PyType_GetDict(reinterpret_cast<PyTypeObject*>(found)));
      found = item(dict.ptr(), name.c_str());
    } else {
      return nullptr;
    }
  }
  return nullptr;
}

void count_subclasses(PyObject* type, Reach& reach, std::unordered_set<PyObject*>& seen) {
  // type's own method, whatever the metaclass calls so: it runs no Python code.
  const auto all = nb::steal(
      PyObject_CallMethod(reinterpret_cast<PyObject*>(&PyType_Type), "__subclasses__", "O", type));
  if (!all.is_valid()) return PyErr_Clear();
  for (Py_ssize_t i = 0; i < PyList_GET_SIZE(all.ptr()); ++i) {
    PyObject* each = PyList_GET_ITEM(all.ptr(), i);
    if (!PyType_Check(each) || !seen.insert(each).second) continue;
    ++reach.subclass_count;
    if (reach.subclasses.size() < Reach::kNamed) {
      auto* subclass = reinterpret_cast<PyTypeObject*>(each);
      reach.subclasses.push_back(type_module(subclass) + ":" + type_qualname(subclass));
    }
    count_subclasses(each, reach, seen);
  }
}

class Pass {
 public:
  Pass(std::vector<Patch>& patches, const Interests& interests)
      : patches_(patches), interests_(interests) {}

  void module(PyObject* name, PyObject* module) {
    module_ = name;
    dict_ = PyModule_GetDict(module);
    application_.reset();
    counted_.clear();
    Py_ssize_t at = 0;
    PyObject* key = nullptr;
    PyObject* value = nullptr;
    while (PyDict_Next(dict_, &at, &key, &value) != 0) {
      const auto* interests = interests_.find(value);
      if (interests == nullptr) continue;
      for (const auto [index, kind] : *interests) found(index, kind, key);
    }
  }

 private:
  void found(std::size_t index, Kind kind, PyObject* key) {
    auto& patch = patches_[index];
    auto& reach = *patch.reach;  // NOLINT(bugprone-unchecked-optional-access): see measure_reach()
    // A module counts once, under however many names.
    if (kind != Kind::around && counted_.insert(index * 3 + (kind == Kind::stale ? 1 : 0)).second) {
      if (kind == Kind::stale) {
        reach.stale.emplace_back(text_of(module_));
      } else {
        ++reach.modules;
      }
    }
    if (!is_user(patch) || !counted_.insert(index * 3 + 2).second) return;
    ++reach.user_modules;
    if (reach.users.size() == Reach::kNamed) return;
    reach.users.push_back(std::string(text_of(module_)) + ":" + std::string(text_of(key)));
  }

  // Of the application, and neither where the target is nor who made the patch.
  bool is_user(const Patch& patch) {
    auto* watcher = Watcher::active();
    if (watcher == nullptr) return false;
    if (!application_) {
      auto& origins = watcher->origins();
      const auto id = watcher->known_namespaces().origin_of_module(module_, origins);
      application_ = id != kNoOrigin && origins[id].place == Place::application &&
                     text_of(item(dict_, names().name)) == text_of(module_);  // else an alias
    }
    const auto name = text_of(module_);
    return *application_ && name != patch.site.module &&
           name != std::string_view(patch.target).substr(0, patch.target.find(':'));
  }

  std::vector<Patch>& patches_;
  const Interests& interests_;
  PyObject* module_ = nullptr;  // its name in sys.modules
  PyObject* dict_ = nullptr;
  std::optional<bool> application_;
  std::unordered_set<std::size_t> counted_;
};

}  // namespace

void measure_reach(std::vector<Patch>& patches, const std::vector<Subject>& subjects) {
  Interests interests;
  std::unordered_map<PyObject*, std::vector<std::size_t>> classes;
  for (std::size_t i = 0; i < patches.size() && i < subjects.size(); ++i) {
    patches[i].reach = Reach{};
    if (patches[i].reverted) continue;
    const auto& subject = subjects[i];
    PyObject* holder = subject.holder.get();
    interests.add(holder != nullptr ? holder : subject.new_value.get(), {i, Kind::held});
    if (patches[i].change != Change::code) {
      interests.add(subject.old_value.get(), {i, Kind::stale});
    }
    PyObject* container = container_of(patches[i].target);
    if (container == nullptr) continue;
    if (container != holder) interests.add(container, {i, Kind::around});
    if (PyType_Check(container)) classes[container].push_back(i);
  }
  // NOLINTNEXTLINE(bugprone-nondeterministic-pointer-iteration-order): each by itself
  for (const auto& [type, indices] : classes) {
    Reach counted;
    std::unordered_set<PyObject*> seen;
    count_subclasses(type, counted, seen);
    for (const auto index : indices) {
      auto& reach = *patches[index].reach;  // NOLINT(bugprone-unchecked-optional-access): above
      reach.subclasses = counted.subclasses;
      reach.subclass_count = counted.subclass_count;
    }
  }
  PyObject* modules = PyImport_GetModuleDict();
  if (interests.empty() || modules == nullptr) return;

  Pass pass(patches, interests);
  Py_ssize_t at = 0;
  PyObject* name = nullptr;
  PyObject* module = nullptr;
  while (PyDict_Next(modules, &at, &name, &module) != 0) {
    if (PyModule_Check(module)) pass.module(name, module);
  }
  for (auto& patch : patches) {
    if (patch.reach) std::sort(patch.reach->stale.begin(), patch.reach->stale.end());
  }
}

void read_code(std::vector<Patch>& patches, const std::vector<Subject>& subjects) {
  for (std::size_t i = 0; i < patches.size() && i < subjects.size(); ++i) {
    auto& patch = patches[i];
    const auto& [old_value, new_value, holder, kept_old, replaced] = subjects[i];
    if (patch.reverted) continue;
    if (!patch.handlers) patch.handlers = handlers_of_wrapper(new_value.get());
    if (patch.looks || patch.governed || patch.change != Change::replaced) continue;
    patch.looks = looks_of(kept_old.is_valid() ? kept_old.ptr() : old_value.get(), new_value.get());
  }
}

}  // namespace overt::py
