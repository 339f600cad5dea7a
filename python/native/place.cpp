#include "place.h"

#include <nanobind/stl/string.h>

#include <vector>

#include "namespaces.h"
#include "pending.h"

namespace overt::py {

namespace {

// A value of a dict by its key, invalid when there is none.
nb::object in_dict(PyObject* dict, PyObject* key) {
  PyObject* value = PyDict_GetItemWithError(dict, key);
  if (value == nullptr && PyErr_Occurred() != nullptr) throw nb::python_error();
  return nb::borrow(value);
}

PyTypeObject* as_type(const nb::object& object) {
  return reinterpret_cast<PyTypeObject*>(object.ptr());
}

nb::object in_type(PyTypeObject* type, PyObject* key) {
  const auto dict = nb::steal(PyType_GetDict(type));
  return dict.is_valid() ? in_dict(dict.ptr(), key) : nb::object();
}

// The dict of an instance, invalid where it has none.
nb::object dict_of(const nb::object& instance) {
  auto dict = nb::steal(PyObject_GetAttrString(instance.ptr(), "__dict__"));
  if (!dict.is_valid()) PyErr_Clear();
  return dict.is_valid() && PyDict_Check(dict.ptr()) ? dict : nb::object();
}

nb::object attribute(const nb::object& object, const nb::object& key) {
  auto value = nb::steal(PyObject_GetAttr(object.ptr(), key.ptr()));
  if (value.is_valid()) return value;
  if (PyErr_ExceptionMatches(PyExc_AttributeError) == 0) throw nb::python_error();
  PyErr_Clear();
  return value;
}

// Where no __new__ is left in a class, the interpreter goes on as if there were one: what it
// inherits from C gets arguments that it refuses, and is slower. So do its subclasses.
void inherit_new(PyTypeObject* type) {
  const auto key = key_of("__new__");
  const auto found = lookup(type, key.ptr());
  if (!found.is_valid() || !PyCFunction_Check(found.ptr())) return;
  PyObject* from = PyCFunction_GET_SELF(found.ptr());
  if (from == nullptr || !PyType_Check(from)) return;
  type->tp_new = reinterpret_cast<PyTypeObject*>(from)->tp_new;
  PyType_Modified(type);
  const auto subclasses = checked(
      PyObject_CallMethod(reinterpret_cast<PyObject*>(&PyType_Type), "__subclasses__", "O", type));
  for (const auto& subclass : nb::borrow<nb::list>(subclasses)) {
    inherit_new(reinterpret_cast<PyTypeObject*>(subclass.ptr()));
  }
}

Holder holder_of(const nb::object& object) {
  if (PyModule_Check(object.ptr())) return Holder::module;
  return PyType_Check(object.ptr()) ? Holder::type : Holder::instance;
}

[[noreturn]] void missing(const Target& target, const std::string& where, const std::string& name) {
  refuse(Code::not_found,
         "there is no '" + name + "' in " + where +
             "; check the spelling, or that this version of the package still has it",
         target.str());
}

std::vector<std::string> parts_of(const std::string& dotted) {
  std::vector<std::string> parts;
  std::size_t start = 0;
  while (true) {
    const auto dot = dotted.find('.', start);
    parts.push_back(dotted.substr(start, dot - start));
    if (dot == std::string::npos) return parts;
    start = dot + 1;
  }
}

// ["debug"][0] -> the keys, each a literal.
std::vector<nb::object> keys_of(const Target& target) {
  std::vector<nb::object> keys;
  const auto literal = nb::module_::import_("ast").attr("literal_eval");
  std::string_view rest = target.item;
  while (!rest.empty()) {
    char quote = 0;
    std::size_t end = 1;
    for (; end < rest.size() && (quote != 0 || rest[end] != ']'); ++end) {
      if (quote != 0 && rest[end] == '\\') {
        ++end;
      } else if (quote != 0 && rest[end] == quote) {
        quote = 0;
      } else if (quote == 0 && (rest[end] == '"' || rest[end] == '\'')) {
        quote = rest[end];
      }
    }
    const std::string text(rest.substr(1, end - 1));
    rest = end + 1 < rest.size() ? rest.substr(end + 1) : std::string_view();
    try {
      keys.push_back(literal(nb::str(text.c_str(), text.size())));
    } catch (nb::python_error&) {
      refuse(Code::usage, "the key [" + text + "] is no literal; write it as [\"name\"] or [3]",
             target.str());
    }
  }
  return keys;
}

Found find_item(const Target& target, nb::object container) {
  const auto keys = keys_of(target);
  for (std::size_t i = 0; i < keys.size(); ++i) {
    auto value = nb::steal(PyObject_GetItem(container.ptr(), keys[i].ptr()));
    if (!value.is_valid()) {
      if (PyErr_ExceptionMatches(PyExc_LookupError) == 0 &&
          PyErr_ExceptionMatches(PyExc_TypeError) == 0) {
        throw nb::python_error();
      }
      PyErr_Clear();
      missing(target, target.module + ":" + target.qualname, target.item);
    }
    if (i + 1 == keys.size()) return {{Holder::item, container, keys[i]}, std::move(value), true};
    container = std::move(value);
  }
  missing(target, target.module, target.item);
}

Found find_in_instance(const Target& target, const Place& place) {
  auto own = place.bound();
  if (own.is_valid()) return {place, std::move(own), true};
  const auto descriptor = lookup(Py_TYPE(place.container.ptr()), place.key.ptr());
  if (descriptor.is_valid() && Py_TYPE(descriptor.ptr())->tp_descr_set != nullptr &&
      Py_TYPE(descriptor.ptr()) != &PyMemberDescr_Type) {
    refuse(Code::refused,
           "'" + target.qualname + "' is computed by its class (" +
               type_qualname(Py_TYPE(descriptor.ptr())) + "); patch the class's attribute instead",
           target.str());
  }
  auto value = attribute(place.container, place.key);
  const bool in_slot = descriptor.is_valid() && Py_TYPE(descriptor.ptr()) == &PyMemberDescr_Type;
  return {place, std::move(value), in_slot};
}

// PYTHON: a module of a class of its own, a metaclass and a descriptor may all have a say in a
// write.
bool is_written_without_code(const Place& place) {
  PyObject* container = place.container.ptr();
  switch (place.holder) {
    case Holder::module:
      return PyModule_CheckExact(container);
    case Holder::type:
      return Py_TYPE(container)->tp_setattro == PyType_Type.tp_setattro;
    case Holder::item:
      return PyDict_CheckExact(container) && PyUnicode_CheckExact(place.key.ptr());
    case Holder::instance:
      break;
  }
  const auto* type = Py_TYPE(container);
  const auto descriptor = lookup(Py_TYPE(container), place.key.ptr());
  const bool is_asked = descriptor.is_valid() && Py_TYPE(descriptor.ptr())->tp_descr_set != nullptr;
  return !is_asked && type->tp_setattro == PyObject_GenericSetAttr &&
         type->tp_getattro == PyObject_GenericGetAttr;
}

nb::object namespace_of(const Place& place) {
  switch (place.holder) {
    case Holder::module:
      return nb::borrow(PyModule_GetDict(place.container.ptr()));
    case Holder::type:
      return nb::steal(PyType_GetDict(as_type(place.container)));
    case Holder::instance:
      return dict_of(place.container);
    case Holder::item:
      return place.container;
  }
  return {};
}

bool is_last(const Place& place) {
  const auto names = namespace_of(place);
  PyObject* key = nullptr;
  Py_ssize_t at = 0;
  while (names.is_valid() && PyDict_Next(names.ptr(), &at, &key, nullptr) != 0) {
  }
  return key == place.key.ptr();  // both interned
}

}  // namespace

nb::object key_of(const std::string& name) {
  PyObject* key = PyUnicode_FromStringAndSize(name.data(), std::ssize(name));
  if (key != nullptr) PyUnicode_InternInPlace(&key);
  return checked(key);
}

nb::object lookup(PyTypeObject* type, PyObject* key) {
  PyObject* mro = type->tp_mro;
  for (Py_ssize_t i = 0; mro != nullptr && i < PyTuple_GET_SIZE(mro); ++i) {
    auto value = in_type(reinterpret_cast<PyTypeObject*>(PyTuple_GET_ITEM(mro, i)), key);
    if (value.is_valid()) return value;
  }
  return {};
}

nb::object Place::bound() const {
  switch (holder) {
    case Holder::module:
      return in_dict(PyModule_GetDict(container.ptr()), key.ptr());
    case Holder::type:
      return in_type(as_type(container), key.ptr());
    case Holder::instance: {
      const auto dict = dict_of(container);
      auto value = dict.is_valid() ? in_dict(dict.ptr(), key.ptr()) : nb::object();
      if (value.is_valid()) return value;
      const auto slot = lookup(Py_TYPE(container.ptr()), key.ptr());
      if (slot.is_valid() && Py_TYPE(slot.ptr()) == &PyMemberDescr_Type) {
        return attribute(container, key);
      }
      return {};
    }
    case Holder::item: {
      auto value = nb::steal(PyObject_GetItem(container.ptr(), key.ptr()));
      if (!value.is_valid()) PyErr_Clear();
      return value;
    }
  }
  return {};
}

nb::object Place::inherited() const {
  return holder == Holder::type ? lookup(as_type(container), key.ptr()) : attribute(container, key);
}

void Place::bind(const nb::object& value) const {
  const int failed = holder == Holder::item
                         ? PyObject_SetItem(container.ptr(), key.ptr(), value.ptr())
                         : PyObject_SetAttr(container.ptr(), key.ptr(), value.ptr());
  if (failed != 0) throw nb::python_error();
}

void Place::unbind() const {
  const int failed = holder == Holder::item ? PyObject_DelItem(container.ptr(), key.ptr())
                                            : PyObject_DelAttr(container.ptr(), key.ptr());
  if (failed != 0) throw nb::python_error();
  if (holder == Holder::type && PyUnicode_CompareWithASCIIString(key.ptr(), "__new__") == 0) {
    inherit_new(as_type(container));
  }
}

void Place::check_exchangeable(bool gone) const {
  if (!is_written_without_code(*this)) {
    refuse(Code::refused,
           "writing there may run code of the program, and then others could see it off", {});
  }
  if (gone && !is_last(*this)) {
    refuse(Code::refused,
           "the name would be put back behind others of its namespace that came since", {});
  }
}

bool Place::same_as(const Place& other) const {
  return holder == other.holder && container.is(other.container) && key.equal(other.key);
}

nb::object imported_module(const std::string& name) {
  PyObject* found = item(PyImport_GetModuleDict(), name.c_str());
  if (found == nullptr || found == Py_None) return {};
  auto module = nb::borrow(found);
  const auto spec = nb::getattr(module, "__spec__", nb::none());
  if (spec.is_none()) return module;
  const auto initializing = nb::getattr(spec, "_initializing", nb::none());
  const bool busy = PyObject_IsTrue(initializing.ptr()) == 1 && !is_import_ending(name);
  return busy ? nb::object() : module;
}

void check_importable(const Target& target) {
  // Finding a submodule imports its parents: the nearest one that is there already is asked for the
  // next, and else the top-level name.
  std::string name = target.module;
  std::string parent;
  while (name.find('.') != std::string::npos) {
    parent = name.substr(0, name.rfind('.'));
    if (item(PyImport_GetModuleDict(), parent.c_str()) != nullptr) break;
    name = parent;
  }
  if (item(PyImport_GetModuleDict(), name.c_str()) != nullptr) return;  // being imported
  try {
    const auto spec = nb::module_::import_("importlib.util").attr("find_spec")(name);
    if (!spec.is_none()) return;
  } catch (nb::python_error& error) {
    // Not a package, that is; a finder that fails otherwise says nothing about the name.
    if (!error.matches(PyExc_ModuleNotFoundError)) return;
  }
  refuse(
      Code::not_found,
      "there is no module '" + name + "', imported or to be found on sys.path; check the spelling",
      target.str());
}

Found find_target(const Target& target, const nb::object& module) {
  const auto parts = parts_of(target.qualname);
  auto container = module;
  std::string where = target.module;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (parts[i] == "<locals>") {
      refuse(Code::refused,
             "'" + target.qualname + "' is local to a function: no name leads to it from outside",
             target.str());
    }
    const auto key = key_of(parts[i]);
    const bool last = i + 1 == parts.size() && target.item.empty();
    if (!last) {
      auto next = attribute(container, key);
      if (!next.is_valid()) missing(target, where, parts[i]);
      container = std::move(next);
      where += (i == 0 ? ":" : ".") + parts[i];
      continue;
    }
    const Place place{holder_of(container), container, key};
    if (place.holder == Holder::instance) {
      auto found = find_in_instance(target, place);
      if (!found.value.is_valid()) missing(target, where, parts[i]);
      return found;
    }
    auto own = place.bound();
    if (own.is_valid()) return {place, std::move(own), true};
    auto inherited = place.inherited();
    if (!inherited.is_valid()) missing(target, where, parts[i]);
    return {place, std::move(inherited), false};
  }
  return find_item(target, container);
}

void check_writable(const Found& found, const Target& target) {
  const auto& place = found.place;
  if (place.holder == Holder::type &&
      PyType_HasFeature(as_type(place.container), Py_TPFLAGS_IMMUTABLETYPE)) {
    const bool method = Py_TYPE(found.value.ptr()) == &PyMethodDescr_Type;
    refuse(Code::refused,
           "'" + type_qualname(as_type(place.container)) +
               "' is an immutable type: its names cannot be rebound" +
               (method ? "; its C methods can be redirected: reach=\"everywhere\"" : ""),
           target.str());
  }
  if (place.holder == Holder::item &&
      (PyMapping_Check(place.container.ptr()) == 0 || PyTuple_Check(place.container.ptr()) ||
       PyUnicode_Check(place.container.ptr()))) {
    refuse(Code::refused, "the items of this object cannot be written", target.str());
  }
  if (place.holder == Holder::instance && !found.own && !dict_of(place.container).is_valid()) {
    refuse(Code::refused,
           "this object of type '" + type_qualname(Py_TYPE(place.container.ptr())) +
               "' has no attributes of its own; patch its class instead",
           target.str());
  }
}

}  // namespace overt::py
