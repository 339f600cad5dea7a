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

PyObject* item(PyObject* dict, PyObject* name) {
  if (dict == nullptr || name == nullptr) return nullptr;
  PyObject* value = PyDict_GetItemWithError(dict, name);
  if (value == nullptr) PyErr_Clear();
  return value;
}

PyObject* item(PyObject* dict, const char* name) {
  const auto key = nb::steal(PyUnicode_InternFromString(name));
  if (!key.is_valid()) PyErr_Clear();
  return item(dict, key.ptr());
}

nb::object str_or_nothing(const std::string& text) {
  auto made = nb::steal(PyUnicode_FromStringAndSize(text.data(), std::ssize(text)));
  if (!made.is_valid()) PyErr_Clear();
  return made;
}

const Names& names() {
  static const Names all;  // kept for ever: the interpreter interns these names too
  return all;
}

namespace {

// `python -m pkg` runs pkg.__main__ under the name __main__; its spec still knows.
std::string main_name(PyObject* dict) {
  PyObject* spec = item(dict, names().spec);
  // A spec of another kind could answer with code of its own.
  if (spec == nullptr || std::string_view(Py_TYPE(spec)->tp_name) != "ModuleSpec") return {};
  const auto name = nb::steal(PyObject_GetAttrString(spec, "name"));
  if (!name.is_valid()) PyErr_Clear();
  return std::string(text_of(name.ptr()));
}

bool is_main(std::string_view module) { return module == "__main__" || module == "__mp_main__"; }

nb::object dict_of(PyTypeObject* type) { return nb::steal(PyType_GetDict(type)); }

// The dict of the module of that name, or nullptr. Borrowed.
PyObject* module_dict(PyObject* name) {
  PyObject* module = item(PyImport_GetModuleDict(), name);
  return module != nullptr && PyModule_Check(module) ? PyModule_GetDict(module) : nullptr;
}

OriginId find_origin(PyObject* dict, Origins& origins) {
  PyObject* const name = item(dict, names().name);
  PyObject* file = item(dict, names().file);
  // Code run by exec() in a dict of its own: the module of that name knows where it comes from.
  if (file == nullptr && name != nullptr) file = item(module_dict(name), names().file);
  const auto text = text_of(name);
  // A module made at run time below a package, as six.moves is, belongs to the package.
  if (const std::string top(top_name(text)); file == nullptr && top.size() < text.size()) {
    const auto package = str_or_nothing(top);
    if (PyObject* found = item(module_dict(package.ptr()), names().file); found != nullptr) {
      return origins.of(top, text_of(found));
    }
  }
  return origins.of(text, text_of(file), is_main(text) ? main_name(dict) : std::string());
}

}  // namespace

OriginId Namespaces::origin_of_globals(PyObject* dict, Origins& origins) {
  auto* space = find(dict);
  return space != nullptr ? details(*space, dict, origins).origin : find_origin(dict, origins);
}

OriginId Namespaces::origin_of_module(PyObject* name, Origins& origins) {
  if (name == nullptr || !PyUnicode_Check(name)) return kNoOrigin;
  PyObject* dict = module_dict(name);
  return dict != nullptr ? origin_of_globals(dict, origins) : origins.of_name(text_of(name));
}

