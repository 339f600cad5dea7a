#include "watcher.h"

#include <algorithm>
#include <stdexcept>

#include "describe.h"
#include "frames.h"
#include "handlers.h"
#include "overt/boundary.h"
#include "overt/clock.h"
#include "own_write.h"
#include "runner.h"

namespace overt::py {
namespace {

Watcher* the_watcher = nullptr;

// The interpreter's own write goes on whatever happens here: an error that was set stays set.
class ErrorKept {
 public:
  ErrorKept() : error_(PyErr_Occurred() == nullptr ? nullptr : PyErr_GetRaisedException()) {}
  ~ErrorKept() {
    if (error_ != nullptr || PyErr_Occurred() != nullptr) PyErr_SetRaisedException(error_);
  }
  ErrorKept(const ErrorKept&) = delete;
  ErrorKept& operator=(const ErrorKept&) = delete;

 private:
  PyObject* error_;
};

class Timed {
 public:
  explicit Timed(std::chrono::steady_clock::duration& spent) : spent_(spent) {}
  ~Timed() { spent_ += std::chrono::steady_clock::now() - start_; }
  Timed(const Timed&) = delete;
  Timed& operator=(const Timed&) = delete;

 private:
  std::chrono::steady_clock::duration& spent_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

PyObject* dict_of_module(PyObject* modules, const char* name) {
  PyObject* module = item(modules, name);
  return module != nullptr && PyModule_Check(module) ? PyModule_GetDict(module) : nullptr;
}

// A number or a text takes the place of another: most of what programs store while they work.
bool is_data_for_data(PyDict_WatchEvent event, PyObject* dict, PyObject* key, PyObject* value) {
  if (event != PyDict_EVENT_MODIFIED || !is_scalar(value) || PyErr_Occurred() != nullptr)
    return false;
  PyObject* old_value = PyDict_GetItemWithError(dict, key);
  if (old_value == nullptr) PyErr_Clear();
  return old_value != nullptr && is_scalar(old_value);
}

bool is_behaviour(PyObject* value) {
  if (value == nullptr) return false;
  const auto* type = Py_TYPE(value);
  return type->tp_call != nullptr || type->tp_descr_get != nullptr || type->tp_descr_set != nullptr;
}

std::string name_of(const Write& write) {
  return std::string(write.module).append(1, ':').append(write.qualname);
}

Description described(const Value& value) { return {value.type, value.module, value.qualname}; }

}  // namespace

Watcher* Watcher::active() { return the_watcher; }

std::size_t Watcher::slot(PyObject* dict, PyObject* name) {
  const auto bits = (reinterpret_cast<std::uintptr_t>(dict) >> 4U) ^
                    static_cast<std::uintptr_t>(reinterpret_cast<PyASCIIObject*>(name)->hash);
  return (bits * 0x9E3779B97F4A7C15ULL) >> 50U;  // Fibonacci hashing to 14 bits
}

Watcher::Watcher(Environment environment, bool internal)
    : origins_(std::move(environment)), internal_(internal) {
  dict_watcher_ = PyDict_AddWatcher(on_dict);
  if (dict_watcher_ >= 0) function_watcher_ = PyFunction_AddWatcher(on_function);
  if (dict_watcher_ < 0 || function_watcher_ < 0) {
    if (dict_watcher_ >= 0) PyDict_ClearWatcher(dict_watcher_);
    PyErr_Clear();
    throw std::runtime_error(
        "this interpreter has no watcher id left (CPython has 8 of a kind); "
        "another tool in this process holds them all");
  }
  the_watcher = this;
  namespaces_.start(dict_watcher_);
  PyObject* modules = PyImport_GetModuleDict();
  builtins_ = dict_of_module(modules, "builtins");
  import_system_ = {dict_of_module(modules, "_frozen_importlib"),
                    dict_of_module(modules, "_frozen_importlib_external")};
  namespaces_.watch_modules(modules);
}

Watcher::~Watcher() {
  the_watcher = nullptr;
  if (PyDict_ClearWatcher(dict_watcher_) != 0) PyErr_Clear();
  if (PyFunction_ClearWatcher(function_watcher_) != 0) PyErr_Clear();
  records().stop();
}

int Watcher::on_dict(PyDict_WatchEvent event, PyObject* dict, PyObject* key, PyObject* value) {
  auto* self = the_watcher;
  if (self == nullptr) return 0;
  try {
    self->notice(event, dict, key, value);
  } catch (...) {  // NOLINT(bugprone-empty-catch)
    // Out of memory while judging: the write is not ours to fail. It is missing from the ledger.
  }
  return 0;
}

void Watcher::notice(PyDict_WatchEvent event, PyObject* dict, PyObject* key, PyObject* value) {
  switch (event) {
    case PyDict_EVENT_DEALLOCATED:
      return forget(dict);
    case PyDict_EVENT_CLEARED:
      return cleared(dict);
    case PyDict_EVENT_CLONED:
      return cloned(dict, key);
    case PyDict_EVENT_ADDED:
    case PyDict_EVENT_MODIFIED:
    case PyDict_EVENT_DELETED:
      break;
    default:
      return;  // of a later CPython
  }
  if (value != nullptr && PyType_Check(value)) {
    namespaces_.watch_stored_type(reinterpret_cast<PyTypeObject*>(value), dict);
  }
  if (OwnWrite::is_going_on()) return;  // the ledger knows it already
  // A module that changes itself: nearly every write there is.
  if (PyEval_GetGlobals() == dict && !may_be_patched(dict, key)) return;
  if (key == nullptr || !PyUnicode_Check(key)) return;
  if (PyUnicode_CheckExact(key)) {
    if (!may_be_patched(dict, key) && is_data_for_data(event, dict, key, value)) return;
    return consider(event, dict, key, value);
  }
  // A subclass of str may compare with code of its own: what it spells is the name.
  const auto name = nb::steal(PyUnicode_FromObject(key));
  if (name.is_valid()) return consider(event, dict, name.ptr(), value);
  PyErr_Clear();
}

// An empty dict takes over another one whole, which update() does where it can: the only event for
// all names.
void Watcher::cloned(PyObject* dict, PyObject* source) {
  Py_ssize_t at = 0;
  PyObject* key = nullptr;
  PyObject* value = nullptr;
  while (PyDict_Check(source) && PyDict_Next(source, &at, &key, &value) != 0) {
    notice(PyDict_EVENT_ADDED, dict, key, value);
  }
}

// The first half of changes_behaviour(), by types alone and without a name: most writes end here.
bool Watcher::can_matter(PyObject* dict, const Namespace& space, PyObject* old_value,
                         PyObject* value) const {
  if (space.space == Space::modules) return true;
  if (old_value == nullptr && value != nullptr) {
    return is_behaviour(value) || dict == builtins_;
  }
  return (old_value != nullptr && !is_plain(old_value)) || (value != nullptr && !is_plain(value));
}

// Code of the module that a namespace belongs to writes to it; for sys.modules, the import system
// does.
bool Watcher::is_own_write(PyObject* dict, Namespace& space) {
  PyObject* globals = PyEval_GetGlobals();
  if (globals == nullptr) return false;
  switch (space.space) {
    case Space::module:
      return globals == dict;
    case Space::type:
      // Who defined a class stays its own party when the class is given another module since.
      if (space.details && !space.details->provisional && space.details->module_dict == globals)
        return true;
      return namespaces_.details(space, dict, origins_).module_dict == globals;
    case Space::modules:
      return globals == import_system_[0] || globals == import_system_[1];
    case Space::function:
      return false;
  }
  return false;
}

// Pytest exchanges sys.stdout six times a test, and hooks of its own modules twice: streams and
// other objects that are no behaviour, and what is its own, are no affair of the tests.
bool Watcher::is_of_a_plugin(Details& details, PyObject* key, PyObject* old_value,
                             PyObject* value) {
  const auto plugin = plugin_at_work(namespaces_, origins_);
  if (plugin.empty()) return false;
  if (top_name(details.module) == plugin) return true;
  const auto is_object = [](PyObject* each) {
    return each == nullptr || !(is_behaviour(each) || PyModule_Check(each));
  };
  if (!is_object(old_value) || !is_object(value)) return false;
  if (old_value != nullptr && value != nullptr) details.exchanges.remember(key, old_value, value);
  return true;
}

void Watcher::consider(PyDict_WatchEvent event, PyObject* dict, PyObject* key, PyObject* value) {
  auto* space = namespaces_.find(dict);
  if (space == nullptr) return;
  const ErrorKept error_kept;
  PyObject* old_value = nullptr;
  if (event != PyDict_EVENT_ADDED) {
    old_value = PyDict_GetItemWithError(dict, key);
    if (old_value == nullptr) PyErr_Clear();
  }
  if (event == PyDict_EVENT_DELETED) value = nullptr;
  if (event == PyDict_EVENT_ADDED && !cleared_.empty()) {
    const auto before = before_clearing(dict, key);
    if (before.is(value)) return;  // put back as it was
    old_value = before.get();
  }
  if (space->space == Space::modules) namespaces_.watch_module(key, value);

  std::vector<Layer>* layers = nullptr;
  if (may_be_patched(dict, key) && space->details && !space->details->layers.empty()) {
    auto& known = space->details->layers;
    if (const auto it = known.find(std::string(text_of(key))); it != known.end())
      layers = &it->second;
    if (layers != nullptr && settle(*layers, value)) return;
  }
  const bool tracked = layers != nullptr && !layers->empty();
  if (!tracked && space->details && space->details->exchanges.know(key, old_value, value)) return;
  if (!tracked && !can_matter(dict, *space, old_value, value)) return;
  if (is_own_write(dict, *space)) {
    if (tracked) retire(*layers, 0);  // the module was executed again, or imported again
    return;
  }
  const Timed timed(spent_);
  auto& details = namespaces_.details(*space, dict, origins_);
  if (internal_ && is_of_a_plugin(details, key, old_value, value)) {
    if (tracked) retire(*layers, 0);  // its own from now on
    return;
  }
  Write write;
  write.space = space->space;
  write.module = details.module;
  write.qualname = details.qualname;
  write.key = text_of(key);
  write.origin =
      space->space == Space::modules ? namespaces_.origin_of_module(key, origins_) : details.origin;
  write.builtin_type = details.builtin_type;
  write.extension = details.extension;
  write.bodiless = details.bodiless;
  write.shadowed = !namespaces_.in_reach(*space, dict);
  if (space->space == Space::type) write.frameworks = namespaces_.frameworks(*space, origins_);
  auto& own = details.layers[std::string(write.key)];
  if (decide(write, own, reinterpret_cast<PyObject*>(space->type), old_value, value)) {
    patched_.set(slot(dict, key));
    const auto [at, fresh] = patched_dicts_.try_emplace(dict, name_of(write));
    if (fresh) patched_names_.emplace(at->second, dict);
  }
  if (own.empty()) details.layers.erase(std::string(write.key));
}

// A dict that is emptied and filled again, as mock.patch.dict(sys.modules) does at its end. What
// comes back as it was has not changed; a name that patches had added is gone. THREADS: as for the
// callbacks.
void Watcher::cleared(PyObject* dict) {
  auto* space = namespaces_.find(dict);
  if (space == nullptr || space->space == Space::type) return;  // a class that dies
  namespaces_.details(*space, dict, origins_);                  // its name and file are about to go
  auto& before = cleared_[dict];
  before.clear();
  Py_ssize_t at = 0;
  PyObject* key = nullptr;
  PyObject* value = nullptr;
  while (PyDict_Next(dict, &at, &key, &value) != 0)
    before.emplace(text_of(key), Identity::of_replaced(value));
  if (!space->details) return;
  for (auto& [name, layers] : space->details->layers) {
    if (settle(layers, nullptr)) before.erase(name);
  }
}

// The value of a name before its dict was cleared, told once.
Identity Watcher::before_clearing(PyObject* dict, PyObject* key) {
  const auto it = cleared_.find(dict);
  if (it == cleared_.end()) return {};
  auto node = it->second.extract(std::string(text_of(key)));
  if (it->second.empty()) cleared_.erase(it);
  return node.empty() ? Identity() : std::move(node.mapped());
}

// The second half of both callbacks: true when the write was recorded as a layer.
bool Watcher::decide(Write& write, std::vector<Layer>& layers, PyObject* holder,
                     PyObject* old_value, PyObject* value) {
  write.old_value = describe(old_value, namespaces_, origins_);
  write.new_value = describe(value, namespaces_, origins_);
  if (!changes_behaviour(write)) {
    retire(layers, 0);
    return false;
  }
  write.patched = std::any_of(layers.begin(), layers.end(), [](const Layer& layer) {
    return !records().ledger().patch(layer.patch).internal;
  });
  see_path();
  const Stack stack(namespaces_, origins_);
  write.frames = stack.frames();
  const auto verdict = judge(write, origins_);
  const bool kept =
      verdict.ruling == Ruling::patch || (internal_ && verdict.ruling == Ruling::internal);
  if (!kept) {
    retire(layers, 0);  // the namespace's own side put something else there
    return false;
  }
  record(write, stack, verdict, layers, holder, old_value, value);
  return true;
}

// sys.path grows while the interpreter starts and while programs run.
void Watcher::see_path() {
  PyObject* path = PySys_GetObject("path");
  if (path == nullptr || !PyList_Check(path) || PyList_GET_SIZE(path) == path_seen_) return;
  path_seen_ = PyList_GET_SIZE(path);
  for (Py_ssize_t i = 0; i < path_seen_; ++i) {
    origins_.see_path(std::string(text_of(PyList_GET_ITEM(path, i))));
  }
}

void Watcher::record(const Write& write, const Stack& stack, const Verdict& verdict,
                     std::vector<Layer>& layers, PyObject* holder, PyObject* old_value,
                     PyObject* value) {
  Patch patch;
  patch.target = write.target();
  patch.change = write.change();
  patch.via = verdict.via;
  patch.internal = verdict.ruling == Ruling::internal;
  patch.at = seconds_now();
  patch.thread = PyThread_get_thread_native_id();
  patch.old_value = described(write.old_value);
  patch.new_value = described(write.new_value);
  patch.handlers = handlers_of(value);
  const Origin nobody{Place::application, "unknown", "", "unknown", ""};
  const auto& owner = verdict.owner != kNoOrigin ? origins_[verdict.owner] : nobody;
  patch.owner = {owner.name, owner.version, owner.package};
  patch.boundary = boundary_of(owner, origins_[write.origin], write.builtin_type);
  if (verdict.frame != kNobody) patch.site = stack.site(verdict.frame);
  patch.stack = stack.sites(internal_);

  const auto [first, last] = patched_names_.equal_range(name_of(write));
  for (auto it = first; it != last; ++it) retire_if_unreachable(it->second);
  Subject subject{Identity::of_replaced(old_value), Identity(value), Identity(holder)};
  subject.keep(old_value);
  const int id = records().add(std::move(patch), std::move(subject));
  if (id == 0) return;
  if (!layers.empty() && layers.back().patch == id) {
    layers.back().new_value = Identity(value);
  } else {
    layers.push_back({id, Identity::of_replaced(old_value), Identity(value)});
  }
}

// A value that an active layer replaced is back: that layer and all above it are undone.
bool Watcher::settle(std::vector<Layer>& layers, PyObject* value) {
  for (std::size_t i = 0; i < layers.size(); ++i) {
    if (!layers[i].old_value.is(value)) continue;
    retire(layers, i);
    return true;
  }
  return false;
}

void Watcher::retire(std::vector<Layer>& layers, std::size_t from) {
  while (layers.size() > from) {
    const int id = layers.back().patch;
    layers.pop_back();
    records().revert(id);
  }
}

void Watcher::forget(PyObject* dict) {
  cleared_.erase(dict);
  if (auto patched = patched_dicts_.extract(dict); !patched.empty()) {
    const auto [first, last] = patched_names_.equal_range(patched.mapped());
    patched_names_.erase(
        std::find_if(first, last, [dict](const auto& each) { return each.second == dict; }));
    if (auto* space = namespaces_.find(dict); space != nullptr && space->details)
      retire(*space->details);
  }
  namespaces_.forget(dict);
}

void Watcher::retire(Details& details) {
  for (auto& [name, layers] : details.layers) retire(layers, 0);
}

// Patches of a module that was imported again since, or of a class that was defined again, are out
// of reach: nobody who asks for the target by its name gets them. That is a state and no event
// (some exchange an entry of sys.modules for a moment), so it is looked at when it matters: before
// another patch of that name is recorded, and for a report.
void Watcher::retire_if_unreachable(PyObject* dict) {
  auto* space = namespaces_.find(dict);
  if (space == nullptr || !space->details || namespaces_.in_reach(*space, dict)) return;
  retire(*space->details);
}

const Ledger& Watcher::ledger() {
  for (const auto& [dict, name] : patched_dicts_) retire_if_unreachable(dict);
  return records().ledger();
}

int Watcher::on_function(PyFunction_WatchEvent event, PyFunctionObject* function, PyObject* value) {
  auto* self = the_watcher;
  if (self == nullptr || event == PyFunction_EVENT_CREATE) return 0;
  try {
    self->consider_function(event, function, value);
  } catch (...) {  // NOLINT(bugprone-empty-catch)
    // As above: the change of the function stands.
  }
  return 0;
}

void Watcher::consider_function(PyFunction_WatchEvent event, PyFunctionObject* function,
                                PyObject* value) {
  auto* object = reinterpret_cast<PyObject*>(function);
  PyObject* old_value = nullptr;
  std::size_t part = 0;
  switch (event) {
    case PyFunction_EVENT_MODIFY_CODE:
      old_value = function->func_code;
      break;
    case PyFunction_EVENT_MODIFY_DEFAULTS:
      old_value = function->func_defaults, part = 1;
      break;
    case PyFunction_EVENT_MODIFY_KWDEFAULTS:
      old_value = function->func_kwdefaults, part = 2;
      break;
    case PyFunction_EVENT_DESTROY:
      if (!functions_.empty()) functions_.erase(object);
      return;
    default:
      return;
  }
  if (old_value == value || OwnWrite::is_going_on()) return;
  const ErrorKept error_kept;
  auto* space = namespaces_.find(function->func_globals);
  if (space == nullptr) return;  // generated code with globals of its own: part of no module
  const auto known = functions_.find(object);
  if (known != functions_.end() && settle(known->second[part], value)) return;
  if (PyEval_GetGlobals() == function->func_globals) return;

  const Timed timed(spent_);
  const auto& details = namespaces_.details(*space, function->func_globals, origins_);
  auto& layers = functions_[object][part];
  Write write;
  write.space = Space::function;
  write.module = details.module;
  write.qualname = text_of(function->func_qualname);
  write.origin = details.origin;
  decide(write, layers, object, old_value, value);
  const auto& parts = functions_[object];
  if (std::all_of(parts.begin(), parts.end(), [](const auto& each) { return each.empty(); })) {
    functions_.erase(object);
  }
}

}  // namespace overt::py
