// A wrapper function is redirected to what it replaced. It stays where it is, so that it does not
// matter what others put on top of it since, and copies of it are reached too.

#include "carrier.h"
#include "foreign_switch.h"
#include "redirect.h"
#include "without_first.h"

namespace overt::py {
namespace {

class FunctionSwitch final : public ForeignSwitch {
 public:
  FunctionSwitch(PyObject* wrapper, nb::object original)
      : redirect_(redirect_function(wrapper)), original_(std::move(original)) {}

  void off() override { redirect_->route(original_.ptr()); }
  void on() override { redirect_->route(nullptr); }

 private:
  std::unique_ptr<Redirect> redirect_;
  nb::object original_;
};

// The function that is called through a raw value of a class or a module.
nb::object function_of(const nb::object& raw) {
  if (PyFunction_Check(raw.ptr())) return raw;
  nb::object inner;
  if (Py_TYPE(raw.ptr()) == &PyStaticMethod_Type || Py_TYPE(raw.ptr()) == &PyClassMethod_Type) {
    inner = raw.attr("__func__");
  } else if (PyObject_TypeCheck(raw.ptr(), &PyProperty_Type) != 0) {
    inner = raw.attr("fget");
  }
  return inner.is_valid() && PyFunction_Check(inner.ptr()) ? inner : nb::object();
}

bool binds_instance(const nb::object& raw) {
  return PyType_HasFeature(Py_TYPE(raw.ptr()), Py_TPFLAGS_METHOD_DESCRIPTOR) != 0;
}

bool is_same_kind(const nb::object& a, const nb::object& b) {
  return Py_TYPE(a.ptr()) == Py_TYPE(b.ptr());
}

// What a call of the wrapper has to become, with the arguments that the wrapper gets; invalid where
// that is not known.
nb::object answer_to(const ForeignPatch& patch) {
  const auto& old_value = patch.old_value;
  if (!patch.holder.is_valid()) {  // of a module: called as it is
    return PyCallable_Check(old_value.ptr()) != 0 ? old_value : nb::object();
  }
  const bool in_descriptor = !PyFunction_Check(patch.new_value.ptr());
  if (in_descriptor) {  // staticmethod for staticmethod, property for property
    return is_same_kind(old_value, patch.new_value) ? function_of(old_value) : nb::object();
  }
  const Place place{Holder::type, patch.holder, nb::object()};
  if (Py_TYPE(old_value.ptr()) == &PyStaticMethod_Type) return {};
  if (Py_TYPE(old_value.ptr()) == &PyClassMethod_Type) return {};
  if (PyObject_TypeCheck(old_value.ptr(), &PyProperty_Type) != 0) return {};
  auto original = callable_of(old_value, place);
  if (!original.is_valid() || binds_instance(old_value)) return original;
  // The wrapper is a function and gets the instance; what it replaced does not bind.
  return Py_TYPE(old_value.ptr())->tp_descr_get == nullptr ? new_without_first(original.ptr())
                                                           : original;
}

}  // namespace

std::unique_ptr<ForeignSwitch> switch_function(const ForeignPatch& patch) {
  if (!patch.new_value.is_valid() || !patch.old_value.is_valid() || patch.shared) return nullptr;
  if (patch.patch.change != Change::replaced) return nullptr;
  const auto wrapper = function_of(patch.new_value);
  if (!wrapper.is_valid()) return nullptr;
  auto original = answer_to(patch);
  if (!original.is_valid() || original.is(wrapper)) return nullptr;
  // Call sites copy the code of these two into themselves: there only the binding works.
  const auto& target = patch.patch.target;
  const bool init = target.ends_with(".__init__");
  const bool property = PyObject_TypeCheck(patch.new_value.ptr(), &PyProperty_Type) != 0;
  if (patch.holder.is_valid() && (init || property)) return nullptr;
  return std::make_unique<FunctionSwitch>(wrapper.ptr(), std::move(original));
}

}  // namespace overt::py
