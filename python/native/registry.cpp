#include "registry.h"

#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>
#include <nanobind/stl/vector.h>

#include <tuple>
#include <utility>

#include "attribution.h"
#include "refusal.h"

namespace overt::py {
namespace {

using Objects = nb::typed<nb::list, nb::any>;
using ObjectsById = nb::typed<nb::dict, nb::int_, nb::any>;

// Name, version and package, as overt.Owner has them.
using OwnerFields = std::tuple<std::string, std::string, std::string>;

template <class T>
T taken(result<T> value) {
  if (!value) throw Refusal(std::move(value.error()));
  return std::move(*value);
}

std::string attribute_text(nb::handle object, const char* name) {
  const auto value = nb::steal(PyObject_GetAttrString(object.ptr(), name));
  if (!value.is_valid() || !PyUnicode_Check(value.ptr())) return PyErr_Clear(), std::string();
  const char* text = PyUnicode_AsUTF8(value.ptr());
  return text == nullptr ? (PyErr_Clear(), std::string()) : std::string(text);
}

// "shop.csv:Exporter" of a function or class; for other objects that of their type.
std::string described(nb::handle object) {
  nb::handle named = object;
  if (attribute_text(named, "__qualname__").empty()) named = object.type();
  const auto module = attribute_text(named, "__module__");
  const auto qualname = attribute_text(named, "__qualname__");
  const std::string text = module.empty() ? qualname : module + ":" + qualname;
  return named.is(object) ? text : "a " + text;
}

class Registry {
 public:
  Registry(std::string name, const std::optional<std::string>& order,
           std::vector<std::string> listed, const std::optional<std::string>& duplicates)
      : name_(std::move(name)) {
    RegistryState wanted;
    wanted.name = name_;
    if (order) wanted.order = taken(parse_order(*order));
    wanted.listed = std::move(listed);
    if (duplicates) wanted.duplicates = taken(parse_duplicates(*duplicates));
    if (const auto opened = registries().open(wanted); !opened) throw Refusal(opened.error());
  }

  // Ids are given by the core, objects kept here, both before anybody else can look.
  bool add(nb::object value, const std::string& name, const std::optional<std::string>& group,
           int priority, const std::optional<OwnerFields>& owner, const std::string& entry_point,
           const std::optional<std::string>& duplicates) {
    const auto called = caller();
    Entry entry;
    entry.name = name;
    entry.group = group.value_or("");
    entry.priority = priority;
    entry.owner = called.owner;
    if (owner) std::tie(entry.owner.name, entry.owner.version, entry.owner.package) = *owner;
    entry.site = called.site;
    entry.value = described(value);
    entry.entry_point = entry_point;
    std::optional<Duplicates> rule;
    if (duplicates) rule = taken(parse_duplicates(*duplicates));
    const auto added = taken(registries().add(name_, std::move(entry), rule));
    if (added.ignored) return false;
    values_[nb::int_(added.id)] = std::move(value);
    const auto gone = drop(added.replaced);
    return true;
  }

  bool reset(const std::optional<std::string>& group, const std::optional<std::string>& name) {
    const auto gone = drop(registries().reset(name_, {group, name}));
    return nb::len(gone) != 0;
  }

  Objects values(const std::optional<std::string>& group,
                 const std::optional<std::string>& name) const {
    Objects out;
    for (const auto id : registries().ids(name_, {group, name})) out.append(values_[nb::int_(id)]);
    return out;
  }

  // The fields of overt.Entry, those of its owner and its site, each as a tuple.
  Objects entries(const std::optional<std::string>& group,
                  const std::optional<std::string>& name) const {
    Objects out;
    for (const auto& entry : registries().entries(name_, {group, name})) {
      const auto optional = [](const std::string& text) -> nb::object {
        if (text.empty()) return nb::none();
        return nb::str(text.c_str(), text.size());
      };
      out.append(nb::make_tuple(
          entry.name, values_[nb::int_(entry.id)], optional(entry.group), entry.priority,
          nb::make_tuple(entry.owner.name, optional(entry.owner.version), entry.owner.package),
          nb::make_tuple(entry.site.module, entry.site.function, entry.site.file, entry.site.line),
          optional(entry.entry_point)));
    }
    return out;
  }

