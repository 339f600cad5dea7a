// A function that is redirected, for reach "everywhere"; a class, for either reach.
//
// Two call shapes go past the entry of a Python function, since the interpreter copies its code
// into them: __init__ of a class (3.13 and later) and the getter of a property (3.14). There the
// attribute of the class is exchanged as well, for a callable that is no Python function and does
// nothing but call it.

#include <algorithm>
#include <optional>
#include <unordered_map>

#include "carrier.h"
#include "namespaces.h"
#include "own_write.h"
#include "redirect.h"
#include "spot.h"
#include "stand_in.h"

namespace overt::py {
namespace {

// Takes the place of a class attribute that the interpreter would inline.
class Shim {
 public:
  Shim(const Place& place, const nb::object& raw, const Target& target)
      : place_(place), carrier_(make_carrier(raw, place, target)) {
    const OwnWrite own;
    place_.bind(carrier_.object);
  }
  ~Shim() {
    try {
      if (place_.bound().ptr() == carrier_.object.ptr()) {  // else somebody else's by now
        const OwnWrite own;
        place_.bind(carrier_.raw);
      }
      replace_base(place_, carrier_.object, carrier_.raw);
    } catch (nb::python_error& error) {
      error.discard_as_unraisable("overt: restoring a class attribute");
    }
  }
  Shim(const Shim&) = delete;
  Shim& operator=(const Shim&) = delete;

  bool is_at(const Place& place) const { return place_.same_as(place); }

  void check_exchangeable() const {
    place_.check_exchangeable(false);
    if (place_.bound().is(carrier_.object)) return;
    refuse(Code::refused, "something else was put at its name since", {});
  }
  void exchange(bool off) const {
    const OwnWrite own;
    place_.bind(off ? carrier_.raw : carrier_.object);
  }

 private:
  Place place_;
  Carrier carrier_;
};

// What governed layers of the name stand before: these stay, and the function behind them is meant.
nb::object behind_layers(nb::object value) {
  while (value.is_valid() && is_stand_in(value.ptr())) {
    value = nb::borrow(reinterpret_cast<StandIn*>(value.ptr())->original);
  }
  return value;
}

class FunctionSpot;

using FunctionSpots = std::unordered_map<PyObject*, std::shared_ptr<FunctionSpot>>;

FunctionSpots& function_spots() {
  static auto& all = *new FunctionSpots;
  return all;
}

class FunctionSpot final : public Spot {
 public:
  FunctionSpot(std::unique_ptr<Redirect> redirect, nb::object function)
      : redirect_(std::move(redirect)), function_(std::move(function)) {}

  PyObject* function() const { return function_.ptr(); }

  void shim(const Place& place, const nb::object& raw, const Target& target) {
    const auto known = [&](const auto& shim) { return shim->is_at(place); };
    if (std::any_of(shims_.begin(), shims_.end(), known)) return;
    shims_.push_back(std::make_unique<Shim>(place, raw, target));
  }

  void add(const std::shared_ptr<GovernedLayer>& layer) override {
    insert(layers_, layer);
    try {
      update();
    } catch (...) {
      std::erase(layers_, layer);
      throw;
    }
  }

  Footing remove(const std::shared_ptr<GovernedLayer>& layer) override {
    const auto was = standing(layer);
    std::erase(layers_, layer);
    update();
    return was;
  }

  void refresh(const std::shared_ptr<GovernedLayer>& /*layer*/) override { update(); }

  bool is_of(const Found& found) const override {
    return behind_layers(inside_of(behind_layers(found.value))).is(function_);
  }

  Footing standing(const std::shared_ptr<GovernedLayer>& /*layer*/) const override {
    return redirect_->stands() ? Footing::stands : Footing::buried;
  }