std::string type_module(PyTypeObject* type) {
  if ((type->tp_flags & Py_TPFLAGS_HEAPTYPE) != 0) {
    const auto dict = dict_of(type);
    if (const auto name = text_of(item(dict.ptr(), names().module)); !name.empty()) {
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

OriginId Namespaces::origin_of_type(PyTypeObject* type, Origins& origins) {
  const auto dict = dict_of(type);
  if (auto* space = find(dict.ptr()); space != nullptr && space->details)
    return space->details->origin;
  const auto module = type_module(type);
  return origin_of_module(str_or_nothing(module).ptr(), origins);
}

const std::vector<OriginId>& Namespaces::frameworks(Namespace& space, Origins& origins) {
  auto& known = space.details->frameworks;
  if (!known.empty()) return known;
  known.push_back(origin_of_type(Py_TYPE(space.type), origins));
  PyObject* bases = space.type->tp_mro;
  for (Py_ssize_t i = 1; bases != nullptr && i < PyTuple_GET_SIZE(bases); ++i) {
    known.push_back(
        origin_of_type(reinterpret_cast<PyTypeObject*>(PyTuple_GET_ITEM(bases, i)), origins));
  }
  return known;
}

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

void Namespaces::watch_module(PyObject* entry, PyObject* module) {
  if (module == nullptr || !PyModule_Check(module)) return;
  PyObject* dict = PyModule_GetDict(module);
  if (watch(dict, {Space::module})) watch_classes(dict, dict);
  if (text_of(entry) != text_of(item(dict, names().name))) return;
  if (auto* space = find(dict); space != nullptr) space->named = true;
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
  PyObject* name = nullptr;
  PyObject* module = nullptr;
  while (PyDict_Next(modules, &at, &name, &module) != 0) watch_module(name, module);
}

namespace {

// Whether a module's dict holds the class, or the outermost of the classes that it is nested in.
bool holds(PyObject* dict, PyTypeObject* type, const std::string& qualname) {
  const auto dot = qualname.find('.');
  if (qualname.find("<locals>") != std::string::npos) return true;
  PyObject* found = item(dict, qualname.substr(0, dot).c_str());
  return found != nullptr && (dot == std::string::npos ? found == reinterpret_cast<PyObject*>(type)
                                                       : PyType_Check(found));
}

}  // namespace

// The globals of the module that a class belongs to. Some classes name a module that was never
// imported under that name, or one that another distribution ships a copy of; then it is the module
// that they were found in.
PyObject* Namespaces::module_dict_of(const Namespace& space, const Details& known) {
  PyObject* module = item(PyImport_GetModuleDict(), known.module.c_str());
  PyObject* named =
      module != nullptr && PyModule_Check(module) ? PyModule_GetDict(module) : nullptr;
  if (named != nullptr && holds(named, space.type, known.qualname)) return named;
  return find(space.seen_in) != nullptr ? space.seen_in : named;
}

// A module that an import system loaded, but never under the name that it says it has.
bool Namespaces::is_copy(PyObject* module_dict) const {
  const auto found = all_.find(module_dict);
  if (found == all_.end() || found->second.space != Space::module || found->second.named)
    return false;
  PyObject* spec = item(module_dict, names().spec);
  return spec != nullptr && spec != Py_None;
}

bool Namespaces::in_reach(const Namespace& space, PyObject* dict) const {
  const auto& known = *space.details;
  if (space.space == Space::modules) return true;
  PyObject* now = module_dict(str_or_nothing(known.module).ptr());
  // Taken out of sys.modules, what whoever holds it still runs; or a copy that was never there.
  if (now == nullptr) return !is_copy(space.space == Space::module ? dict : known.module_dict);
  if (space.space == Space::module) return now == dict;
  PyObject* named = item(now, known.qualname.c_str());
  if (named == nullptr || !PyType_Check(named) || named == reinterpret_cast<PyObject*>(space.type))
    return true;
  auto* other = reinterpret_cast<PyTypeObject*>(named);
  return type_module(other) != known.module || type_qualname(other) != known.qualname;
}

namespace {

// Some packages give their classes another __module__ when they have been defined, and importlib
// renames the frozen modules that it is made of. REQUIRES: the details are known.
bool rehomed(const Namespace& space, PyObject* dict) {
  if (space.type != nullptr) return space.details->module != type_module(space.type);
  const auto name = space.space == Space::module ? text_of(item(dict, names().name)) : "";
  return !name.empty() && space.details->module != name;
}

}  // namespace

Details& Namespaces::details(Namespace& space, PyObject* dict, Origins& origins) {
  if (space.details && !space.details->provisional && !rehomed(space, dict)) return *space.details;
  if (!space.details) space.details = std::make_unique<Details>();
  auto& known = *space.details;
  if (space.space == Space::modules) {
    known.module = "sys.modules";
    return known;
  }
  if (space.space == Space::module) {
    known.module = text_of(item(dict, names().name));
    known.module_dict = dict;
  } else {
    known.module = type_module(space.type);
    known.qualname = type_qualname(space.type);
    known.module_dict = module_dict_of(space, known);
    known.builtin_type = (space.type->tp_flags & Py_TPFLAGS_HEAPTYPE) == 0;
  }
  known.extension = text_of(item(known.module_dict, names().file)).ends_with(".so");
  PyObject* spec = known.module_dict == nullptr ? nullptr : item(known.module_dict, names().spec);
  known.bodiless = !is_main(known.module) && (spec == nullptr || spec == Py_None);
  known.origin = known.module_dict != nullptr ? find_origin(known.module_dict, origins)
                                              : origins.of(known.module, "");
  // __main__ and modules that are made by hand learn their file and spec after they have appeared.
  known.provisional = is_main(known.module) || (item(known.module_dict, names().file) == nullptr &&
                                                origins[known.origin].place == Place::application);
  return known;
}

}  // namespace overt::py
