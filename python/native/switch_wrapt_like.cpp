// Wrappers of wrapt's shape: an object with `__wrapped__` that calls an inner function
// (`_self_wrapper`) with (wrapped, instance, args, kwargs). Vendors ship copies of wrapt under
// other names, so the shape tells, never the import.
//
// The inner function is redirected to one that calls wrapped(*args, **kwargs). One inner function
// often serves many targets: which of them a call is for is told by the identity of `wrapped`, or
// of the function in it where it is bound.

#include <map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "call.h"
#include "foreign_switch.h"
#include "redirect.h"
#include "stand_in.h"

namespace overt::py {
namespace {

// One inner function and the wrapped objects that it is off for.
struct Inner {
  std::unique_ptr<Redirect> redirect;
  nb::object filter;  // what it is redirected to
  std::unordered_set<PyObject*> off;
  std::size_t leading = 0;  // arguments in front of `wrapped`: the instance of a bound method
};

using Inners = std::map<PyObject*, Inner>;

Inners& inners() {
  static auto& all = *new Inners;
  return all;
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

// Whether a call with this `wrapped` is for a target that is off. It arrives as it is, bound, as
// the function inside of a descriptor, or, being another such wrapper, bound from its parent.
bool is_off(const Inner& inner, PyObject* wrapped) {
  if (inner.off.contains(wrapped) || inner.off.contains(function_behind(wrapped))) return true;
  for (PyObject* each : inner.off) {
    if (is_bound_from(wrapped, each)) return true;
  }
  if (PyMethod_Check(wrapped) || PyFunction_Check(wrapped) || PyCFunction_Check(wrapped)) {
    return false;
  }
  const auto parent = nb::steal(PyObject_GetAttrString(wrapped, "_self_parent"));
  if (!parent.is_valid()) PyErr_Clear();
  return parent.is_valid() && inner.off.contains(parent.ptr());
}

PyObject* filtered(PyObject* self, PyObject* const* args, std::size_t nargsf, PyObject* kwnames) {
  PyObject* function = reinterpret_cast<StandIn*>(self)->original;
  const auto it = inners().find(function);
  const auto count = static_cast<std::size_t>(PyVectorcall_NARGS(nargsf));
  if (it == inners().end()) return PyObject_Vectorcall(function, args, count, kwnames);
  const auto& inner = it->second;
  PyObject* const* own = args + inner.leading;
  if (kwnames == nullptr && count == inner.leading + 4 && PyTuple_Check(own[2]) &&
      PyDict_Check(own[3]) && is_off(inner, own[0])) {
    return PyObject_Call(own[0], own[2], own[3]);
  }
  const auto body = inner.redirect->original();
  return call(body.ptr(), args, count, kwnames);
}

class WraptSwitch final : public ForeignSwitch {
 public:
  WraptSwitch(nb::object function, std::size_t leading, std::vector<nb::object> wrapped)
      : function_(std::move(function)), leading_(leading), wrapped_(std::move(wrapped)) {}

  ~WraptSwitch() override { forget(); }
  WraptSwitch(const WraptSwitch&) = delete;
  WraptSwitch& operator=(const WraptSwitch&) = delete;

  void off() override {
    auto& inner = inners()[function_.ptr()];
    if (!inner.redirect) {
      try {
        inner.redirect = redirect_function(function_.ptr());
        inner.filter = new_stand_in(stand_in_types().base, function_.ptr(), filtered);
        inner.leading = leading_;
      } catch (...) {
        inners().erase(function_.ptr());
        throw;
      }
    }
    for (const auto& each : wrapped_) inner.off.insert(each.ptr());
    inner.redirect->route(inner.filter.ptr());
  }

  void on() override { forget(); }

 private:
  void forget() {
    const auto it = inners().find(function_.ptr());
    if (it == inners().end()) return;
    for (const auto& each : wrapped_) it->second.off.erase(each.ptr());
    if (!it->second.off.empty()) return;
    it->second.redirect->route(nullptr);
    inners().erase(it);
  }

  nb::object function_;
  std::size_t leading_;
  std::vector<nb::object> wrapped_;  // each identity under which the target arrives
};

nb::object attribute(const nb::object& object, const char* name) {
  auto value = nb::steal(PyObject_GetAttrString(object.ptr(), name));
  if (!value.is_valid()) PyErr_Clear();
  return value;
}

// The function behind the inner callable of a wrapper, and how many arguments it gets in front.
std::pair<nb::object, std::size_t> inner_of(const nb::object& wrapper) {
  auto inner = attribute(wrapper, "_self_wrapper");
  if (!inner.is_valid()) return {};
  if (PyMethod_Check(inner.ptr())) {
    auto function = nb::borrow(PyMethod_GET_FUNCTION(inner.ptr()));
    return {std::move(function), 1};
  }
  return {std::move(inner), 0};
}

}  // namespace

std::unique_ptr<ForeignSwitch> switch_wrapt_like(const ForeignPatch& patch) {
  if (!patch.new_value.is_valid() || patch.patch.change != Change::replaced) return nullptr;
  if (PyFunction_Check(patch.new_value.ptr())) return nullptr;
  auto [function, leading] = inner_of(patch.new_value);
  if (!function.is_valid() || !PyFunction_Check(function.ptr())) return nullptr;
  const auto wrapped = attribute(patch.new_value, "__wrapped__");
  if (!wrapped.is_valid()) return nullptr;
  std::vector<nb::object> identities = {wrapped};
  if (auto inside = attribute(wrapped, "__func__"); inside.is_valid()) {
    identities.push_back(std::move(inside));
  }
  return std::make_unique<WraptSwitch>(std::move(function), leading, std::move(identities));
}

}  // namespace overt::py
