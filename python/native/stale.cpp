#include "stale.h"

#include <algorithm>
#include <unordered_set>

#include "namespaces.h"

namespace overt::py {
namespace {

class Search {
 public:
  explicit Search(const StaleWish& wish) : wish_(wish) {
    for (const auto& object : wish.objects) wanted_.insert(object.ptr());
  }

  std::vector<std::string> run() {
    PyObject* modules = PyImport_GetModuleDict();
    Py_ssize_t at = 0;
    PyObject* name = nullptr;
    PyObject* module = nullptr;
    while (modules != nullptr && PyDict_Next(modules, &at, &name, &module) != 0) {
      if (PyModule_Check(module)) {
        search(PyModule_GetDict(module), std::string(text_of(name)) + ":", module);
      }
    }
    std::sort(found_.begin(), found_.end());
    found_.erase(std::unique(found_.begin(), found_.end()), found_.end());
    return std::move(found_);
  }

 private:
  // A namespace; `path` is what stands in front of a name in it.
  void search(PyObject* dict, const std::string& path, PyObject* container) {
    if (!seen_.insert(dict).second) return;
    Py_ssize_t at = 0;
    PyObject* key = nullptr;
    PyObject* value = nullptr;
    while (PyDict_Next(dict, &at, &key, &value) != 0) {
      if (is_wanted(value) && container != wish_.except.ptr()) found(path, text_of(key));
      look_into(value, path + std::string(text_of(key)));
    }
  }

  void look_into(PyObject* value, const std::string& path) {
    if (PyType_Check(value)) {
      const auto dict = nb::steal(PyType_GetDict(reinterpret_cast<PyTypeObject*>(value)));
      if (dict.is_valid()) search(dict.ptr(), path + ".", value);
    } else if (PyFunction_Check(value) && seen_.insert(value).second) {
      search_function(reinterpret_cast<PyFunctionObject*>(value), path);
    }
  }

  void search_function(const PyFunctionObject* function, const std::string& path) {
    const auto* code = reinterpret_cast<PyCodeObject*>(function->func_code);
    if (function->func_defaults != nullptr) {
      const auto count = PyTuple_GET_SIZE(function->func_defaults);
      for (Py_ssize_t i = 0; i < count; ++i) {
        if (!is_wanted(PyTuple_GET_ITEM(function->func_defaults, i))) continue;
        const auto names = nb::steal(PyCode_GetVarnames(const_cast<PyCodeObject*>(code)));
        found(path, "(" + name_at(names, code->co_argcount - count + i) + "=)");
      }
    }
    Py_ssize_t at = 0;
    PyObject* key = nullptr;
    PyObject* value = nullptr;
    while (function->func_kwdefaults != nullptr &&
           PyDict_Next(function->func_kwdefaults, &at, &key, &value) != 0) {
      if (is_wanted(value)) found(path, "(" + std::string(text_of(key)) + "=)");
    }
    if (wish_.closures && function->func_closure != nullptr) search_closure(function, path);
  }

  void search_closure(const PyFunctionObject* function, const std::string& path) {
    auto* code = reinterpret_cast<PyCodeObject*>(function->func_code);
    const auto names = nb::steal(PyCode_GetFreevars(code));
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(function->func_closure); ++i) {
      PyObject* cell = PyTuple_GET_ITEM(function->func_closure, i);
      PyObject* value = PyCell_Check(cell) ? PyCell_GET(cell) : nullptr;
      if (value == nullptr) continue;
      const auto place = path + ".<closure>." + name_at(names, i);
      if (is_wanted(value)) found(place, "");
      if (PyFunction_Check(value)) look_into(value, place);  // a wrapper around a wrapper
    }
  }

  static std::string name_at(const nb::object& names, Py_ssize_t index) {
    if (!names.is_valid()) PyErr_Clear();
    const bool known = names.is_valid() && index >= 0 && index < PyTuple_GET_SIZE(names.ptr());
    return std::string(known ? text_of(PyTuple_GET_ITEM(names.ptr(), index)) : "?");
  }

  // A copy may be in a descriptor: `now = staticmethod(time.time)`.
  bool is_wanted(PyObject* value) const {
    if (wanted_.contains(value)) return true;
    if (Py_TYPE(value) != &PyStaticMethod_Type && Py_TYPE(value) != &PyClassMethod_Type)
      return false;
    const auto inner = nb::steal(PyObject_GetAttrString(value, "__func__"));
    if (!inner.is_valid()) PyErr_Clear();
    return inner.is_valid() && wanted_.contains(inner.ptr());
  }

  void found(const std::string& path, std::string_view name) {
    found_.push_back(path + std::string(name));
  }

  const StaleWish& wish_;
  std::unordered_set<PyObject*> wanted_;
  std::unordered_set<PyObject*> seen_;  // dicts and functions: a class stands in many modules
  std::vector<std::string> found_;
};

}  // namespace

std::vector<std::string> find_holders(const StaleWish& wish) { return Search(wish).run(); }

}  // namespace overt::py
