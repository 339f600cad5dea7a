#include "link.h"

#include <chrono>

#include "call.h"
#include "dispatcher.h"
#include "evidence.h"
#include "life.h"
#include "observers.h"
#include "probe.h"

namespace overt::py {
namespace {

// The first calls of a layer are looked at one by one, later ones by sample: a probe costs as much
// as ten clock readings.
constexpr std::uint32_t kTimed = 64;
constexpr std::uint32_t kProbed = 512;
constexpr std::uint64_t kFirst = 16;
// Past a layer that is off, so many calls go by before its listener is told.
constexpr std::uint32_t kIdleCalls = 128;

Link* as_link(PyObject* object) { return reinterpret_cast<Link*>(object); }

// A link or an original that is no longer used, except by calls of the layer that are inside.
struct Former {
  std::shared_ptr<Cell> cell;
  nb::object object;
};

std::vector<Former>& former() {
  static auto& all = *new std::vector<Former>;
  return all;
}

// True when this call goes to the original.
inline bool is_closed(const Link* link) {
  const bool off = link->cell->is_off();
  const bool baseline = open_baselines.load(std::memory_order_relaxed) != 0;
  if (!off && !baseline && !link->scoped) [[likely]]
    return false;
  return off || !link->state->scope.holds() || (baseline && in_baseline());
}

// Now and then: the layer is off, and calls go past it.
[[gnu::noinline]] void note_idle(Link* link) {
  link->countdown = kIdleCalls;
  if (link->cell->is_off() && link->state->on_idle != nullptr) link->state->on_idle->idle();
}

// The call as if the layer were not there.
PyObject* pass(Link* link, PyObject* const* args, std::size_t nargsf, PyObject* kwnames) {
  PyObject* original = Py_NewRef(link->head.original);
  if (--link->countdown == 0) note_idle(link);
  PyObject* result = call(original, args, nargsf, kwnames);
  Py_DECREF(original);
  return result;
}

// Every call has to be looked at for what it makes: exceptions of a life carry a note.
bool is_noted(const LayerState& state) { return state.life != Life::plain && !state.note.empty(); }

std::uint32_t next_countdown(const Link* link, std::uint32_t every) {
  return link->cell->entered.get() < kFirst ? 1 : every;
}

// Every call ends here that ended in an error.
[[gnu::noinline]] void fail(const Link* link) {
  link->cell->errors.add();
  if (!link->state->note.empty()) add_note(link->state->note);
}

[[gnu::noinline]] PyObject* around_probed(Link* link, PyObject* const* args, std::size_t nargsf,
                                          PyObject* kwnames) {
  const bool lives = link->state->life != Life::plain;
  link->countdown = is_noted(*link->state) ? 1 : next_countdown(link, kProbed);
  nb::object probe;
  try {
    probe = new_probe(link->head.original, lives);
  } catch (nb::python_error& error) {  // no memory: the call is what matters
    error.restore();
    PyErr_Clear();
    return call_with_first(link->function, link->head.original, args, nargsf, kwnames);
  }
  PyObject* result = call_with_first(link->function, probe.ptr(), args, nargsf, kwnames);
  if (lives && result != nullptr && has_life(result)) {
    return begin_life(*link->kept, result, Role::advised, probe.ptr());
  }
  const auto raised = end_probe(probe.ptr());
  if (weigh(link->state->evidence, raised.ptr(), result != nullptr)) link->countdown = 1;
  return result;
}

[[gnu::noinline]] PyObject* observe_timed(Link* link, PyObject* const* args, std::size_t nargsf,
                                          PyObject* kwnames) {
  using Clock = std::chrono::steady_clock;
  link->countdown = next_countdown(link, kTimed);
  const auto start = Clock::now();
  PyObject* result = call(link->head.original, args, nargsf, kwnames);
  const auto took = std::chrono::duration_cast<std::chrono::nanoseconds>(Clock::now() - start);
  link->state->meter->record(static_cast<std::uint64_t>(took.count()));
  return result;
}

// What each advice makes of a call that is not closed to it.
template <Advice kAdvice, bool kNoted>
PyObject* advise(Link* link, PyObject* const* args, std::size_t nargsf, PyObject* kwnames) {
  PyObject* original = link->head.original;
  if constexpr (kAdvice == Advice::replace) {
    PyObject* result = call(link->function, args, nargsf, kwnames);
    return kNoted ? begin_life(*link->kept, result, Role::advised) : result;
  } else if constexpr (kAdvice == Advice::around) {
    if (--link->countdown == 0) [[unlikely]]
      return around_probed(link, args, nargsf, kwnames);
    return call_with_first(link->function, original, args, nargsf, kwnames);
  } else if constexpr (kAdvice == Advice::observe) {
    if (link->state->life != Life::plain) {
      return begin_life(*link->kept, call(original, args, nargsf, kwnames), Role::observed);
    }
    if (--link->countdown == 0) [[unlikely]]
      return observe_timed(link, args, nargsf, kwnames);
    return call(original, args, nargsf, kwnames);
  } else {
    if (!tell_before(*link->state, args, nargsf, kwnames)) return nullptr;
    PyObject* result = call(original, args, nargsf, kwnames);
    result = tell_after(*link->state, result, args, nargsf, kwnames);
    return kNoted ? begin_life(*link->kept, result, Role::advised) : result;
  }
}

// The last call inside frees what waited for it, perhaps the link.
[[gnu::noinline]] void leave_awaited(Link* link) {
  if (link->cell->inside() != 0) return;
  link->awaited = false;
  PyObject* error = PyErr_GetRaisedException();
  release_former();
  PyErr_SetRaisedException(error);
}

// REQUIRES: the link outlives the call, though others may take it out of its chain: it is counted
// as inside, and let_go() waits for that.
template <Advice kAdvice, bool kNoted>
[[gnu::always_inline]] inline PyObject* run(Link* link, PyObject* const* args, std::size_t nargsf,
                                            PyObject* kwnames) {
  link->cell->entered.add();
  PyObject* result = advise<kAdvice, kNoted>(link, args, nargsf, kwnames);
  link->cell->left.add();
  if (result == nullptr) [[unlikely]]
    fail(link);
  if (link->awaited) [[unlikely]]
    leave_awaited(link);
  return result;
}

// A link that is called by the layer above it, or by a redirected function.
template <Advice kAdvice, bool kNoted>
PyObject* enter(PyObject* self, PyObject* const* args, std::size_t nargsf, PyObject* kwnames) {
  auto* link = as_link(self);
  if (is_closed(link)) return pass(link, args, nargsf, kwnames);
  return run<kAdvice, kNoted>(link, args, nargsf, kwnames);
}

template <Advice kAdvice, bool kNoted>
PyObject* dispatch(PyObject* self, PyObject* const* args, std::size_t nargsf, PyObject* kwnames) {
  const auto* dispatcher = reinterpret_cast<Dispatcher*>(self);
  Link* link = dispatcher->top;
  if (is_closed(link)) [[unlikely]] {
    PyObject* original = dispatcher->head.original;  // lives as long as the dispatcher
    if (link->head.original != original) return pass(link, args, nargsf, kwnames);
    if (--link->countdown == 0) note_idle(link);
    return call(original, args, nargsf, kwnames);
  }
  return run<kAdvice, kNoted>(link, args, nargsf, kwnames);
}

template <template <Advice, bool> class Entry>
vectorcallfunc pick(const LayerState& state) {
  const bool noted = is_noted(state);
  switch (state.advice) {
    case Advice::replace:
      return noted ? Entry<Advice::replace, true>::kFunction
                   : Entry<Advice::replace, false>::kFunction;
    case Advice::observe:
      return Entry<Advice::observe, false>::kFunction;
    case Advice::tap:
      return noted ? Entry<Advice::tap, true>::kFunction : Entry<Advice::tap, false>::kFunction;
    case Advice::around:
      break;
  }
  return Entry<Advice::around, false>::kFunction;
}

template <Advice kAdvice, bool kNoted>
struct LinkEntry {
  static constexpr vectorcallfunc kFunction = enter<kAdvice, kNoted>;
};

template <Advice kAdvice, bool kNoted>
struct DispatcherEntry {
  static constexpr vectorcallfunc kFunction = dispatch<kAdvice, kNoted>;
};

int traverse(PyObject* self, visitproc visit, void* arg) {
  // The state is shared with the handle, which owns its objects as long as it is alive.
  const auto* kept = as_link(self)->kept;
  if (kept != nullptr && kept->use_count() == 1) {
    Py_VISIT((*kept)->function.ptr());
    Py_VISIT((*kept)->after.ptr());
    Py_VISIT((*kept)->failed.ptr());
  }
  return traverse_stand_in(self, visit, arg);
}

// The state goes last: what is garbage may still be called by a finaliser.
void free_link(PyObject* self) {
  const std::unique_ptr<std::shared_ptr<LayerState>> kept(as_link(self)->kept);
  as_link(self)->kept = nullptr;
  free_stand_in(self);
}

}  // namespace

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

nb::object new_link(std::shared_ptr<LayerState> state, PyObject* original) {
  auto object = new_stand_in(stand_in_types().link, original, pick<LinkEntry>(*state));
  auto* link = as_link(object.ptr());
  link->state = state.get();
  link->cell = state->cell.get();
  link->function = state->function.ptr();
  link->scoped = state->scope.kind() != ScopeKind::process;
  link->countdown = 1;
  link->kept = new std::shared_ptr<LayerState>(std::move(state));
  return object;
}

vectorcallfunc dispatcher_entry(const LayerState& state) { return pick<DispatcherEntry>(state); }

void let_go(Link* link) {
  auto cell = link->state->cell;
  link->awaited = cell->inside() != 0;
  former().push_back({std::move(cell), nb::steal(reinterpret_cast<PyObject*>(link))});
  release_former();
}

void set_original(PyObject* link, PyObject* original) {
  auto*& held = as_link(link)->head.original;
  if (held == original) return;
  former().push_back({as_link(link)->state->cell, nb::borrow(held)});  // may throw: first
  Py_DECREF(std::exchange(held, Py_NewRef(original)));
  as_link(link)->awaited = as_link(link)->cell->inside() != 0;
  release_former();
}

void release_former() {
  std::vector<Former> gone;  // what dies with them may run code: not while the list is walked
  std::erase_if(former(), [&](Former& each) {
    if (each.cell->inside() != 0) return false;
    gone.push_back(std::move(each));
    return true;
  });
}

PyTypeObject* make_link_type(PyTypeObject* base) {
  return make_stand_in_type(base, "overt._native.Link", sizeof(Link), traverse, clear_stand_in,
                            free_link);
}

}  // namespace overt::py
