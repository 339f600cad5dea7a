#include "life.h"

#include <array>
#include <cstddef>
#include <string_view>
#include <vector>

#include "evidence.h"
#include "namespaces.h"
#include "probe.h"

namespace overt::py {
namespace {

enum class End : std::uint8_t { finished, failed, stopped };

// A life, or one step of an async generator's: then `of` is the generator's life.
struct Life {
  PyObject_HEAD PyObject* inner;  // owned
  PyObject* of;                   // owned, of a step; nullptr else
  PyObject* probe;                // owned, of an advice or an original that is looked at
  PyObject* weakrefs;
  std::shared_ptr<LayerState>* state;
  std::uint64_t born;  // ns
  Timed timed;
  Role role;
  bool over;
  bool closing;  // of a step: it closes its generator
};

struct LifeTypes {
  PyTypeObject* coroutine;
  PyTypeObject* generator;
  PyTypeObject* iterable_coroutine;  // a generator that types.coroutine() made awaitable
  PyTypeObject* async_generator;
  PyTypeObject* step;
};

const LifeTypes* types = nullptr;  // made once, live as long as the interpreter

Life* as_life(PyObject* object) { return reinterpret_cast<Life*>(object); }

// Of a step, the life of the generator that it belongs to.
Life* whole(Life* life) { return life->of != nullptr ? as_life(life->of) : life; }

// What is spent in an original is none of its patch. No guard object: see samples.h.
Stopwatch& watch(Life* life) {
  const bool below = life->role == Role::original && life->probe != nullptr;
  return below ? sample_of_probe(life->probe).outside : life->timed.inside;
}

void record_life(const Life* life, const LayerState& state) {
  if (life->timed.weight == 0) return;
  record_timing(*state.meter, life->timed,
                life->probe != nullptr ? sample_of_probe(life->probe).outside : Stopwatch());
}

// What became of an advice's life, beside what the original raised in it.
void weigh_life(Life* life, LayerState& state, End how) {
  if (life->probe == nullptr) return;
  const auto raised = end_probe(life->probe);
  const bool failed =
      PyErr_Occurred() != nullptr && PyErr_ExceptionMatches(PyExc_StopIteration) == 0;
  const bool closed = how == End::stopped && !failed;  // from outside: nobody swallowed anything
  weigh(state.meter->evidence, closed ? nullptr : raised.ptr(), how == End::finished);
}

void end(Life* life, End how) {
  life = whole(life);
  if (std::exchange(life->over, true) || life->role == Role::original) return;
  auto& state = **life->state;
  if (life->role == Role::advised) {
    record_life(life, state);
    weigh_life(life, state, how);
    if (how == End::failed && !state.note.empty()) add_note(state.note);
    return;
  }
  record_timing(*state.meter, life->timed, life->timed.inside);
  state.elapsed->record(monotonic_ns() - life->born);
  if (how == End::failed) state.cell().errors.add();
  if (how == End::stopped) state.cancelled.add();
  if (how == End::failed && !state.note.empty()) add_note(state.note);
}

// False after an error of its caller, which left it as it was: who sends a value to what has not
// begun, or resumes what is running.
bool has_ended(Life* life) {
  PyObject* inner = whole(life)->inner;
  const char* frame = PyCoro_CheckExact(inner)  ? "cr_frame"
                      : PyGen_CheckExact(inner) ? "gi_frame"
                                                : "ag_frame";
  PyObject* error = PyErr_GetRaisedException();
  const auto found = nb::steal(PyObject_GetAttrString(inner, frame));
  PyErr_Clear();
  PyErr_SetRaisedException(error);
  return !found.is_valid() || found.is_none();
}

// The error that is set ended the life: cancelling is asked for from outside and no failure. Told
// by name, as asyncio, trio and concurrent.futures have one each.
void end_with_error(Life* life) {
  if (!has_ended(life)) return;
  const auto* type = reinterpret_cast<PyTypeObject*>(PyErr_Occurred());
  const std::string_view full = type->tp_name;
  const auto name = full.substr(full.rfind('.') + 1);
  const bool closed = PyErr_ExceptionMatches(PyExc_GeneratorExit) != 0;
  const bool stopped = closed || name == "CancelledError" || name == "Cancelled";
  if (whole(life)->role == Role::original && !closed) tell_probe(whole(life)->probe);
  end(life, stopped ? End::stopped : End::failed);
}

// After a resumption: what it means depends on whose it was. An async generator's step that returns
// has produced a value; the generator ends with StopAsyncIteration.
void note(Life* life, PySendResult how) {
  if (how == PYGEN_RETURN && (life->of == nullptr || life->closing)) {
    end(life, life->closing ? End::stopped : End::finished);
  }
  if (how != PYGEN_ERROR) return;
  if (life->of != nullptr && PyErr_ExceptionMatches(PyExc_StopAsyncIteration) != 0) {
    return end(life, End::finished);
  }
  end_with_error(life);
}

PySendResult send(PyObject* self, PyObject* value, PyObject** result) {
  auto* life = as_life(self);
  auto& busy = watch(whole(life));
  busy.start();
  const auto how = PyIter_Send(life->inner, value, result);
  busy.stop();
  note(life, how);
  return how;
}

// StopIteration(value), also for a value that would be taken apart; without arguments for None.
PyObject* stop_with(PyObject* value) {
  const auto held = nb::steal(value);
  if (held.is_none()) {
    PyErr_SetNone(PyExc_StopIteration);
    return nullptr;
  }
  const auto stop = nb::steal(PyObject_CallOneArg(PyExc_StopIteration, value));
  if (stop.is_valid()) PyErr_SetObject(PyExc_StopIteration, stop.ptr());
  return nullptr;
}

PyObject* next(PyObject* self) {
  PyObject* result = nullptr;
  const auto how = send(self, Py_None, &result);
  return how == PYGEN_RETURN ? stop_with(result) : result;
}

PyObject* send_method(PyObject* self, PyObject* value) {
  PyObject* result = nullptr;
  const auto how = send(self, value, &result);
  return how == PYGEN_RETURN ? stop_with(result) : result;
}

PyObject* throw_method(PyObject* self, PyObject* args) {
  auto* life = as_life(self);
  PyObject* method = PyObject_GetAttrString(life->inner, "throw");
  if (method == nullptr) return nullptr;
  auto& busy = watch(whole(life));
  busy.start();
  PyObject* result = PyObject_CallObject(method, args);
  busy.stop();
  Py_DECREF(method);
  if (result != nullptr) return result;
  note(life, PyErr_ExceptionMatches(PyExc_StopIteration) != 0 ? PYGEN_RETURN : PYGEN_ERROR);
  return nullptr;
}

PyObject* close_method(PyObject* self, PyObject* /*unused*/) {
  auto* life = as_life(self);
  auto& busy = watch(whole(life));
  busy.start();
  PyObject* result = PyObject_CallMethod(life->inner, "close", nullptr);
  busy.stop();
  if (life->of != nullptr) return result;  // of a step: the generator lives on
  if (result == nullptr) {
    end_with_error(life);
  } else {
    end(life, End::stopped);
  }
  return result;
}

PyObject* itself(PyObject* self) { return Py_NewRef(self); }

PyObject* new_life(PyTypeObject* type, PyObject* inner, const std::shared_ptr<LayerState>& state,
                   Role role, PyObject* probe, const Timed& timed) {
  auto* object = type->tp_alloc(type, 0);
  if (object == nullptr) return nullptr;
  auto* life = as_life(object);
  life->inner = inner;
  life->state = new (std::nothrow) std::shared_ptr<LayerState>(state);
  life->role = role;
  life->probe = Py_XNewRef(probe);
  life->timed = timed;
  if (role == Role::observed) life->born = monotonic_ns();
  if (life->state != nullptr) return object;
  life->inner = nullptr;
  Py_DECREF(object);
  return PyErr_NoMemory();
}

// Wraps what a method of an async generator returned: its awaiting is a part of the life.
PyObject* step(PyObject* self, PyObject* made, bool closing) {
  if (made == nullptr) return nullptr;
  PyObject* wrapped =
      new_life(types->step, made, *as_life(self)->state, as_life(self)->role, nullptr, {});
  if (wrapped == nullptr) {
    Py_DECREF(made);
    return nullptr;
  }
  as_life(wrapped)->of = Py_NewRef(self);
  as_life(wrapped)->closing = closing;
  return wrapped;
}

PyObject* async_next(PyObject* self) {
  return step(self, PyObject_CallMethod(as_life(self)->inner, "__anext__", nullptr), false);
}

PyObject* async_send(PyObject* self, PyObject* value) {
  return step(self, PyObject_CallMethod(as_life(self)->inner, "asend", "O", value), false);
}

PyObject* async_throw(PyObject* self, PyObject* args) {
  const auto method = nb::steal(PyObject_GetAttrString(as_life(self)->inner, "athrow"));
  if (!method.is_valid()) return nullptr;
  return step(self, PyObject_CallObject(method.ptr(), args), false);
}

PyObject* async_close(PyObject* self, PyObject* /*unused*/) {
  return step(self, PyObject_CallMethod(as_life(self)->inner, "aclose", nullptr), true);
}

// Everything but what drives the life is the wrapped object's: its class, frame, code, name.
PyObject* get_attribute(PyObject* self, PyObject* name) {
  const auto dict = nb::steal(PyType_GetDict(Py_TYPE(self)));
  const PyObject* own = item(dict.ptr(), name);
  if (own != nullptr || as_life(self)->inner == nullptr) return PyObject_GenericGetAttr(self, name);
  return PyObject_GetAttr(as_life(self)->inner, name);
}

int set_attribute(PyObject* self, PyObject* name, PyObject* value) {
  return PyObject_SetAttr(as_life(self)->inner, name, value);
}

PyObject* repr(PyObject* self) { return PyObject_Repr(as_life(self)->inner); }

int traverse(PyObject* self, visitproc visit, void* arg) {
  Py_VISIT(Py_TYPE(self));
  Py_VISIT(as_life(self)->inner);
  Py_VISIT(as_life(self)->of);
  Py_VISIT(as_life(self)->probe);
  return 0;
}

int clear(PyObject* self) {
  Py_CLEAR(as_life(self)->inner);
  Py_CLEAR(as_life(self)->of);
  Py_CLEAR(as_life(self)->probe);
  return 0;
}

void free_life(PyObject* self) {
  auto* type = Py_TYPE(self);
  auto* life = as_life(self);
  PyObject_GC_UnTrack(self);
  if (life->weakrefs != nullptr) PyObject_ClearWeakRefs(self);
  // Dropped before its end: what the interpreter does to such an object (close, warn, the event
  // loop's hook for async generators) happens to the wrapped one, now.
  const bool ended = life->of != nullptr || life->over || life->state == nullptr;
  if (!ended && life->role == Role::observed) (*life->state)->abandoned.add();
  if (!ended && life->role == Role::advised) record_life(life, **life->state);
  PyObject* error = PyErr_GetRaisedException();
  clear(self);
  PyErr_SetRaisedException(error);
  delete life->state;
  type->tp_free(self);
  Py_DECREF(type);
}

std::array<PyMethodDef, 4> driven = {{
    {"send", send_method, METH_O, nullptr},
    {"throw", throw_method, METH_VARARGS, nullptr},
    {"close", close_method, METH_NOARGS, nullptr},
    {},
}};

std::array<PyMethodDef, 4> driven_async = {{
    {"asend", async_send, METH_O, nullptr},
    {"athrow", async_throw, METH_VARARGS, nullptr},
    {"aclose", async_close, METH_NOARGS, nullptr},
    {},
}};

std::array<PyMemberDef, 2> members = {{
    {"__weaklistoffset__", Py_T_PYSSIZET, offsetof(Life, weakrefs), Py_READONLY, nullptr},
    {},
}};

template <class Function>
void* slot(Function* function) {
  return reinterpret_cast<void*>(function);
}

PyTypeObject* make_type(const char* name, std::vector<PyType_Slot> slots) {
  slots.insert(slots.end(), {{Py_tp_getattro, slot(get_attribute)},
                             {Py_tp_setattro, slot(set_attribute)},
                             {Py_tp_repr, slot(repr)},
                             {Py_tp_members, members.data()},
                             {Py_tp_traverse, slot(traverse)},
                             {Py_tp_clear, slot(clear)},
                             {Py_tp_dealloc, slot(free_life)},
                             {0, nullptr}});
  PyType_Spec spec = {name, sizeof(Life), 0,
                      Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION,
                      slots.data()};
  PyObject* type = PyType_FromSpec(&spec);
  if (type == nullptr) throw nb::python_error();
  return reinterpret_cast<PyTypeObject*>(type);
}

// A slot stays, its name goes: a coroutine is no iterator and a generator no Awaitable to who asks.
PyTypeObject* without(PyTypeObject* type, const char* name) {
  const auto dict = nb::steal(PyType_GetDict(type));
  if (PyDict_DelItemString(dict.ptr(), name) != 0) throw nb::python_error();
  PyType_Modified(type);
  return type;
}

// A type each: asyncio remembers which types are coroutines.
LifeTypes make_types() {
  return {
      without(make_type("overt._native.Coroutine", {{Py_am_await, slot(itself)},
                                                    {Py_am_send, slot(send)},
                                                    {Py_tp_iternext, slot(next)},
                                                    {Py_tp_methods, driven.data()}}),
              "__next__"),
      make_type("overt._native.Generator", {{Py_tp_iter, slot(itself)},
                                            {Py_am_send, slot(send)},
                                            {Py_tp_iternext, slot(next)},
                                            {Py_tp_methods, driven.data()}}),
      without(make_type("overt._native.IterableCoroutine", {{Py_am_await, slot(itself)},
                                                            {Py_tp_iter, slot(itself)},
                                                            {Py_am_send, slot(send)},
                                                            {Py_tp_iternext, slot(next)},
                                                            {Py_tp_methods, driven.data()}}),
              "__await__"),
      make_type("overt._native.AsyncGenerator", {{Py_am_aiter, slot(itself)},
                                                 {Py_am_anext, slot(async_next)},
                                                 {Py_tp_methods, driven_async.data()}}),
      make_type("overt._native.Step", {{Py_am_await, slot(itself)},
                                       {Py_tp_iter, slot(itself)},
                                       {Py_am_send, slot(send)},
                                       {Py_tp_iternext, slot(next)},
                                       {Py_tp_methods, driven.data()}}),
  };
}

bool is_awaitable(PyObject* generator) {
  const auto code = nb::steal(
      reinterpret_cast<PyObject*>(PyGen_GetCode(reinterpret_cast<PyGenObject*>(generator))));
  return (reinterpret_cast<PyCodeObject*>(code.ptr())->co_flags & CO_ITERABLE_COROUTINE) != 0;
}

PyTypeObject* type_for(PyObject* made) {
  if (PyCoro_CheckExact(made)) return types->coroutine;
  if (PyGen_CheckExact(made)) {
    return is_awaitable(made) ? types->iterable_coroutine : types->generator;
  }
  if (PyAsyncGen_CheckExact(made)) return types->async_generator;
  return nullptr;  // an awaitable of another kind: only the call that made it is counted
}

}  // namespace

void make_life_types() {
  if (types == nullptr) types = new LifeTypes(make_types());
}

bool has_life(PyObject* made) { return type_for(made) != nullptr; }

PyObject* begin_life(const std::shared_ptr<LayerState>& state, PyObject* made, Role role,
                     PyObject* probe, const Timed& timed) {
  if (made == nullptr) return nullptr;
  auto* type = type_for(made);
  if (type == nullptr) return made;
  PyObject* life = new_life(type, made, state, role, probe, timed);
  if (life != nullptr) return life;
  PyErr_Clear();
  return made;
}

}  // namespace overt::py
