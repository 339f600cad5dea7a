// Watches every write to the namespaces of modules and classes and to the code of functions.
//
// The callbacks run inside the interpreter's own write, for every store to every watched name, so
// they decide by pointers first, by types next, and look at the stack last. What is a patch goes to
// the ledger and to whoever listens. Nothing here runs Python code, keeps an object alive or leaves
// an error set. THREADS: every caller holds the GIL. There is one watcher per process, for its main
// interpreter.
#pragma once

#include <nanobind/nanobind.h>

#include <array>
#include <bitset>
#include <chrono>
#include <string>
#include <unordered_map>
#include <vector>

#include "layers.h"
#include "namespaces.h"
#include "overt/origins.h"
#include "overt/rules.h"
#include "records.h"

namespace overt::py {

class Watcher {
 public:
  // Starts to watch. Throws std::runtime_error when the interpreter has no watcher id left.
  Watcher(Environment environment, bool internal);
  ~Watcher();
  Watcher(const Watcher&) = delete;
  Watcher& operator=(const Watcher&) = delete;

  // The watcher of this process, or nullptr.
  static Watcher* active();

  // The ledger as of now: patches that are out of reach by now are marked as reverted first.
  const Ledger& ledger();
  Origins& origins() { return origins_; }
  Namespaces& known_namespaces() { return namespaces_; }
  std::size_t namespaces() const { return namespaces_.size(); }
  double milliseconds() const { return std::chrono::duration<double, std::milli>(spent_).count(); }

 private:
  // Of a function that was changed: the layers of its code, its defaults and its keyword defaults.
  using Function = std::array<std::vector<Layer>, 3>;

  static int on_dict(PyDict_WatchEvent event, PyObject* dict, PyObject* key, PyObject* value);
  static int on_function(PyFunction_WatchEvent event, PyFunctionObject* function, PyObject* value);

  void notice(PyDict_WatchEvent event, PyObject* dict, PyObject* key, PyObject* value);
  void consider(PyDict_WatchEvent event, PyObject* dict, PyObject* key, PyObject* value);
  void consider_function(PyFunction_WatchEvent event, PyFunctionObject* function, PyObject* value);
  bool is_of_a_plugin(Details& details, PyObject* key, PyObject* old_value, PyObject* value);
  bool can_matter(PyObject* dict, const Namespace& space, PyObject* old_value,
                  PyObject* value) const;
  bool is_own_write(PyObject* dict, Namespace& space);
  void see_path();
  void retire_if_unreachable(PyObject* dict);
  void retire(Details& details);
  void retire(std::vector<Layer>& layers, std::size_t from);
  bool settle(std::vector<Layer>& layers, PyObject* value);
  bool decide(Write& write, std::vector<Layer>& layers, PyObject* holder, PyObject* old_value,
              PyObject* value);
  void record(const Write& write, const class Stack& stack, const Verdict& verdict,
              std::vector<Layer>& layers, PyObject* holder, PyObject* old_value, PyObject* value);
  void forget(PyObject* dict);
  void cleared(PyObject* dict);
  void cloned(PyObject* dict, PyObject* source);
  Identity before_clearing(PyObject* dict, PyObject* key);

  bool may_be_patched(PyObject* dict, PyObject* name) const {
    return name == nullptr || !PyUnicode_CheckExact(name) || patched_.test(slot(dict, name));
  }
  static std::size_t slot(PyObject* dict, PyObject* name);

  Origins origins_;
  Namespaces namespaces_;
  bool internal_;
  Py_ssize_t path_seen_ = 0;
  PyObject* builtins_ =
      nullptr;  // addresses of the dicts of modules that live as long as the interpreter
  std::array<PyObject*, 2> import_system_{};
  int dict_watcher_ = -1;
  int function_watcher_ = -1;
  std::bitset<16384> patched_;  // a Bloom filter of the names that were patched; only grows
  std::unordered_map<PyObject*, Function> functions_;
  std::unordered_map<PyObject*, std::string> patched_dicts_;  // those dicts exactly, and as what
  std::unordered_multimap<std::string, PyObject*> patched_names_;  // the same the other way round
  std::unordered_map<PyObject*, std::unordered_map<std::string, Identity>>
      cleared_;  // what they held
  std::chrono::steady_clock::duration spent_{};
};

}  // namespace overt::py
