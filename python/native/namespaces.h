// The namespaces that are watched: the dicts of sys.modules, of modules and of classes.
//
// An entry is found by the address of its dict, which is all that a watcher is given. It holds no
// reference: watching keeps nothing alive. Names and origins are worked out when a write first
// needs them. THREADS: every caller holds the GIL. PYTHON: nothing here runs Python code.
#pragma once

#include <nanobind/nanobind.h>

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "exchanges.h"
#include "layers.h"
#include "overt/origins.h"
#include "overt/write.h"

namespace overt::py {

namespace nb = nanobind;

struct Details {
  std::string module;
  std::string qualname;  // "" for a module
  OriginId origin = kNoOrigin;
  PyObject* module_dict =
      nullptr;  // address only: the globals of code that may change this namespace freely
  bool provisional = false;  // to be looked at again: see details()
  bool builtin_type = false;
  bool extension = false;            // of a module written in C
  bool bodiless = false;             // of a module that no import system made
  std::vector<OriginId> frameworks;  // see Namespaces::frameworks(); empty until asked for
  std::unordered_map<std::string, std::vector<Layer>>
      layers;  // active patches by name, innermost first
  Exchanges exchanges;
};

struct Namespace {
  Space space = Space::module;
  PyTypeObject* type = nullptr;  // for Space::type; alive as long as its dict is watched
  PyObject* seen_in =
      nullptr;         // for Space::type: address of the module dict that it was first seen in
  bool named = false;  // for Space::module: it has stood in sys.modules under its own __name__
  std::unique_ptr<Details> details = nullptr;
};

class Namespaces {
 public:
  // REQUIRES: `watcher` is an id from PyDict_AddWatcher.
  void start(int watcher) { watcher_ = watcher; }

  void watch_modules(PyObject* modules);  // sys.modules and everything in it

  // The entry of sys.modules that is called `entry`; no-op for what is no module.
  void watch_module(PyObject* entry, PyObject* module);

  // With the classes nested in it. `seen_in` is the module dict that holds it.
  void watch_type(PyTypeObject* type, PyObject* seen_in);

  // The same for a class that is just being stored in `dict`, of a module or of an outer class.
  void watch_stored_type(PyTypeObject* type, PyObject* dict) {
    const auto* space = find(dict);
    watch_type(type, space != nullptr && space->space == Space::type ? space->seen_in : dict);
  }

  Namespace* find(PyObject* dict) {
    const auto it = all_.find(dict);
    return it == all_.end() ? nullptr : &it->second;
  }
  void forget(PyObject* dict) { all_.erase(dict); }
  std::size_t size() const { return all_.size(); }

  // Fills in the details of a namespace once and returns them.
  Details& details(Namespace& space, PyObject* dict, Origins& origins);

  // False when another module, or another class of the same name, has taken the place of this one.
  // REQUIRES: space.details.
  bool in_reach(const Namespace& space, PyObject* dict) const;

  // Of a class: the origins of its bases and its metaclass.
  const std::vector<OriginId>& frameworks(Namespace& space, Origins& origins);

  // The origin of code whose globals are `dict`, of a module by its name object, and of a class.
  OriginId origin_of_globals(PyObject* dict, Origins& origins);
  OriginId origin_of_module(PyObject* name, Origins& origins);
  OriginId origin_of_type(PyTypeObject* type, Origins& origins);

 private:
  bool is_copy(PyObject* module_dict) const;
  bool watch(PyObject* dict, const Namespace& space);
  void watch_classes(PyObject* dict, PyObject* seen_in);
  PyObject* module_dict_of(const Namespace& space, const Details& known);

  int watcher_ = -1;
  std::unordered_map<PyObject*, Namespace> all_;
};

// The text of a str, valid as long as the object lives; "" for anything else. Never sets an error.
std::string_view text_of(PyObject* object);

// A borrowed value of a dict by name, or nullptr. Never sets an error.
PyObject* item(PyObject* dict, const char* name);

// Invalid without memory: what is asked for by that name is then not found.
nb::object str_or_nothing(const std::string& text);
PyObject* item(PyObject* dict, PyObject* name);

// The names that every question about a module begins with, made once.
struct Names {
  PyObject* name = PyUnicode_InternFromString("__name__");
  PyObject* file = PyUnicode_InternFromString("__file__");
  PyObject* spec = PyUnicode_InternFromString("__spec__");
  PyObject* module = PyUnicode_InternFromString("__module__");
};
const Names& names();

// __module__ and __qualname__ of a class, without its metaclass having a say.
std::string type_module(PyTypeObject* type);
std::string type_qualname(PyTypeObject* type);

}  // namespace overt::py
