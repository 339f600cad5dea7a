#include "link.h"

#include "call.h"
#include "dispatcher.h"
#include "evidence.h"
#include "life.h"
#include "observers.h"
#include "probe.h"

namespace overt::py {
namespace {

// Past a layer that is off, so many calls go by before its listener is told.
constexpr std::uint32_t kIdleCalls = 128;

Link* as_link(PyObject* object) { return reinterpret_cast<Link*>(object); }

// A link or an original that is no longer used, except by calls of the layer that are inside.
struct Former {
  std::shared_ptr<PatchMeter> meter;
  nb::object object;
};

std::vector<Former>& former() {
  static auto& all = *new std::vector<Former>;
  return all;
}

// True when this call goes to the original.
inline bool is_closed(const Link* link) {
  const bool off = link->meter->cell.is_off();
  const bool baseline = open_baselines.load(std::memory_order_relaxed) != 0;
  if (!off && !baseline && !link->scoped) [[likely]]
    return false;
  return off || !link->state->scope.holds() || (baseline && in_baseline());
}

// Now and then: the layer is off, and calls go past it.
[[gnu::noinline]] void note_idle(Link* link) {
  link->idle_in = kIdleCalls;
  if (link->meter->cell.is_off() && link->state->on_idle != nullptr) link->state->on_idle->idle();
}

// The call as if the layer were not there.
PyObject* pass(Link* link, PyObject* const* args, std::size_t nargsf, PyObject* kwnames) {
  PyObject* original = Py_NewRef(link->head.original);
  if (--link->idle_in == 0) note_idle(link);
  PyObject* result = call(original, args, nargsf, kwnames);
  Py_DECREF(original);
  return result;
}

// Exceptions of a life carry a note: every call has to be looked at for what it makes.
bool is_noted(const LayerState& state) { return state.life != Life::plain && !state.note.empty(); }

// Every call of the layer begins a life.
bool has_lives(const LayerState& state) {
  if (state.advice == Advice::observe) return state.life != Life::plain;
  return state.advice != Advice::around && is_noted(state);
}

// Every call ends here that ended in an error.
[[gnu::noinline]] void fail(const Link* link) {
  link->meter->cell.errors.add();
  if (!link->state->note.empty()) add_note(link->state->note);
}

using Arguments = PyObject* const*;

bool is_life(const Link* link, PyObject* made) {
  return link->state->life != Life::plain && made != nullptr && has_life(made);
}

// A coroutine or generator takes the time of its call along, and is timed to its end.
PyObject* end_timing(Link* link, const TimedCall& call, PyObject* result,
                     PyObject* probe = nullptr) {
  if (is_life(link, result)) {
    return begin_life(*link->kept, result, Role::advised, probe, call.timed());
  }
  call.record();
  return result;
}

PyObject* probe_of(const Link* link) {
  try {
    return new_probe(link->head.original, link->state->life != Life::plain).release().ptr();
  } catch (nb::python_error& error) {  // no memory: the call is what matters
    error.restore();
    PyErr_Clear();
    return nullptr;
  }
}

// What an advice costs, and what becomes of exceptions of its original: that is handed to it as a
// probe.
PyObject* around_timed(Link* link, Arguments args, std::size_t nargsf, PyObject* kwnames) {
  auto& pace = link->meter->pace;
  const auto since = monotonic_ns();
  PyObject* probe = probe_of(link);
  if (probe == nullptr) {
    pace.hurry();
    return call_with_first(link->function, link->head.original, args, nargsf, kwnames);
  }
  TimedCall timed(*link->meter, sample_of_probe(probe), nullptr, since);
  if (is_noted(*link->state)) pace.hurry();
  PyObject* result = call_with_first(link->function, probe, args, nargsf, kwnames);
  timed.stop();
  const bool lives_on = is_life(link, result);
  result = end_timing(link, timed, result, probe);
  if (!lives_on) {
    const auto raised = end_probe(probe);
    if (weigh(link->meter->evidence, raised.ptr(), result != nullptr)) pace.hurry();
  }
  Py_DECREF(probe);
  return result;
}

// A replacement may call what it replaced, and nobody sees that: its time is at most its own.
PyObject* replace_timed(Link* link, Arguments args, std::size_t nargsf, PyObject* kwnames) {
  const auto since = monotonic_ns();
  auto* sample = new_sample();
  if (sample == nullptr) return call(link->function, args, nargsf, kwnames);
  TimedCall timed(*link->meter, *sample, nullptr, since);
  PyObject* result = call(link->function, args, nargsf, kwnames);
  timed.stop();
  result = end_timing(link, timed, result);
  delete sample;
  return result;
}

// Nothing of ours runs Python code: all is the original's time.
PyObject* observe_timed(Link* link, Arguments args, std::size_t nargsf, PyObject* kwnames) {
  Timed timed{link->meter->pace.begin(), {}, 0};
  timed.inside.start();
  PyObject* result = call(link->head.original, args, nargsf, kwnames);
  timed.inside.stop();
  record_timing(*link->meter, timed, timed.inside);
  return result;
}

PyObject* tap(Link* link, Arguments args, std::size_t nargsf, PyObject* kwnames,
              Stopwatch* outside = nullptr) {
  if (!tell_before(*link->state, args, nargsf, kwnames)) return nullptr;
  if (outside != nullptr) outside->start();
  PyObject* result = call(link->head.original, args, nargsf, kwnames);
  if (outside != nullptr) outside->stop();
  return tell_after(*link->state, result, args, nargsf, kwnames);
}

PyObject* tap_timed(Link* link, Arguments args, std::size_t nargsf, PyObject* kwnames) {
  const auto since = monotonic_ns();
  auto* sample = new_sample();
  if (sample == nullptr) return tap(link, args, nargsf, kwnames);
  TimedCall timed(*link->meter, *sample, nullptr, since);
  PyObject* result = tap(link, args, nargsf, kwnames, &sample->outside);
  timed.stop();
  timed.record();
  delete sample;
  return result;
}

// What each advice makes of a call that is not closed to it.
template <Advice kAdvice>
PyObject* advise(Link* link, Arguments args, std::size_t nargsf, PyObject* kwnames) {
  if constexpr (kAdvice == Advice::replace) {
    return call(link->function, args, nargsf, kwnames);
  } else if constexpr (kAdvice == Advice::around) {
    return call_with_first(link->function, link->head.original, args, nargsf, kwnames);
  } else if constexpr (kAdvice == Advice::observe) {
    return call(link->head.original, args, nargsf, kwnames);
  } else {
    return tap(link, args, nargsf, kwnames);
  }
}

// A call that is due to be timed, or is below one that is.
template <Advice kAdvice>
[[gnu::noinline]] PyObject* advise_due(Link* link, Arguments args, std::size_t nargsf,
                                       PyObject* kwnames) {
  if constexpr (kAdvice == Advice::observe) {
    return observe_timed(link, args, nargsf, kwnames);
  } else {
    constexpr auto kTimed = kAdvice == Advice::replace  ? replace_timed
                            : kAdvice == Advice::around ? around_timed
                                                        : tap_timed;
    return run_due(
        *link->meter, [&] { return advise<kAdvice>(link, args, nargsf, kwnames); },
        [&] { return kTimed(link, args, nargsf, kwnames); });
  }
}

// The last call inside frees what waited for it, perhaps the link.
[[gnu::noinline]] void leave_awaited(Link* link) {
  if (link->meter->cell.inside() != 0) return;
  link->awaited = false;
  PyObject* error = PyErr_GetRaisedException();
  release_former();
  PyErr_SetRaisedException(error);
}

// REQUIRES: the link outlives the call, though others may take it out of its chain: it is counted
// as inside, and let_go() waits for that.
template <Advice kAdvice, bool kLives>
[[gnu::always_inline]] inline PyObject* run(Link* link, Arguments args, std::size_t nargsf,
                                            PyObject* kwnames) {
  constexpr bool kObservedLife = kAdvice == Advice::observe && kLives;
  auto& meter = *link->meter;
  meter.cell.entered.add();
  PyObject* result = nullptr;
  if (!kObservedLife && meter.pace.due()) [[unlikely]] {
    result = advise_due<kAdvice>(link, args, nargsf, kwnames);
  } else {
    result = advise<kAdvice>(link, args, nargsf, kwnames);
  }
  if constexpr (kObservedLife) {
    result = begin_life(*link->kept, result, Role::observed, nullptr, {1, {}, 0});
  } else if constexpr (kLives) {
    result = begin_life(*link->kept, result, Role::advised);  // unless it is timed, and has begun
  }
  meter.cell.left.add();
  if (result == nullptr) [[unlikely]]
    fail(link);
  if (link->awaited) [[unlikely]]
    leave_awaited(link);
  return result;
}

// A link that is called by the layer above it, or by a redirected function.
template <Advice kAdvice, bool kLives>
PyObject* enter(PyObject* self, PyObject* const* args, std::size_t nargsf, PyObject* kwnames) {
  auto* link = as_link(self);
  if (is_closed(link)) return pass(link, args, nargsf, kwnames);
  return run<kAdvice, kLives>(link, args, nargsf, kwnames);
}

template <Advice kAdvice, bool kLives>
PyObject* dispatch(PyObject* self, PyObject* const* args, std::size_t nargsf, PyObject* kwnames) {
  const auto* dispatcher = reinterpret_cast<Dispatcher*>(self);
  Link* link = dispatcher->top;
  if (is_closed(link)) [[unlikely]] {
    PyObject* original = dispatcher->head.original;  // lives as long as the dispatcher
    if (link->head.original != original) return pass(link, args, nargsf, kwnames);
    if (--link->idle_in == 0) note_idle(link);
    return call(original, args, nargsf, kwnames);
  }
  return run<kAdvice, kLives>(link, args, nargsf, kwnames);
}

template <template <Advice, bool> class Entry>
vectorcallfunc pick(const LayerState& state) {
  const bool lives = has_lives(state);
  switch (state.advice) {
    case Advice::replace:
      return lives ? Entry<Advice::replace, true>::kFunction
                   : Entry<Advice::replace, false>::kFunction;
    case Advice::observe:
      return lives ? Entry<Advice::observe, true>::kFunction
                   : Entry<Advice::observe, false>::kFunction;
    case Advice::tap:
      return lives ? Entry<Advice::tap, true>::kFunction : Entry<Advice::tap, false>::kFunction;
    case Advice::around:
      break;
  }
  return Entry<Advice::around, false>::kFunction;
}

template <Advice kAdvice, bool kLives>
struct LinkEntry {
  static constexpr vectorcallfunc kFunction = enter<kAdvice, kLives>;
};

template <Advice kAdvice, bool kLives>
struct DispatcherEntry {
  static constexpr vectorcallfunc kFunction = dispatch<kAdvice, kLives>;
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
  link->meter = state->meter.get();
  link->function = state->function.ptr();
  link->scoped = state->scope.kind() != ScopeKind::process;
  link->idle_in = 1;
  link->kept = new std::shared_ptr<LayerState>(std::move(state));
  return object;
}

vectorcallfunc dispatcher_entry(const LayerState& state) { return pick<DispatcherEntry>(state); }

void let_go(Link* link) {
  auto meter = link->state->meter;
  link->awaited = meter->cell.inside() != 0;
  former().push_back({std::move(meter), nb::steal(reinterpret_cast<PyObject*>(link))});
  release_former();
}

void set_original(PyObject* link, PyObject* original) {
  auto*& held = as_link(link)->head.original;
  if (held == original) return;
  former().push_back({as_link(link)->state->meter, nb::borrow(held)});  // may throw: first
  Py_DECREF(std::exchange(held, Py_NewRef(original)));
  as_link(link)->awaited = as_link(link)->meter->cell.inside() != 0;
  release_former();
}

void release_former() {
  std::vector<Former> gone;  // what dies with them may run code: not while the list is walked
  std::erase_if(former(), [&](Former& each) {
    if (each.meter->cell.inside() != 0) return false;
    gone.push_back(std::move(each));
    return true;
  });
}

PyTypeObject* make_link_type(PyTypeObject* base) {
  return make_stand_in_type(base, "overt._native.Link", sizeof(Link), traverse, clear_stand_in,
                            free_link);
}

}  // namespace overt::py
