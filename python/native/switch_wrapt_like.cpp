// Wrappers of wrapt's shape are switched by their inner function: it is hooked, and a call for a
// target that is off becomes wrapped(*args, **kwargs). One inner function often serves many
// targets: which of them a call is for is told by the identity of `wrapped`, or of the function in
// it where it is bound.

#include <algorithm>
#include <unordered_map>
#include <utility>
#include <vector>

#include "foreign_call.h"
#include "foreign_switch.h"
#include "redirect.h"
#include "wrapt_like.h"

namespace overt::py {
namespace {

nb::object attribute(const nb::object& object, const char* name) {
  const auto key = checked(PyUnicode_InternFromString(name));
  auto value = nb::steal(PyObject_GenericGetAttr(object.ptr(), key.ptr()));
  if (!value.is_valid()) PyErr_Clear();
  return value;
}

PyObject* function_behind(PyObject* wrapped) {
  return PyMethod_Check(wrapped) ? PyMethod_GET_FUNCTION(wrapped) : wrapped;
}

// A method of a C type arrives as a new bound object each time; its definition stays the same.
bool is_bound_from(PyObject* wrapped, PyObject* descriptor) {
  return PyCFunction_Check(wrapped) && Py_TYPE(descriptor) == &PyMethodDescr_Type &&
         reinterpret_cast<PyCFunctionObject*>(wrapped)->m_ml ==
             reinterpret_cast<PyMethodDescrObject*>(descriptor)->d_method;
}

// What one inner function does, for the targets of it that are armed.
class Inner final : public ForeignCall {
 public:
  explicit Inner(std::size_t leading) : leading_(leading) {}

  PyObject* run(vectorcallfunc own, PyObject* function, PyObject* const* args, std::size_t nargsf,
                PyObject* kwnames) override {
    const auto through = [&] { return own(function, args, nargsf, kwnames); };
    PyObject* const* of_wrapper = args + leading_;
    const auto count = static_cast<std::size_t>(PyVectorcall_NARGS(nargsf));
    if (kwnames != nullptr || count != leading_ + 4 || !PyTuple_Check(of_wrapper[2]) ||
        !PyDict_Check(of_wrapper[3])) {
      return through();
    }
    const auto* target = find(of_wrapper[0]);
    if (target == nullptr) return through();
    const auto pass = [&] { return PyObject_Call(of_wrapper[0], of_wrapper[2], of_wrapper[3]); };
    return run_foreign(*target, pass, through);
  }

  void add(PyObject* identity, const std::shared_ptr<ForeignTarget>& target) {
    targets_[identity] = target;
    if (!PyFunction_Check(identity)) others_.push_back(identity);
  }

  void remove(const std::shared_ptr<ForeignTarget>& target) noexcept {
    std::erase_if(others_, [&](PyObject* each) { return targets_.at(each) == target; });
    std::erase_if(targets_, [&](const auto& each) { return each.second == target; });
  }

  bool empty() const { return targets_.empty(); }

  bool serves(const std::vector<nb::object>& identities) const {
    return std::any_of(identities.begin(), identities.end(),
                       [&](const auto& each) { return targets_.contains(each.ptr()); });
  }

  // The target that a call with this `wrapped` is for. It arrives as it is, bound, as the function
  // inside of a descriptor, or, being another such wrapper, bound from its parent.
  const ForeignTarget* find(PyObject* wrapped) const {
    PyObject* inside = function_behind(wrapped);
    auto it = targets_.find(inside);
    if (it == targets_.end() && inside != wrapped) it = targets_.find(wrapped);
    if (it != targets_.end()) return it->second.get();
    if (others_.empty() || PyFunction_Check(inside)) return nullptr;
    for (PyObject* each : others_) {
      if (is_bound_from(wrapped, each)) return targets_.at(each).get();
    }
    if (PyCFunction_Check(wrapped)) return nullptr;
    const auto parent = attribute(nb::borrow(wrapped), "_self_parent");
    it = targets_.find(parent.ptr());
    return it == targets_.end() ? nullptr : it->second.get();
  }

  std::shared_ptr<PatchMeter> meter_of(PyObject* wrapped) const {
    const auto it = targets_.find(wrapped);
    return it == targets_.end() ? nullptr : it->second->meter;
  }

