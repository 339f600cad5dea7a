#include "pending.h"

#include <map>
#include <set>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "exiting.h"
#include "namespaces.h"
#include "soon.h"

namespace overt::py {
namespace {

struct Hook {
  std::string module;
  ImportHook call;
};

struct State {
  int watcher = -1;
  std::uint64_t next = 1;
  std::map<std::uint64_t, Hook> hooks;                   // in the order of registration
  std::unordered_map<PyObject*, std::string> importing;  // dict of a spec -> its module's name
  std::unordered_map<std::string, int> wanted;           // hooks by module
  std::unordered_set<std::string> ending;                // modules whose hooks are running
  std::set<std::string> ready;                           // whose hooks run at the next safe point
};

State& state() {
  static auto& the = *new State;
  return the;
}

// Runs what waited for a module. Each is taken out first: it may register or cancel others.
void run_hooks(const std::string& name, const nb::object& module) {
  auto& all = state();
  const auto last = all.next;  // what is registered by a hook waits for another import
  while (true) {
    auto it = all.hooks.begin();
    while (it != all.hooks.end() && it->second.module != name) ++it;
    if (it == all.hooks.end() || it->first >= last) return;
    const auto hook = it->second;
    cancel_import_hook(it->first);
    try {
      hook.call(module);
    } catch (nb::python_error& error) {
      error.discard_as_unraisable(nb::str(("overt: patching " + name + " on import").c_str()));
    } catch (const Refusal& refusal) {
      refusal.raise();
      PyErr_WriteUnraisable(module.ptr());
    } catch (const std::exception& error) {
      PyErr_SetString(PyExc_RuntimeError, error.what());
      PyErr_WriteUnraisable(module.ptr());
    }
  }
}

// At the interpreter's next safe point: for modules that were put into sys.modules by hand, or at
// the end of a reload. Not at once, since a dict that is being written must not be written to.
int run_ready(void* /*unused*/) {
  for (const auto& name : std::exchange(state().ready, {})) {
    if (is_exiting()) break;
    PyObject* module = item(PyImport_GetModuleDict(), name.c_str());
    if (module == nullptr || module == Py_None) continue;
    const auto held = nb::borrow(module);
    const auto spec = nb::steal(PyObject_GetAttrString(module, "__spec__"));
    PyErr_Clear();
    const auto busy = spec.is_valid() ? nb::getattr(spec, "_initializing", nb::none()) : nb::none();
    if (PyObject_IsTrue(busy.ptr()) != 1) run_hooks(name, held);
  }
  return 0;
}

// The dict of a spec. 3.13 tells no watcher of what is set on an object whose dict shares its keys
// with those of its class, so it is given one that does not; a copy would share them again.
nb::object watchable_dict(const nb::object& spec) {
  auto dict = nb::steal(PyObject_GenericGetDict(spec.ptr(), nullptr));
  if (!dict.is_valid() || !PyDict_Check(dict.ptr())) return {};
  if (Py_TYPE(spec.ptr())->tp_setattro != PyObject_GenericSetAttr) return dict;  // runs its code
  auto own = nb::steal(PyDict_New());
  // Not PyObject_GenericSetDict(): it leaves values that are kept inside of the object in charge.
  const bool given = own.is_valid() && PyDict_Update(own.ptr(), dict.ptr()) == 0 &&
                     PyObject_SetAttrString(spec.ptr(), "__dict__", own.ptr()) == 0;
  return given ? own : dict;
}

// A module that somebody waits for has appeared; its body is about to run.
void appeared(const std::string& name, PyObject* module) {
  // Anything may be put there; only a module is asked, and by its dict.
  const auto spec =
      nb::borrow(PyModule_Check(module) ? item(PyModule_GetDict(module), names().spec) : nullptr);
  const auto dict = spec.is_valid() && !spec.is_none() ? watchable_dict(spec) : nb::object();
  PyErr_Clear();
  PyObject* busy = dict.is_valid() ? item(dict.ptr(), "_initializing") : nullptr;
  if (busy == Py_True && PyDict_Watch(state().watcher, dict.ptr()) == 0) {
    state().importing[dict.ptr()] = name;
    return;
  }
  PyErr_Clear();
  state().ready.insert(name);
  call_soon(run_ready);
}

void finished(PyObject* dict) {
  auto node = state().importing.extract(dict);
  if (node.empty()) return;
  PyDict_Unwatch(state().watcher, dict);
  PyObject* module = item(PyImport_GetModuleDict(), node.mapped().c_str());
  if (module == nullptr) return;  // the import failed: it may be tried again
  state().ending.insert(node.mapped());
  run_hooks(node.mapped(), nb::borrow(module));
  state().ending.erase(node.mapped());
}

int on_dict(PyDict_WatchEvent event, PyObject* dict, PyObject* key, PyObject* value) {
  if (event == PyDict_EVENT_DEALLOCATED) {
    state().importing.erase(dict);
    return 0;
  }
  if (event != PyDict_EVENT_ADDED && event != PyDict_EVENT_MODIFIED) return 0;
  if (key == nullptr || !PyUnicode_CheckExact(key) || is_exiting()) return 0;
  PyObject* error = PyErr_GetRaisedException();
  try {
    if (dict == PyImport_GetModuleDict()) {
      const std::string name(text_of(key));
      if (state().wanted.contains(name)) appeared(name, value);
    } else if (value == Py_False && PyUnicode_CompareWithASCIIString(key, "_initializing") == 0) {
      finished(dict);
    }
  } catch (...) {  // NOLINT(bugprone-empty-catch)
    // No memory: the import is what matters. The patch stays listed as pending.
  }
  PyErr_SetRaisedException(error);
  return 0;
}

void start_watching(const std::string& module) {
  auto& all = state();
  if (all.watcher >= 0) return;
  all.watcher = PyDict_AddWatcher(on_dict);
  if (all.watcher < 0 || PyDict_Watch(all.watcher, PyImport_GetModuleDict()) != 0) {
    PyErr_Clear();
    refuse(Code::refused,
           "this interpreter has no dict watcher id left (CPython has 8), so an import cannot be "
           "waited for; import '" +
               module + "' before you patch it",
           module);
  }
}

void stop_watching() {
  auto& all = state();
  if (!all.hooks.empty() || all.watcher < 0) return;
  if (PyDict_ClearWatcher(all.watcher) != 0) PyErr_Clear();
  all.watcher = -1;
  all.importing.clear();
}

}  // namespace

std::uint64_t at_next_import(const std::string& module, ImportHook hook) {
  start_watching(module);
  auto& all = state();
  all.hooks.emplace(all.next, Hook{module, std::move(hook)});
  ++all.wanted[module];
  return all.next++;
}

std::uint64_t when_imported(const std::string& module, ImportHook hook) {
  const auto registered = at_next_import(module, std::move(hook));
  // Another thread may be in the middle of importing it.
  if (PyObject* present = item(PyImport_GetModuleDict(), module.c_str()); present != nullptr) {
    appeared(module, present);
  }
  return registered;
}

std::uint64_t import_hooks() { return state().next - 1; }

bool is_import_ending(const std::string& module) { return state().ending.contains(module); }

bool cancel_import_hook(std::uint64_t hook) {
  auto& all = state();
  const auto it = all.hooks.find(hook);
  if (it == all.hooks.end()) return false;
  if (auto& wanted = all.wanted[it->second.module]; --wanted == 0) {
    all.wanted.erase(it->second.module);
  }
  all.hooks.erase(it);
  stop_watching();
  return true;
}

}  // namespace overt::py
