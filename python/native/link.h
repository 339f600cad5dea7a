// One governed layer on the path of a call.
//
// Links form a chain: each knows the next one inwards, and the innermost the original. A link is a
// callable, so it is itself what the layer above it gets as `original`. Links are rearranged while
// calls are inside; a call holds what it needs and finishes as it began.
//
// THREADS: with the GIL. PYTHON: a call runs the advice and what it calls.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "overt/patch_meter.h"
#include "overt/signature.h"
#include "scope.h"
#include "stand_in.h"

namespace overt::py {

// What a layer does with a call.
enum class Advice : std::uint8_t {
  replace,  // function(*args)
  around,   // function(original, *args)
  observe,  // nothing but count and time
  tap,      // before(*args), the original, after(result, *args) or failed(error, *args)
};

// What the original makes when it is called, which outlives the call unless it is plain.
enum class Life : std::uint8_t { plain, coroutine, generator, async_generator };
Life life_of(CallKind kind);

// Told when calls go past a layer that is off, now and then: time to take it off the path.
struct IdleListener {
  virtual ~IdleListener() = default;
  virtual void idle() noexcept = 0;
};

// What a layer is, apart from its place in a chain. Shared by its handle and its link.
struct LayerState {
  Advice advice = Advice::around;
  // What the target makes, where the layer has to do with that: of observe() always, of an advice
  // that makes the same, of the rest where exceptions carry a note.
  Life life = Life::plain;
  nb::object function;  // the replacement or advice; `before` of a tap
  nb::object after;
  nb::object failed;
  std::shared_ptr<PatchMeter> meter = std::make_shared<PatchMeter>();
  std::unique_ptr<Meter> elapsed;  // of observe, for lives: from the call to the end
  Count abandoned;                 // lives that ended without having been finished
  Count cancelled;
  Scope scope;
  std::string note;   // added to exceptions that cross the layer; "" for none
  bool told = false;  // an observer's error was reported
  IdleListener* on_idle = nullptr;

  Cell& cell() const { return meter->cell; }
};

struct Link {
  // original: the next link, or what was patched. What it was before stays alive while calls are
  // inside, so that a call needs no reference of its own.
  StandIn head;
  LayerState* state;
  PatchMeter* meter;   // of state
  PyObject* function;  // of state
  std::shared_ptr<LayerState>* kept;
  std::uint32_t idle_in;  // calls past it, while it is off, until its listener is told
  bool scoped;            // holds for a thread or a context only
  bool awaited;           // something is freed when the last call inside leaves
};

// Throws nb::python_error.
nb::object new_link(std::shared_ptr<LayerState> state, PyObject* original);

// Drops a reference to a link that calls may still be in, when none is any more.
void let_go(Link* link);

// Frees what calls were still inside of when it was let go of, if none is any more. The last call
// does that when it leaves.
void release_former();

// The layer calls `original` from now on.
void set_original(PyObject* link, PyObject* original);

// How a dispatcher runs when a link of this advice is its outermost layer: both in one function,
// since a call from one to the other would cost a tenth of a bare call.
vectorcallfunc dispatcher_entry(const LayerState& state);

PyTypeObject* make_link_type(PyTypeObject* base);

}  // namespace overt::py
