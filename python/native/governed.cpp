#include "governed.h"

#include <algorithm>
#include <array>

#include "governed_again.h"
#include "governed_kept.h"
#include "pending.h"
#include "serving.h"

namespace overt::py {
namespace {

// A patch that is off is taken off the path when it was left alone for so long: a class allows only
// so many changes before the interpreter stops specialising for it, so flapping must not rebind.
constexpr std::chrono::seconds kQuiet{1};

}  // namespace

std::string_view name(PatchState state) {
  constexpr std::array<std::string_view, 6> kNames = {"idle", "pending", "on",
                                                      "off",  "buried",  "lost"};
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
    state.elapsed = std::make_unique<Meter>();
  }
  if (wish_.advice == Advice::replace) state.meter->never_split();
}

GovernedPatch::~GovernedPatch() { layer_->state->on_idle = nullptr; }

std::vector<std::shared_ptr<GovernedPatch>> GovernedPatch::all() {
  std::vector<std::shared_ptr<GovernedPatch>> all;
  for (const auto& [serial, patch] : kept().in_order) all.push_back(patch);
  return all;
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
    if (spot_) leave_spot();
    stop_ttl();
    if (id_ != 0) {
      if (voted_off_) {
        static_cast<void>(switchboard().unvote(Source::api, Selector::of_patch(id_), {}));
      }
      strike_out();
    }
    lost_.clear();
  }
  if (std::exchange(followed_, false)) stop_following(wish_.target.module);
  const auto self = shared_from_this();
  let_go();
  release_former();
}

void GovernedPatch::leave_spot() {
  const auto spot = spot_;
  spot->remove(layer_);
  spot_.reset();
  module_.reset();
  class_.reset();
  layer_->settled = false;
  layer_->state->on_idle = nullptr;
  // The link refers to the original, and so would the handle for as long as it is kept.
  if (layer_->link.is_valid()) let_go_of_link();
  if (spot->sweep()) spot->forget();
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
    layer_->state->cell().off.store(off, std::memory_order_relaxed);
    return apply_switch();
  }
  const By by{"handle in " + maker_.site.module, ""};
  vote_by_hand(id_, off, by);
  apply_switch();
}

// The cell says what new calls do. What is bound as a value, or was taken off the path of calls,
// has to be rebound.
void GovernedPatch::apply_switch() {
  off_since_ = Clock::now();
  if (!spot_) return;
  if (layer_->is_value()) return spot_->refresh(layer_);
  if (!layer_->state->cell().is_off() && layer_->settled) settle(false);
}

std::shared_ptr<GovernedPatch> GovernedPatch::of(int id) {
  const auto it = kept().by_id.find(id);
  return it == kept().by_id.end() ? nullptr : it->second->shared_from_this();
}

bool GovernedPatch::refresh(int id) {
  const auto patch = of(id);
  if (!patch) return false;
  patch->layer_->state->cell().off.store(switchboard().is_off(id), std::memory_order_relaxed);
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
    // Votes come from any thread: one that switched it on before the board knew has flipped the
    // cell only.
    if (!layer_->state->cell().is_off()) settle(false);
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
  switchboard().settle(id_, settled, settled ? Level::removed : Level::accepted);
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
  if (!lost_.empty()) return PatchState::lost;
  if (!spot_) return PatchState::idle;
  if (is_left_behind() || is_elsewhere() || spot_->standing(layer_) == Footing::buried) {
    return PatchState::buried;
  }
  return layer_->state->cell().is_off() ? PatchState::off : PatchState::on;
}

// The module was imported anew: the patch is in the old one.
bool GovernedPatch::is_left_behind() const {
  if (wish_.root.is_valid()) return false;
  const auto now = imported_module(wish_.target.module);
  return now.is_valid() && !now.is(module_);
}

// The name of a patched class leads to something else: calls of the class are still redirected.
bool GovernedPatch::is_elsewhere() const {
  return class_ && class_->own && wish_.reach == Reach::name &&
         class_->place.bound().ptr() != class_->value.ptr();
}

nb::object GovernedPatch::original() const {
  return spot_ ? spot_->original(layer_) : nb::object();
}

}  // namespace overt::py
