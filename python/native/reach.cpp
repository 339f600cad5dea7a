#include "reach.h"

#include <algorithm>
#include <string>
#include <unordered_map>
#include <unordered_set>

#include "describe.h"
#include "namespaces.h"

namespace overt::py {
namespace {

struct Interest {
  std::size_t patch = 0;
  bool stale = false;
};

using Interests = std::unordered_map<PyObject*, std::vector<Interest>>;

void add(Interests& interests, PyObject* object, Interest interest) {
  // Constants are everywhere: that a module holds None says nothing.
  if (object != nullptr && !is_plain(object)) interests[object].push_back(interest);
}

}  // namespace

void measure_reach(std::vector<Patch>& patches, const std::vector<Subject>& subjects) {
  Interests interests;
  for (std::size_t i = 0; i < patches.size() && i < subjects.size(); ++i) {
    patches[i].reach = Reach{};
    if (patches[i].reverted) continue;
    const auto& subject = subjects[i];
    PyObject* holder = subject.holder.get();
    add(interests, holder != nullptr ? holder : subject.new_value.get(), {i, false});
    if (patches[i].change != Change::code) add(interests, subject.old_value.get(), {i, true});
  }
  PyObject* modules = PyImport_GetModuleDict();
  if (interests.empty() || modules == nullptr) return;

  Py_ssize_t at = 0;
  PyObject* name = nullptr;
  PyObject* module = nullptr;
  while (PyDict_Next(modules, &at, &name, &module) != 0) {
    if (!PyModule_Check(module)) continue;
    std::unordered_set<std::size_t> counted;  // a module counts once, under however many names
    Py_ssize_t inner = 0;
    PyObject* value = nullptr;
    while (PyDict_Next(PyModule_GetDict(module), &inner, nullptr, &value) != 0) {
      const auto it = interests.find(value);
      if (it == interests.end()) continue;
      for (const auto [index, stale] : it->second) {
        const auto slot = index * 2 + (stale ? 1 : 0);
        if (!counted.insert(slot).second) continue;
        auto& reach =
            *patches[index].reach;  // NOLINT(bugprone-unchecked-optional-access): see above
        if (stale) {
          reach.stale.emplace_back(text_of(name));
        } else {
          ++reach.modules;
        }
      }
    }
  }
  for (auto& patch : patches) {
    if (patch.reach) std::sort(patch.reach->stale.begin(), patch.reach->stale.end());
  }
}

}  // namespace overt::py
