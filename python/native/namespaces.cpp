#include "namespaces.h"

#include <cstring>

namespace overt::py {

std::string_view text_of(PyObject* object) {
  if (object == nullptr || !PyUnicode_Check(object)) return {};
  Py_ssize_t size = 0;
  const char* text = PyUnicode_AsUTF8AndSize(object, &size);
  if (text == nullptr) {  // lone surrogates have no UTF-8
    PyErr_Clear();
    return "?";
  }
  return {text, static_cast<std::size_t>(size)};
}

PyObject* item(PyObject* dict, const char* name) {
  const auto key = nb::steal(PyUnicode_InternFromString(name));
  PyObject* value = key.is_valid() ? PyDict_GetItemWithError(dict, key.ptr()) : nullptr;
  if (value == nullptr) PyErr_Clear();
  return value;
}

namespace {

// `python -m pkg` runs pkg.__main__ under the name __main__; its spec still knows.
std::string main_name(PyObject* dict) {
  PyObject* spec = item(dict, "__spec__");
  if (spec == nullptr || spec == Py_None) return {};
  const auto name = nb::steal(PyObject_GetAttrString(spec, "name"));
  if (!name.is_valid()) PyErr_Clear();
  return std::string(text_of(name.ptr()));
}

bool is_main(std::string_view module) { return module == "__main__" || module == "__mp_main__"; }

nb::object dict_of(PyTypeObject* type) { return nb::steal(PyType_GetDict(type)); }

}  // namespace

OriginId origin_of_globals(PyObject* dict, Origins& origins) {
  const auto name = text_of(item(dict, "__name__"));
  PyObject* file = item(dict, "__file__");
  auto path = std::string(text_of(file));
  if (file == nullptr && !name.empty()) {
    // Code run by exec() in a dict of its own, or a namespace package: the module of that name knows.
    PyObject* modules = PyImport_GetModuleDict();
    PyObject* module = modules == nullptr ? nullptr : PyDict_GetItemWithError(modules, item(dict, "__name__"));
    if (module == nullptr) PyErr_Clear();
    if (module != nullptr && PyModule_Check(module)) {
      path = text_of(item(PyModule_GetDict(module), "__file__"));
    }
  }
  return origins.of(name, path, is_main(name) ? main_name(dict) : std::string());
}

OriginId origin_of_module(PyObject* name, Origins& origins) {
  if (name == nullptr || !PyUnicode_Check(name)) return kNoOrigin;
  PyObject* modules = PyImport_GetModuleDict();
  PyObject* module = modules == nullptr ? nullptr : PyDict_GetItemWithError(modules, name);
  if (module == nullptr) PyErr_Clear();
  if (module != nullptr && PyModule_Check(module)) {
    return origin_of_globals(PyModule_GetDict(module), origins);
  }
  return origins.of_name(text_of(name));
}

std::string type_module(PyTypeObject* type) {
  if ((type->tp_flags & Py_TPFLAGS_HEAPTYPE) != 0) {
    const auto dict = dict_of(type);
    if (const auto name = text_of(item(dict.ptr(), "__module__")); !name.empty()) {
      return std::string(name);
    }
  }
  const char* dot = std::strrchr(type->tp_name, '.');
  return dot != nullptr ? std::string(type->tp_name, dot) : "builtins";
}

std::string type_qualname(PyTypeObject* type) {
  const auto name = nb::steal(PyType_GetQualName(type));
  if (!name.is_valid()) PyErr_Clear();
  return std::string(text_of(name.ptr()));
}

OriginId origin_of_type(PyTypeObject* type, Origins& origins) {
  const auto module = type_module(type);
  const auto name = nb::steal(PyUnicode_FromStringAndSize(module.data(), std::ssize(module)));
  if (!name.is_valid()) PyErr_Clear();
  return origin_of_module(name.ptr(), origins);
}

namespace {

std::vector<OriginId> frameworks_of(PyTypeObject* type, Origins& origins) {
  std::vector<OriginId> all = {origin_of_type(Py_TYPE(type), origins)};
  PyObject* bases = type->tp_mro;
  for (Py_ssize_t i = 1; bases != nullptr && i < PyTuple_GET_SIZE(bases); ++i) {
    all.push_back(origin_of_type(reinterpret_cast<PyTypeObject*>(PyTuple_GET_ITEM(bases, i)), origins));
  }
  return all;
}

}  // namespace

bool Namespaces::watch(PyObject* dict, const Namespace& space) {
  const auto [it, fresh] = all_.try_emplace(dict);
  if (!fresh) return false;
  it->second.space = space.space;
  it->second.type = space.type;
  it->second.seen_in = space.seen_in;
  if (PyDict_Watch(watcher_, dict) != 0) {
    PyErr_Clear();
    all_.erase(it);
    return false;
  }
  return true;
}

void Namespaces::watch_type(PyTypeObject* type, PyObject* seen_in) {
  const auto dict = dict_of(type);
  if (dict.is_valid() && watch(dict.ptr(), {Space::type, type, seen_in})) {
    watch_classes(dict.ptr(), seen_in);
  }
}

void Namespaces::watch_module(PyObject* module) {
  if (module == nullptr || !PyModule_Check(module)) return;
  PyObject* dict = PyModule_GetDict(module);
  if (watch(dict, {Space::module})) watch_classes(dict, dict);
}

void Namespaces::watch_classes(PyObject* dict, PyObject* seen_in) {
  Py_ssize_t at = 0;
  PyObject* value = nullptr;
  while (PyDict_Next(dict, &at, nullptr, &value) != 0) {
    if (PyType_Check(value)) watch_type(reinterpret_cast<PyTypeObject*>(value), seen_in);
  }
}

void Namespaces::watch_modules(PyObject* modules) {
  watch(modules, {Space::modules});
  Py_ssize_t at = 0;
  PyObject* module = nullptr;
  while (PyDict_Next(modules, &at, nullptr, &module) != 0) watch_module(module);
}

// The globals of the module that a class belongs to. Some classes name a module that was never imported under
// that name (a C extension inside a package); then it is the module that the class was found in.
PyObject* Namespaces::module_dict_of(const Namespace& space, const std::string& module) {
  PyObject* modules = PyImport_GetModuleDict();
  PyObject* found = modules == nullptr ? nullptr : item(modules, module.c_str());
  if (found != nullptr && PyModule_Check(found)) return PyModule_GetDict(found);
  return find(space.seen_in) != nullptr ? space.seen_in : nullptr;
}

Details& Namespaces::details(Namespace& space, PyObject* dict, Origins& origins) {
  const bool main = space.details && is_main(space.details->module);
  if (space.details && !main) return *space.details;
  if (!space.details) space.details = std::make_unique<Details>();
  auto& known = *space.details;
  if (space.space == Space::modules) {
    known.module = "sys.modules";
    return known;
  }
  if (space.space == Space::module) {
    known.module = text_of(item(dict, "__name__"));
    known.module_dict = dict;
  } else {
    known.module = type_module(space.type);
    known.qualname = type_qualname(space.type);
    known.module_dict = module_dict_of(space, known.module);
    known.builtin_type = (space.type->tp_flags & Py_TPFLAGS_HEAPTYPE) == 0;
    known.frameworks = frameworks_of(space.type, origins);
  }
  PyObject* spec = known.module_dict == nullptr ? nullptr : item(known.module_dict, "__spec__");
  known.bodiless = !is_main(known.module) && (spec == nullptr || spec == Py_None);
  known.origin = known.module_dict != nullptr ? origin_of_globals(known.module_dict, origins)
                                              : origins.of(known.module, "");
  return known;
}

}  // namespace overt::py
