#include "governed.h"

#include <algorithm>
#include <array>
#include <map>
#include <unordered_map>

#include "carrier.h"
#include "namespaces.h"
#include "overt/clock.h"
#include "pending.h"
#include "records.h"
#include "serving.h"
#include "signature.h"

namespace overt::py {
namespace {

// A patch that is off is taken off the path when it was left alone for so long: a class allows only
// so many changes before the interpreter stops specialising for it, so flapping must not rebind.
constexpr std::chrono::seconds kQuiet{1};

// Every patch that is installed or pending: in order, and by target, so that the 100,000th is
// installed as fast as the first.
struct Kept {
  std::map<std::uint64_t, std::shared_ptr<GovernedPatch>> in_order;
  std::unordered_multimap<std::string, GovernedPatch*> by_target;
  std::unordered_map<int, GovernedPatch*> by_id;
  std::uint64_t next = 1;
};

Kept& kept() {
  static auto& all = *new Kept;
  return all;
}

// A replacement that is called like what it replaces; anything else is bound as the value it is.
bool is_function_like(PyObject* object) {
  return PyFunction_Check(object) || PyCFunction_Check(object) || PyMethod_Check(object);
}

bool is_descriptor_of_a_class(PyObject* object) {
  return PyObject_TypeCheck(object, &PyProperty_Type) != 0 ||
         PyObject_TypeCheck(object, &PyClassMethod_Type) != 0 ||
         PyObject_TypeCheck(object, &PyStaticMethod_Type) != 0;
}

// A call is given the instance or the class in front of its arguments, by position.
bool takes_itself(const Found& found) {
  return found.place.holder == Holder::type &&
         PyObject_TypeCheck(found.value.ptr(), &PyStaticMethod_Type) == 0;
}

Life life_of(CallKind kind) {
  switch (kind) {
    case CallKind::plain:
      return Life::plain;
    case CallKind::coroutine:
      return Life::coroutine;
    case CallKind::generator:
      return Life::generator;
    case CallKind::async_generator:
      return Life::async_generator;
  }
  return Life::plain;
}

Description described(PyObject* object) {
  if (object == nullptr) return {};
  auto* type = Py_TYPE(object);
  Description description{type_qualname(type), "", ""};
  if (PyFunction_Check(object)) {
    const auto* function = reinterpret_cast<PyFunctionObject*>(object);
    description.module = text_of(function->func_module);
    description.qualname = text_of(function->func_qualname);
  } else if (PyCFunction_Check(object)) {
    description.module = text_of(reinterpret_cast<PyCFunctionObject*>(object)->m_module);
    description.qualname = reinterpret_cast<PyCFunctionObject*>(object)->m_ml->ml_name;
  }
  return description;
}

}  // namespace

std::string_view name(PatchState state) {
  constexpr std::array<std::string_view, 5> kNames = {"idle", "pending", "on", "off", "buried"};
  return kNames[static_cast<std::size_t>(state)];
}

GovernedPatch::GovernedPatch(Wish wish) : wish_(std::move(wish)), maker_(caller()) {
  if (!wish_.owner.empty()) maker_.owner = {wish_.owner, "", wish_.owner};
  auto& state = *layer_->state;
  state.advice = wish_.advice;
  state.function = std::move(wish_.function);
  state.after = std::move(wish_.after);
  state.failed = std::move(wish_.failed);
  state.scope = Scope(wish_.scope);
  layer_->order = wish_.order;
  if (wish_.notes) {
    state.note = "patched by " + maker_.owner.name + ": " + wish_.target.str();
    if (!wish_.reason.empty()) state.note += " (" + wish_.reason + ")";
  }
  if (wish_.advice == Advice::observe) {
    state.meter = std::make_unique<Meter>();
    state.elapsed = std::make_unique<Meter>();
  }
}

GovernedPatch::~GovernedPatch() { layer_->state->on_idle = nullptr; }

std::vector<std::shared_ptr<GovernedPatch>> GovernedPatch::all() {
  std::vector<std::shared_ptr<GovernedPatch>> all;
  for (const auto& [serial, patch] : kept().in_order) all.push_back(patch);
  return all;
}

void GovernedPatch::tell_states(std::vector<Patch>& patches) {
  for (const auto& [serial, patch] : kept().in_order) {
    const auto index = static_cast<std::size_t>(patch->id_) - 1;
    if (patch->id_ == 0 || index >= patches.size()) continue;
    auto& told = patches[index];
    told.state = name(patch->state());
    told.metered = true;
    told.calls = patch->layer().cell->entered.get();
    told.errors = patch->layer().cell->errors.get();
  }
}

void GovernedPatch::keep() {
  serial_ = kept().next++;
  kept().in_order.emplace(serial_, shared_from_this());
  kept().by_target.emplace(wish_.target.str(), this);
}

void GovernedPatch::let_go() {
  const auto [first, last] = kept().by_target.equal_range(wish_.target.str());
  for (auto it = first; it != last; ++it) {
    if (it->second != this) continue;
    kept().by_target.erase(it);
    break;
  }
  kept().in_order.erase(std::exchange(serial_, 0));
}

void GovernedPatch::refuse_presence() const {
  refuse(Code::misuse, "this patch is installed already; remove it first, or make another one",
         wish_.target.str());
}

void GovernedPatch::known_as(int id) {
  id_ = id;
  if (id != 0) kept().by_id[id] = this;
}

void GovernedPatch::strike_out() {
  kept().by_id.erase(id_);
  records().revert(id_);
}

void GovernedPatch::put_on() {
  auto& scope = layer_->state->scope;
  if (is_present() && wish_.scope == ScopeKind::context) {  // the same handle in another context
    scope.enter();
    ++entered_;
    return;
  }
  if (is_present()) refuse_presence();
  const auto module = wish_.root.is_valid() ? wish_.root : imported_module(wish_.target.module);
  if (module.is_valid()) {
    attach(module);
  } else {
    check_importable(wish_.target);
    import_hook_ =
        when_imported(wish_.target.module, [self = weak_from_this()](const nb::object& imported) {
          const auto patch = self.lock();
          if (!patch) return;
          patch->import_hook_ = 0;
          try {
            patch->attach(imported);
          } catch (...) {
            patch->let_go();
            throw;
          }
        });
  }
  scope.enter();
  entered_ = 1;
  keep();
}

void GovernedPatch::take_off() {
  layer_->state->scope.leave();
  if (--entered_ > 0) return;  // open in another context
  layer_->state->scope.end();
  if (import_hook_ != 0) {
    cancel_import_hook(std::exchange(import_hook_, 0));
  } else {
    const auto spot = spot_;
    spot->remove(layer_);
    stop_ttl();
    spot_.reset();
    module_.reset();
    layer_->settled = false;
    layer_->state->on_idle = nullptr;
    // The link refers to the original, and so would the handle for as long as it is kept.
    if (layer_->link.is_valid()) let_go_of_link();
    if (id_ != 0) {
      if (voted_off_) {
        static_cast<void>(switchboard().unvote(Source::api, Selector::of_patch(id_), {}));
      }
      strike_out();
    }
    if (spot->sweep()) spot->forget();
  }
  const auto self = shared_from_this();
  let_go();
  release_former();
}

void GovernedPatch::let_go_of_link() {
  overt::py::let_go(reinterpret_cast<Link*>(layer_->link.release().ptr()));
}

void GovernedPatch::remove_entirely() {
  entered_ = std::min(entered_, 1);
  remove();
}

void GovernedPatch::vote_off(bool off) {
  voted_off_ = off;
  if (!spot_) return;  // told when it is installed
  if (id_ == 0) {      // the ledger is full: no vote can name it
    layer_->state->cell->off.store(off, std::memory_order_relaxed);
    return apply_switch();
  }
  const By by{"handle in " + maker_.site.module, ""};
  const auto selector = Selector::of_patch(id_);
  if (off) {
    Vote vote;
    vote.source = Source::api;
    vote.on = selector;
    vote.by = by;
    vote.at = seconds_now();
    static_cast<void>(switchboard().vote(vote));
  } else {
    static_cast<void>(switchboard().unvote(Source::api, selector, by));
  }
  apply_switch();
}

// The cell says what new calls do. What is bound as a value, or was taken off the path of calls,
// has to be rebound.
void GovernedPatch::apply_switch() {
  off_since_ = Clock::now();
  if (!spot_) return;
  if (layer_->is_value()) return spot_->refresh(layer_);
  if (!layer_->state->cell->is_off() && layer_->settled) settle(false);
}

std::shared_ptr<GovernedPatch> GovernedPatch::of(int id) {
  const auto it = kept().by_id.find(id);
  return it == kept().by_id.end() ? nullptr : it->second->shared_from_this();
}

bool GovernedPatch::refresh(int id) {
  const auto patch = of(id);
  if (!patch) return false;
  patch->layer_->state->cell->off.store(switchboard().is_off(id), std::memory_order_relaxed);
  patch->apply_switch();
  return true;
}

// Calls go past the layer, which is off: after a quiet time it is taken off their path. Votes from
// outside of the interpreter flip the flag without a word, so the time counts from when it is seen.
void GovernedPatch::idle() noexcept {
  const auto now = Clock::now();
  if (off_since_ == Clock::time_point{}) off_since_ = now;
  if (!spot_ || layer_->settled || now - off_since_ < kQuiet) return;
  PyObject* error = PyErr_GetRaisedException();
  try {
    const auto self = shared_from_this();
    settle(true);
  } catch (...) {  // NOLINT(bugprone-empty-catch)
    // The container refused the write: the layer stays on the path, and off.
  }
  PyErr_Clear();
  PyErr_SetRaisedException(error);
}

void GovernedPatch::settle(bool settled) {
  layer_->settled = settled;
  try {
    spot_->refresh(layer_);
  } catch (...) {
    layer_->settled = !settled;
    throw;
  }
}

int GovernedPatch::traverse(visitproc visit, void* arg) const {
  if (serial_ != 0) return 0;  // the process keeps it
  const auto& state = *layer_->state;
  Py_VISIT(state.function.ptr());
  Py_VISIT(state.after.ptr());
  Py_VISIT(state.failed.ptr());
  Py_VISIT(layer_->value.ptr());
  Py_VISIT(wish_.root.ptr());
  Py_VISIT(layer_->link.ptr());
  return 0;
}

void GovernedPatch::clear() {
  if (serial_ != 0) return;
  layer_ = std::make_shared<GovernedLayer>();
  wish_.root.reset();
}

PatchState GovernedPatch::state() const {
  if (import_hook_ != 0) return PatchState::pending;
  if (plain_) return PatchState::off;
  if (!spot_) return PatchState::idle;
  if (is_left_behind() || spot_->standing(layer_) == Footing::buried) return PatchState::buried;
  return layer_->state->cell->is_off() ? PatchState::off : PatchState::on;
}

// The module was imported anew: the patch is in the old one.
bool GovernedPatch::is_left_behind() const {
  if (wish_.root.is_valid()) return false;
  const auto now = imported_module(wish_.target.module);
  return now.is_valid() && !now.is(module_);
}

nb::object GovernedPatch::original() const {
  return spot_ ? spot_->original(layer_) : nb::object();
}

void GovernedPatch::attach(const nb::object& module) {
  if (wish_.ttl > 0) {
    const auto missing = keep_time();
    if (!missing.empty()) {
      refuse(Code::refused, "nothing can keep the time of a ttl: " + missing, wish_.target.str());
    }
  }
  auto sought = wish_.target;
  if (wish_.root.is_valid()) sought.qualname = wish_.attribute;
  auto found = find_target(sought, module);
  refuse_twice();
  prepare(found);
  std::shared_ptr<Spot> spot;
  if (wish_.reach == Reach::everywhere) {
    spot = spot_of_function(found, wish_.target);
  } else {
    check_writable(found, wish_.target);
    spot = spot_of_name(found, wish_.target);
  }
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
  spot_ = std::move(spot);
  module_ = module;
  layer_->state->on_idle = this;
  record(found);
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
      !wish_.as_value && callable && !is_descriptor_of_a_class(replacement) &&
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
  if (PyExceptionClass_Check(target.ptr())) {
    refuse(Code::refused,
           "`except` takes nothing but the class itself, which nothing can stand for; patch its "
           "__init__ or __new__",
           wish_.target.str());
  }
  auto& state = *layer_->state;
  if (wish_.advice == Advice::observe) {
    state.life = life_of(kind_of(target));
    return;
  }
  const auto check = [&](const nb::object& callee, std::size_t leading, const char* role) {
    if (!callee.is_valid()) return;
    if (auto why = refusal(callee, target, leading, role, method)) {
      refuse(Code::signature, *why, wish_.target.str());
    }
  };
  if (replaces) return check(state.function, 0, "replacement");
  if (wish_.advice == Advice::around) return check(state.function, 1, "advice");
  check(state.function, 0, "observer `before`");
  check(state.after, 1, "observer `after`");
  check(state.failed, 1, "observer `failed`");
}

void GovernedPatch::refuse_twice() const {
  const auto& function = layer_->state->function;
  if (wish_.again) return;
  const auto [first, last] = kept().by_target.equal_range(wish_.target.str());
  for (auto it = first; it != last; ++it) {
    const auto* other = it->second;
    const bool same = other != this && other->wish_.advice == wish_.advice &&
                      other->wish_.reach == wish_.reach &&
                      other->layer_->state->function.ptr() == function.ptr() &&
                      other->maker_.owner == maker_.owner;
    if (same && function.is_valid() && other->import_hook_ == 0) {
      refuse(Code::duplicate,
             "'" + maker_.owner.name + "' has made this very patch already (p" +
                 std::to_string(other->id_) + "); again=True makes it a second time",
             wish_.target.str());
    }
  }
}

Patch GovernedPatch::as_recorded(bool builtin) const {
  Patch patch;
  patch.target = wish_.target.str();
  patch.governed = true;
  patch.owner = maker_.owner;
  patch.via = maker_.via;
  patch.boundary = boundary_for(maker_, wish_.target.module, builtin);
  patch.site = maker_.site;
  patch.stack = maker_.stack;
  patch.at = seconds_now();
  patch.thread = PyThread_get_thread_native_id();
  patch.new_value = described(layer_->state->function.ptr());
  patch.reason = wish_.reason;
  patch.fail_patched = wish_.fail_patched;
  patch.everywhere = wish_.reach == Reach::everywhere;
  patch.lifetime = wish_.ttl > 0 ? "ttl" : "process";
  constexpr std::array<const char*, 3> kScopes = {"process", "thread", "context"};
  patch.scope = kScopes[static_cast<std::size_t>(wish_.scope)];
  return patch;
}

void GovernedPatch::record(const Found& found) {
  const bool builtin =
      found.place.holder == Holder::type &&
      PyType_HasFeature(reinterpret_cast<PyTypeObject*>(found.place.container.ptr()),
                        Py_TPFLAGS_IMMUTABLETYPE);
  auto patch = as_recorded(builtin);
  patch.old_value = described(found.value.ptr());
  PyObject* holder = found.place.holder == Holder::type ? found.place.container.ptr() : nullptr;
  known_as(records().add(
      std::move(patch),
      {Identity(found.value.ptr()), Identity(found.place.bound().ptr()), Identity(holder)}));
  if (id_ == 0) return;
  // A value has no call that could read the cell: it is switched by rebinding.
  if (!layer_->is_value() && !layer_->settled) {
    switchboard().arm(id_, layer_->state->cell.get());
  }
  if (voted_off_) vote_off(true);
  apply_switch();
  start_ttl();
}

}  // namespace overt::py