  std::string prove(const std::shared_ptr<GovernedLayer>& /*layer*/,
                    const Identity& /*before*/) override {
    if (!redirect_->stands()) {
      refuse(Code::refused, "somebody else has redirected the function since", {});
    }
    check_quiet(layers_);
    for (const auto& shim : shims_) shim->check_exchangeable();
    const auto top = link_up(layers_, 0, redirect_->original());
    redirect_->route(nullptr);
    for (const auto& shim : shims_) shim->exchange(true);
    const bool same = redirect_->is_restored();
    redirect_->route(top.ptr());
    for (const auto& shim : shims_) shim->exchange(false);
    if (!same) refuse(Code::refused, "taken off, the function was not what it was before", {});
    return "the same function was there as without it, and is redirected again" + together(layers_);
  }

  bool sweep() override { return layers_.empty() && redirect_->stands(); }

  void forget() override { function_spots().erase(function_.ptr()); }

  nb::object original(const std::shared_ptr<GovernedLayer>& /*layer*/) const override {
    return function_;
  }

 private:
  void update() {
    const auto top = link_up(layers_, 0, redirect_->original());
    redirect_->route(top.ptr());
    if (layers_.empty()) shims_.clear();
  }

  std::unique_ptr<Redirect> redirect_;
  nb::object function_;
  Layers layers_;
  std::vector<std::unique_ptr<Shim>> shims_;
};

// The Python or C function that runs when the raw value is called; a class is one by itself.
nb::object function_in(const Found& found, const Target& target) {
  const auto raw = behind_layers(found.value);
  auto inner = behind_layers(inside_of(raw));
  if (PyFunction_Check(inner.ptr()) || is_c_function(inner.ptr()) || PyType_Check(raw.ptr())) {
    return inner;
  }
  std::string what = "a value of type '" + type_qualname(Py_TYPE(raw.ptr())) +
                     "' has no entry of its own that every reference goes through; ";
  if (PyMethod_Check(raw.ptr())) {
    what += "it is a bound method: patch the method of its class";
  } else {
    what += "patch it by its name";
  }
  refuse(Code::refused, what, target.str());
}

std::unique_ptr<Redirect> redirect(PyObject* function, const std::string& target) {
  if (PyType_Check(function)) return redirect_class(function, target);
  return PyFunction_Check(function) ? redirect_function(function)
                                    : redirect_c_function(function, target);
}

// Where an inherited attribute is bound: in the class that has it itself.
Place home_of(const Found& found) {
  if (found.own || found.place.holder != Holder::type) return found.place;
  const auto* type = reinterpret_cast<PyTypeObject*>(found.place.container.ptr());
  for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(type->tp_mro); ++i) {
    const Place place{Holder::type, nb::borrow(PyTuple_GET_ITEM(type->tp_mro, i)), found.place.key};
    if (place.bound().is_valid()) return place;
  }
  return found.place;
}

bool is_inlined(const Place& place, const nb::object& raw) {
  if (place.holder != Holder::type || !raw.is_valid()) return false;
  const bool init = PyUnicode_CompareWithASCIIString(place.key.ptr(), "__init__") == 0;
  return (init && PyFunction_Check(raw.ptr())) || is_property(raw.ptr());
}

}  // namespace

bool is_class(const Found& found) { return PyType_Check(behind_layers(found.value).ptr()); }

std::shared_ptr<Spot> spot_of_function(const Found& found, const Target& target) {
  const auto function = function_in(found, target);
  if (PyType_Check(function.ptr())) {
    try_redirecting_classes();
  } else if (PyFunction_Check(function.ptr())) {
    try_redirecting_functions();
  } else {
    try_redirecting_c_functions(target.str());
  }
  auto& spot = function_spots()[function.ptr()];
  if (!spot) {
    try {
      spot = std::make_shared<FunctionSpot>(redirect(function.ptr(), target.str()), function);
    } catch (...) {
      function_spots().erase(function.ptr());
      throw;
    }
  }
  // Read again: since it was found, advice was checked, which runs Python code, and another thread
  // may have taken its own shim away. That one must not be what this one puts back.
  const auto home = home_of(found);
  const auto raw = home.bound();
  if (is_inlined(home, raw)) spot->shim(home, raw, target);
  return spot;
}

void sweep_name_spots();

void sweep_spots() {
  sweep_name_spots();
  std::erase_if(function_spots(), [](const auto& each) { return each.second->sweep(); });
}

}  // namespace overt::py
