// A wrapper function is redirected to what it replaced. It stays where it is, so that it does not
// matter what others put on top of it since, and copies of it are reached too.

#include "carrier.h"
#include "foreign_call.h"
#include "foreign_switch.h"
#include "redirect.h"
#include "without_first.h"

namespace overt::py {
namespace {

class FunctionSwitch final : public CallSwitch, public ForeignCall {
 public:
  FunctionSwitch(const ForeignPatch& patch, PyObject* wrapper, nb::object answer)
      : CallSwitch(patch, "function"), wrapper_(wrapper), answer_(std::move(answer)) {}

  ~FunctionSwitch() override { disarm(); }
  FunctionSwitch(const FunctionSwitch&) = delete;
  FunctionSwitch& operator=(const FunctionSwitch&) = delete;

  void disarm() noexcept override {
    if (!std::exchange(armed_, false)) return;
    target_->original.forget();
    // The wrapper may be gone by now, and another function be where it was.
    auto* hook = find_hook(wrapper_);
    if (hook == nullptr || hook->foreign != this) return;
    hook->foreign = nullptr;
    update(*hook);
  }

  PyObject* run(vectorcallfunc own, PyObject* function, PyObject* const* args, std::size_t nargsf,
                PyObject* kwnames) override {
    const auto pass = [&] {
      PyObject* answer = Py_NewRef(answer_.ptr());
      PyObject* result = call(answer, args, nargsf, kwnames);
      Py_DECREF(answer);
      return result;
    };
    const auto through = [&] { return own(function, args, nargsf, kwnames); };
    return run_foreign(*target_, pass, through);
  }

 private:
  bool may_stay() const override { return may_keep(answer_); }

  bool hook_in(const std::shared_ptr<PatchMeter>& meter) override {
    if (armed_) return true;
    try_redirecting_functions();
    auto& hook = hook_of(wrapper_);
    if (hook.foreign != nullptr) return false;
    target_ = std::make_unique<ForeignTarget>(meter, wrapper_, answer_);
    hook.foreign = this;
    update(hook);
    armed_ = true;
    return true;
  }

  PyObject* wrapper_;  // borrowed
  nb::object answer_;  // what a call becomes when the patch is off
  std::unique_ptr<ForeignTarget> target_;
  bool armed_ = false;
};

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

// Call sites copy the code of an __init__ and of a property's getter into themselves, past the
// function's entry: there only the binding works. Not code that takes `*args` or the like, which
// the interpreter never copies.
bool is_inlined(const ForeignPatch& patch, const nb::object& wrapper) {
  if (!patch.holder.is_valid()) return false;
  const bool init = patch.target.ends_with(".__init__");
  const bool property = PyObject_TypeCheck(patch.new_value.ptr(), &PyProperty_Type) != 0;
  if (!init && !property) return false;
  const auto* code = reinterpret_cast<PyCodeObject*>(PyFunction_GET_CODE(wrapper.ptr()));
  return (code->co_flags & (CO_VARARGS | CO_VARKEYWORDS)) == 0 && code->co_kwonlyargcount == 0;
}

}  // namespace

std::unique_ptr<ForeignSwitch> switch_function(const ForeignPatch& patch) {
  if (!patch.new_value.is_valid() || !patch.old_value.is_valid() || patch.shared) return nullptr;
  if (patch.change != Change::replaced) return nullptr;
  const auto wrapper = function_of(patch.new_value);
  if (!wrapper.is_valid()) return nullptr;
  auto original = answer_to(patch);
  if (!original.is_valid() || original.is(wrapper)) return nullptr;
  if (is_inlined(patch, wrapper)) return nullptr;
  return std::make_unique<FunctionSwitch>(patch, wrapper.ptr(), std::move(original));
}

}  // namespace overt::py