  void reorder(const std::string& order, std::vector<std::string> listed) {
    registries().reorder(name_, taken(parse_order(order)), std::move(listed));
  }

  RegistryState state() const { return registries().state(name_); }
  ObjectsById copy_of_values() const { return nb::steal<ObjectsById>(PyDict_Copy(values_.ptr())); }

  void restore(const RegistryState& state, const ObjectsById& values) {
    if (state.name != name_) {
      refuse(Code::usage,
             "this is a snapshot of registry '" + state.name + "', not of '" + name_ + "'", name_);
    }
    auto restored = nb::steal<nb::dict>(PyDict_Copy(values.ptr()));
    registries().restore(state);
    std::swap(values_, restored);
  }

  std::string order() const {
    return std::string(name(state().order.value_or(Order::registration)));
  }
  std::string duplicates() const {
    return std::string(name(state().duplicates.value_or(Duplicates::refuse)));
  }

  static int traverse(PyObject* self, visitproc visit, void* arg) {
    Py_VISIT(Py_TYPE(self));
    if (nb::inst_ready(self)) Py_VISIT(nb::inst_ptr<Registry>(self)->values_.ptr());
    return 0;
  }

  static int clear(PyObject* self) {
    if (nb::inst_ready(self)) nb::inst_ptr<Registry>(self)->values_.clear();
    return 0;
  }

 private:
  // The objects of entries that are gone, for the caller to let go of.
  nb::list drop(const std::vector<std::uint64_t>& ids) {
    nb::list gone;
    for (const auto id : ids) {
      const nb::int_ key(id);
      gone.append(values_[key]);
      nb::del(values_[key]);
    }
    return gone;
  }

  std::string name_;
  nb::dict values_;  // by id
};

PyType_Slot slots[] = {{Py_tp_traverse, reinterpret_cast<void*>(Registry::traverse)},
                       {Py_tp_clear, reinterpret_cast<void*>(Registry::clear)},
                       {0, nullptr}};

}  // namespace

Registries& registries() {
  static auto& all = *new Registries;
  return all;
}

void bind_registries(nb::module_& module) {
  using nb::arg;
  const nb::class_<RegistryState> state(module, "RegistryState",
                                        "The entries of a registry, without objects.");
  nb::class_<Registry>(module, "Registry", nb::type_slots(slots),
                       "The objects of one registry. Made by overt.registry() only.")
      .def(nb::init<std::string, std::optional<std::string>, std::vector<std::string>,
                    std::optional<std::string>>(),
           arg("name"), arg("order").none(), arg("listed"), arg("duplicates").none())
      .def("add", &Registry::add, arg("value").none(), arg("name"), arg("group").none(),
           arg("priority"), arg("owner").none(), arg("entry_point"), arg("duplicates").none(),
           "Adds an entry; False when what is there stays.")
      .def("reset", &Registry::reset, arg("group").none(), arg("name").none(),
           "Removes entries; False when there were none.")
      .def("values", &Registry::values, arg("group").none(), arg("name").none(),
           "The objects, in order.")
      .def("entries", &Registry::entries, arg("group").none(), arg("name").none(),
           "The fields of each entry, in order.")
      .def("reorder", &Registry::reorder, arg("order"), arg("listed"))
      .def("state", &Registry::state)
      .def("copy_of_values", &Registry::copy_of_values)
      .def("restore", &Registry::restore, arg("state"), arg("values"))
      .def_prop_ro("order", &Registry::order)
      .def_prop_ro("duplicates", &Registry::duplicates);
}

}  // namespace overt::py
