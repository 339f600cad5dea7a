// Making a governed patch at what its target leads to: what kind of layer it is, whether it can
// take the target's calls, and where it goes.

#include <nanobind/stl/string.h>

#include "carrier.h"
#include "governed_again.h"
#include "governed_kept.h"
#include "policy_gate.h"
#include "serving.h"
#include "signature.h"

namespace overt::py {
namespace {

// A replacement that is called like what it replaces; anything else is bound as the value it is.
bool is_function_like(PyObject* object) {
  return PyFunction_Check(object) || PyCFunction_Check(object) || PyMethod_Check(object);
}

// A call is given the instance or the class in front of its arguments, by position.
bool takes_itself(const Found& found) {
  return found.place.holder == Holder::type && !is_static(found.value.ptr());
}

}  // namespace

void GovernedPatch::attach(const nb::object& module) {
  if (needs_thread()) {
    const auto missing = keep_time();
    if (!missing.empty()) {
      refuse(Code::refused, "nothing can look after its ttl or budget: " + missing,
             wish_.target.str());
    }
  }
  const auto found = find(module);
  refuse_twice();
  prepare(found);
  check_policy(as_recorded(is_of_builtin_type(found)));
  place_at(found, module);
  if (!wish_.root.is_valid()) followed_ = follow_imports(wish_.target.module);
  record(found);
}

Found GovernedPatch::find(const nb::object& module) const {
  auto sought = wish_.target;
  if (wish_.root.is_valid()) sought.qualname = wish_.attribute;
  return find_target(sought, module);
}

// A class stays at its name: nothing else could be pickled, subclassed or matched against.
std::shared_ptr<Spot> GovernedPatch::spot_for(const Found& found) const {
  const bool class_call = !layer_->is_value() && is_class(found);
  if (wish_.reach == Reach::everywhere || class_call) return spot_of_function(found, wish_.target);
  check_writable(found, wish_.target);
  return spot_of_name(found, wish_.target);
}

void GovernedPatch::place_at(const Found& found, const nb::object& module) {
  const auto spot = spot_for(found);
  try {
    spot->add(layer_);
  } catch (nb::python_error& error) {
    if (spot->sweep()) spot->forget();
    if (!error.matches(PyExc_TypeError) && !error.matches(PyExc_AttributeError)) throw;
    refuse(Code::refused,  // frozen dataclasses, mapping proxies, enums, what says no by itself
           "it cannot be written: " + nb::cast<std::string>(nb::str(error.value())),
           wish_.target.str());
  } catch (...) {
    if (spot->sweep()) spot->forget();
    throw;
  }
  spot_ = spot;
  module_ = module;
  if (!layer_->is_value() && is_class(found)) class_ = found;
  layer_->state->on_idle = this;
}

// What kind of layer this is, and whether it can take the target's calls.
void GovernedPatch::prepare(const Found& found) {
  layer_->value.reset();
  const auto target = callable_of(found.value, found.place);
  const bool method = takes_itself(found);
  if (wish_.advice != Advice::replace) return prepare_call(target, false, method);
  PyObject* replacement = layer_->state->function.ptr();
  const bool everywhere = wish_.reach == Reach::everywhere;
  const bool callable = target.is_valid() && PyCallable_Check(replacement) != 0;
  const bool scoped = wish_.scope != ScopeKind::process;
  const bool calls =
      !wish_.as_value && callable && !is_builtin_descriptor(replacement) &&
      (everywhere || scoped || (is_function_like(replacement) && !PyType_Check(found.value.ptr())));
  if (calls) return prepare_call(target, true, method);
  if (scoped) {
    refuse(Code::refused,
           "a value that is not called is the same for everybody: scope must be \"process\"",
           wish_.target.str());
  }
  if (everywhere && target.is_valid()) {
    refuse(Code::refused, "a value cannot stand for a function everywhere; give a function",
           wish_.target.str());
  }
  layer_->value = layer_->state->function;
}

void GovernedPatch::prepare_call(const nb::object& target, bool replaces, bool method) {
  if (!target.is_valid()) return;  // the carrier will say why
  auto& state = *layer_->state;
  // A plain advice returns what the original made, untouched.
  const bool around = wish_.advice == Advice::around;
  state.life = life_of(kind_of(around ? state.function : target));
  if (wish_.advice == Advice::observe) return;
  const auto check = [&](const nb::object& callee, std::size_t leading, const char* role) {
    if (!callee.is_valid()) return;
    if (auto why = refusal(callee, target, leading, role, method)) {
      refuse(Code::signature, *why, wish_.target.str());
    }
  };
  if (replaces) return check(state.function, 0, "replacement");
  if (around) return check(state.function, 1, "advice");
  check(state.function, 0, "observer `before`");
  check(state.after, 1, "observer `after`");
  check(state.failed, 1, "observer `failed`");
}

// The same does the same thing, in the same way, for the same calls.
bool GovernedPatch::is_same_as(const GovernedPatch& other) const {
  const auto& mine = *layer_->state;
  const auto& theirs = *other.layer_->state;
  return other.wish_.advice == wish_.advice && other.wish_.reach == wish_.reach &&
         other.maker_.owner == maker_.owner && theirs.function.is(mine.function) &&
         theirs.after.is(mine.after) && theirs.failed.is(mine.failed) &&
         other.wish_.root.is(wish_.root) && theirs.scope.holds();
}

void GovernedPatch::refuse_twice() const {
  if (wish_.again) return;
  const auto [first, last] = kept().by_target.equal_range(wish_.target.str());
  for (auto it = first; it != last; ++it) {
    const auto* other = it->second;
    const bool present = other->import_hook_ == 0 && other->lost_.empty();
    if (other != this && present && is_same_as(*other)) {
      refuse(Code::duplicate,
             "'" + maker_.owner.name + "' has made this very patch already (p" +
                 std::to_string(other->id_) + "); again=True makes it a second time",
             wish_.target.str());
    }
  }
}

}  // namespace overt::py
