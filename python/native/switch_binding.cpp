// By the binding: the name gets back what it had, is deleted where it was new, or restored where it
// was deleted. Also entries of sys.modules.

#include "foreign_switch.h"
#include "namespaces.h"
#include "overt/target.h"
#include "own_write.h"
#include "place.h"

namespace overt::py {
namespace {

class BindingSwitch final : public ForeignSwitch {
 public:
  BindingSwitch(Place place, const ForeignPatch& patch)
      : place_(std::move(place)),
        target_(patch.target),
        without_(patch.old_value),
        with_(patch.new_value) {}

  ~BindingSwitch() override = default;

  void off() override { exchange(with_, without_, "the patch no longer stands at its name"); }
  void on() override { exchange(without_, with_, "something else was put at the name meanwhile"); }

  void prove() {
    if (place_.bound().is(without_)) refuse(Code::refused, "it is off already", target_);
    place_.check_exchangeable(!without_.is_valid());
    exchange(with_, without_, "it no longer stands at its name");
    const bool same = place_.bound().is(without_);
    exchange(without_, with_, "it cannot be put back");
    if (!same) refuse(Code::refused, "its name did not take back what was there", target_);
  }

 private:
  void exchange(const nb::object& from, const nb::object& to, const char* otherwise) {
    const auto now = place_.bound();
    if (now.is(to)) return;
    if (!now.is(from)) {
      std::string what(otherwise);
      if (now.is_valid()) {
        what += ": a '" + type_qualname(Py_TYPE(now.ptr())) + "' does; switch that one off first";
      }
      refuse(Code::refused, what + " (overt list --target '" + target_ + "')", target_);
    }
    const OwnWrite own;
    if (to.is_valid()) {
      place_.bind(to);
    } else {
      place_.unbind();
    }
  }

  Place place_;
  std::string target_;
  nb::object without_, with_;
};

// sys.modules:MySQLdb
Place place_of_entry(const ForeignPatch& patch) {
  const auto& target = patch.target;
  return {Holder::item, nb::borrow(PyImport_GetModuleDict()),
          key_of(target.substr(target.find(':') + 1))};
}

Place place_of_name(const ForeignPatch& patch) {
  const auto target = Target::parse(patch.target);
  if (!target) throw Refusal(target.error());
  const auto name = key_of(target->qualname.substr(target->qualname.rfind('.') + 1));
  if (!patch.holder.is_valid()) {
    PyObject* module = item(PyImport_GetModuleDict(), target->module.c_str());
    if (module == nullptr || !PyModule_Check(module)) {
      refuse(Code::refused, "its module is no longer in sys.modules", patch.target);
    }
    return {Holder::module, nb::borrow(module), name};
  }
  auto* type = reinterpret_cast<PyTypeObject*>(patch.holder.ptr());
  if (PyType_HasFeature(type, Py_TPFLAGS_IMMUTABLETYPE)) {
    refuse(Code::refused,
           "'" + type_qualname(type) +
               "' is an immutable type that was changed behind the interpreter's back: only who "
               "did that can undo it",
           patch.target);
  }
  return {Holder::type, patch.holder, name};
}

Place place_of(const ForeignPatch& patch) {
  return patch.target.starts_with("sys.modules:") ? place_of_entry(patch) : place_of_name(patch);
}

}  // namespace

void prove_binding(const ForeignPatch& patch) { BindingSwitch(place_of(patch), patch).prove(); }

std::unique_ptr<ForeignSwitch> switch_binding(const ForeignPatch& patch) {
  return std::make_unique<BindingSwitch>(place_of(patch), patch);
}

}  // namespace overt::py