 private:
  std::size_t leading_;
  std::unordered_map<PyObject*, std::shared_ptr<ForeignTarget>> targets_;
  std::vector<PyObject*> others_;  // of them, those that are no Python functions
};

// The inner function's, where it is hooked as one.
Inner* inner_at(PyObject* function) {
  const auto* hook = find_hook(function);
  return hook == nullptr ? nullptr : dynamic_cast<Inner*>(hook->foreign);
}

class WraptSwitch final : public CallSwitch {
 public:
  WraptSwitch(const ForeignPatch& patch, WraptLike wrapper, std::vector<nb::object> identities)
      : CallSwitch(patch, "wrapper"),
        wrapper_(std::move(wrapper)),
        identities_(std::move(identities)) {}

  ~WraptSwitch() override { disarm(); }
  WraptSwitch(const WraptSwitch&) = delete;
  WraptSwitch& operator=(const WraptSwitch&) = delete;

  void disarm() noexcept override {
    if (!std::exchange(armed_, false)) return;
    target_->original.forget();
    auto* hook = find_hook(wrapper_.function.ptr());
    auto* inner = hook == nullptr ? nullptr : dynamic_cast<Inner*>(hook->foreign);
    if (inner == nullptr) return;
    inner->remove(target_);
    if (!inner->empty()) return;
    hook->foreign = nullptr;
    update(*hook);
    delete inner;
  }

 private:
  bool may_stay() const override { return may_keep(wrapper_.wrapped); }

  bool hook_in(const std::shared_ptr<PatchMeter>& meter) override {
    if (armed_) return true;
    try_redirecting_functions();
    auto& hook = hook_of(wrapper_.function.ptr());
    auto* inner = dynamic_cast<Inner*>(hook.foreign);
    const bool taken = inner == nullptr ? hook.foreign != nullptr : inner->serves(identities_);
    if (taken) return false;
    target_ = std::make_shared<ForeignTarget>(meter, wrapper_.function.ptr(), wrapper_.wrapped);
    if (inner == nullptr) hook.foreign = inner = new Inner(wrapper_.leading);
    for (const auto& each : identities_) inner->add(each.ptr(), target_);
    update(hook);
    armed_ = true;
    return true;
  }

  WraptLike wrapper_;
  std::vector<nb::object> identities_;  // each under which the target arrives
  std::shared_ptr<ForeignTarget> target_;
  bool armed_ = false;
};

}  // namespace

WraptLike wrapt_like(const nb::object& value) {
  if (PyFunction_Check(value.ptr()) || PyType_Check(value.ptr())) return {};
  auto inner = attribute(value, "_self_wrapper");
  if (!inner.is_valid()) return {};
  WraptLike found;
  found.leading = PyMethod_Check(inner.ptr()) ? 1 : 0;
  found.function = nb::borrow(function_behind(inner.ptr()));
  found.wrapped = attribute(value, "__wrapped__");
  if (!PyFunction_Check(found.function.ptr()) || !found.wrapped.is_valid()) return {};
  return found;
}

bool is_wrapt_like(const nb::object& value) { return wrapt_like(value).function.is_valid(); }

std::shared_ptr<PatchMeter> meter_of_wrapt_like(const nb::object& wrapper) {
  const auto found = wrapt_like(wrapper);
  if (!found.function.is_valid()) return nullptr;
  const auto* inner = inner_at(found.function.ptr());
  return inner == nullptr ? nullptr : inner->meter_of(found.wrapped.ptr());
}

std::unique_ptr<ForeignSwitch> switch_wrapt_like(const ForeignPatch& patch) {
  if (!patch.new_value.is_valid() || patch.shared) return nullptr;
  if (patch.change != Change::replaced) return nullptr;
  auto wrapper = wrapt_like(patch.new_value);
  if (!wrapper.function.is_valid()) return nullptr;
  std::vector<nb::object> identities = {wrapper.wrapped};
  if (auto inside = attribute(wrapper.wrapped, "__func__"); inside.is_valid()) {
    identities.push_back(std::move(inside));
  }
  return std::make_unique<WraptSwitch>(patch, std::move(wrapper), std::move(identities));
}

}  // namespace overt::py
