#include "link.h"

#include <chrono>

#include "call.h"
#include "evidence.h"
#include "life.h"
#include "observers.h"
#include "probe.h"

namespace overt::py {
namespace {

// The first calls of a layer are looked at one by one, later ones by sample.
constexpr std::uint32_t kEvery = 64;
constexpr std::uint64_t kFirst = 16;
// Past a layer that is off, so many calls go by before its listener is told.
constexpr std::uint32_t kIdleCalls = 128;

Link* as_link(PyObject* object) { return reinterpret_cast<Link*>(object); }

// True when this call goes to the original.
bool is_closed(const Link* link) {
  const bool off = link->cell->is_off();
  const bool baseline = open_baselines.load(std::memory_order_relaxed) != 0;
  if (!off && !baseline && !link->scoped) [[likely]]
    return false;
  return off || !link->state->scope.holds() || (baseline && in_baseline());
}

// The call as if the layer were not there.
PyObject* pass(Link* link, PyObject* const* args, std::size_t nargsf, PyObject* kwnames) {
  if (--link->countdown == 0) {
    link->countdown = kIdleCalls;
    if (link->cell->is_off() && link->state->on_idle != nullptr) link->state->on_idle->idle();
  }
  PyObject* original = Py_NewRef(link->head.original);
  PyObject* result = call(original, args, nargsf, kwnames);
  Py_DECREF(original);
  return result;
}

std::uint32_t next_countdown(const Link* link) {
  return link->cell->entered.get() < kFirst ? 1 : kEvery;
}

// Every call ends here that ended in an error.
void fail(const Link* link) {
  link->cell->errors.add();
  if (!link->state->note.empty()) add_note(link->state->note);
}

PyObject* around_probed(Link* link, PyObject* const* args, std::size_t nargsf, PyObject* kwnames) {
  link->countdown = next_countdown(link);
  nb::object probe;
  try {
    probe = new_probe(link->head.original);
  } catch (nb::python_error& error) {  // no memory: the call is what matters
    error.restore();
    PyErr_Clear();
    PyObject* original = Py_NewRef(link->head.original);
    PyObject* result = call_with_first(link->function, original, args, nargsf, kwnames);
    Py_DECREF(original);
    return result;
  }
  PyObject* result = call_with_first(link->function, probe.ptr(), args, nargsf, kwnames);
  PyObject* raised = reinterpret_cast<Probe*>(probe.ptr())->raised;
  if (weigh(link->state->evidence, raised, result != nullptr)) link->countdown = 1;
  return result;
}

PyObject* around(PyObject* self, PyObject* const* args, std::size_t nargsf, PyObject* kwnames) {
  auto* link = as_link(self);
  if (is_closed(link)) return pass(link, args, nargsf, kwnames);
  link->cell->entered.add();
  PyObject* result = nullptr;
  if (--link->countdown == 0) [[unlikely]] {
    result = around_probed(link, args, nargsf, kwnames);
  } else {
    PyObject* original = Py_NewRef(link->head.original);
    result = call_with_first(link->function, original, args, nargsf, kwnames);
    Py_DECREF(original);
  }
  link->cell->left.add();
  if (result == nullptr) [[unlikely]]
    fail(link);
  return result;
}

PyObject* replace(PyObject* self, PyObject* const* args, std::size_t nargsf, PyObject* kwnames) {
  auto* link = as_link(self);
  if (is_closed(link)) return pass(link, args, nargsf, kwnames);
  link->cell->entered.add();
  PyObject* result = call(link->function, args, nargsf, kwnames);
  link->cell->left.add();
  if (result == nullptr) [[unlikely]]
    fail(link);
  return result;
}

PyObject* observe_timed(Link* link, PyObject* original, PyObject* const* args, std::size_t nargsf,
                        PyObject* kwnames) {
  using Clock = std::chrono::steady_clock;
  link->countdown = next_countdown(link);
  const auto start = Clock::now();
  PyObject* result = call(original, args, nargsf, kwnames);
  const auto took = std::chrono::duration_cast<std::chrono::nanoseconds>(Clock::now() - start);
  link->state->meter->record(static_cast<std::uint64_t>(took.count()));
  return result;
}

PyObject* observe(PyObject* self, PyObject* const* args, std::size_t nargsf, PyObject* kwnames) {
  auto* link = as_link(self);
  if (is_closed(link)) return pass(link, args, nargsf, kwnames);
  link->cell->entered.add();
  PyObject* original = Py_NewRef(link->head.original);
  PyObject* result = nullptr;
  if (link->state->life != Life::plain) {
    result = begin_life(*link->kept, call(original, args, nargsf, kwnames));
  } else if (--link->countdown == 0) [[unlikely]] {
    result = observe_timed(link, original, args, nargsf, kwnames);
  } else {
    result = call(original, args, nargsf, kwnames);
  }
  Py_DECREF(original);
  link->cell->left.add();
  if (result == nullptr) [[unlikely]]
    fail(link);
  return result;
}

PyObject* tap(PyObject* self, PyObject* const* args, std::size_t nargsf, PyObject* kwnames) {
  auto* link = as_link(self);
  if (is_closed(link)) return pass(link, args, nargsf, kwnames);
  link->cell->entered.add();
  PyObject* original = Py_NewRef(link->head.original);
  PyObject* result = nullptr;
  if (tell_before(*link->state, args, nargsf, kwnames)) {
    result = call(original, args, nargsf, kwnames);
    result = tell_after(*link->state, result, args, nargsf, kwnames);
  }
  Py_DECREF(original);
  link->cell->left.add();
  if (result == nullptr) [[unlikely]]
    fail(link);
  return result;
}

vectorcallfunc entry_of(Advice advice) {
  switch (advice) {
    case Advice::replace:
      return replace;
    case Advice::observe:
      return observe;
    case Advice::tap:
      return tap;
    case Advice::around:
      break;
  }
  return around;
}

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

nb::object new_link(std::shared_ptr<LayerState> state, PyObject* original) {
  auto object = new_stand_in(stand_in_types().link, original, entry_of(state->advice));
  auto* link = as_link(object.ptr());
  link->state = state.get();
  link->cell = state->cell.get();
  link->function = state->function.ptr();
  link->scoped = state->scope.kind() != ScopeKind::process;
  link->countdown = 1;
  link->kept = new std::shared_ptr<LayerState>(std::move(state));
  return object;
}

void set_original(PyObject* link, PyObject* original) {
  Py_XSETREF(as_link(link)->head.original, Py_NewRef(original));
}

PyTypeObject* make_link_type(PyTypeObject* base) {
  return make_stand_in_type(base, "overt._native.Link", sizeof(Link), traverse, clear_stand_in,
                            free_link);
}

}  // namespace overt::py
