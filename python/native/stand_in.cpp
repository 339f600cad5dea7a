#include "stand_in.h"

#include <array>
#include <cstddef>

#include "binder.h"
#include "body.h"
#include "dispatcher.h"
#include "link.h"
#include "probe.h"

namespace overt::py {
namespace {

const StandInTypes* all_types = nullptr;  // live as long as the interpreter

StandIn* as_stand_in(PyObject* object) { return reinterpret_cast<StandIn*>(object); }

// What is asked of the stand-in itself: calling it must not go around it, and who copies or pickles
// it must find it again, not the callable.
bool is_own(PyObject* name) {
  static const std::array own = {
      PyUnicode_InternFromString("__call__"),    PyUnicode_InternFromString("__get__"),
      PyUnicode_InternFromString("__reduce__"),  PyUnicode_InternFromString("__reduce_ex__"),
      PyUnicode_InternFromString("__copy__"),    PyUnicode_InternFromString("__deepcopy__"),
      PyUnicode_InternFromString("__weakref__"),
  };
  for (PyObject* each : own) {
    if (name == each) return true;
  }
  if (PyUnicode_CHECK_INTERNED(name) != 0) return false;
  for (PyObject* each : own) {
    if (PyUnicode_Compare(name, each) == 0) return true;
  }
  return false;
}

// Garbage in a cycle may still be called, by a finaliser.
PyObject* call_collected(PyObject* /*self*/, PyObject* const* /*args*/, std::size_t /*nargsf*/,
                         PyObject* /*kwnames*/) {
  PyErr_SetString(PyExc_ReferenceError, "this patched function is being collected");
  return nullptr;
}

// What to ask in place of the stand-in; None once it is garbage.
PyObject* asked(PyObject* self) {
  PyObject* original = as_stand_in(self)->original;
  return original != nullptr ? original : Py_None;
}

// inspect asks the type of a class, which is ours, for a __call__, unless this is there.
PyObject* signature_of_class(PyObject* self) {
  PyObject* module = PyImport_ImportModule("inspect");
  if (module == nullptr) return nullptr;
  PyObject* signature = PyObject_CallMethod(module, "signature", "O", as_stand_in(self)->original);
  Py_DECREF(module);
  if (signature == nullptr && PyErr_ExceptionMatches(PyExc_ValueError) != 0) {
    PyErr_SetString(PyExc_AttributeError, "__signature__");  // it has none
  }
  return signature;
}

PyObject* get_attribute(PyObject* self, PyObject* name) {
  PyObject* original = as_stand_in(self)->original;
  if (original == nullptr || is_own(name)) return PyObject_GenericGetAttr(self, name);
  if (PyType_Check(original)) {  // patched by its name: it can still be asked, and subclassed
    if (PyUnicode_CompareWithASCIIString(name, "__signature__") == 0) {
      return signature_of_class(self);
    }
    if (PyUnicode_CompareWithASCIIString(name, "__mro_entries__") == 0) {
      return PyObject_GenericGetAttr(self, name);
    }
  }
  return PyObject_GetAttr(original, name);
}

// help() reads it past get_attribute().
PyObject* get_doc(PyObject* self, void* /*unused*/) {
  return PyObject_GetAttrString(asked(self), "__doc__");
}

int set_attribute(PyObject* self, PyObject* name, PyObject* value) {
  PyObject* original = as_stand_in(self)->original;
  if (original == nullptr || is_own(name)) return PyObject_GenericSetAttr(self, name, value);
  return PyObject_SetAttr(original, name, value);
}

PyObject* repr(PyObject* self) { return PyObject_Repr(asked(self)); }

Py_hash_t hash(PyObject* self) { return PyObject_Hash(asked(self)); }

PyObject* innermost(PyObject* object) {
  while (is_stand_in(object) && as_stand_in(object)->original != nullptr) {
    object = as_stand_in(object)->original;
  }
  return object;
}

// A name that compares its function with itself must not notice that the function is patched.
PyObject* compare(PyObject* self, PyObject* other, int operation) {
  return PyObject_RichCompare(innermost(self), innermost(other), operation);
}

PyObject* subscript(PyObject* self, PyObject* key) { return PyObject_GetItem(asked(self), key); }

PyObject* either(PyObject* left, PyObject* right) {  // annotations: Client | None
  return PyNumber_Or(innermost(left), innermost(right));
}

PyObject* reduce(PyObject* self, PyObject* /*protocol*/) {
  return PyObject_GetAttrString(asked(self), "__qualname__");
}

PyObject* itself(PyObject* self, PyObject* /*memo*/) { return Py_NewRef(self); }

PyObject* dir_of(PyObject* self, PyObject* /*unused*/) { return PyObject_Dir(asked(self)); }

PyObject* bases(PyObject* self, PyObject* /*bases*/) { return PyTuple_Pack(1, innermost(self)); }

PyObject* has_instance(PyObject* self, PyObject* object) {
  const int is = PyObject_IsInstance(object, innermost(self));
  return is < 0 ? nullptr : PyBool_FromLong(is);
}

PyObject* has_subclass(PyObject* self, PyObject* object) {
  const int is = PyObject_IsSubclass(innermost(object), innermost(self));
  return is < 0 ? nullptr : PyBool_FromLong(is);
}

// The special methods that the interpreter looks up on the type. The last three let a class that
// is patched by name be subclassed and asked about.
std::array<PyMethodDef, 9> methods = {{
    {"__reduce__", reduce, METH_NOARGS, nullptr},
    {"__reduce_ex__", reduce, METH_O, nullptr},
    {"__copy__", itself, METH_NOARGS, nullptr},
    {"__deepcopy__", itself, METH_O, nullptr},
    {"__dir__", dir_of, METH_NOARGS, nullptr},
    {"__mro_entries__", bases, METH_O, nullptr},
    {"__instancecheck__", has_instance, METH_O, nullptr},
    {"__subclasscheck__", has_subclass, METH_O, nullptr},
    {},
}};

std::array<PyGetSetDef, 2> computed = {{
    {"__doc__", get_doc, nullptr, nullptr, nullptr},
    {},
}};

std::array<PyMemberDef, 3> members = {{
    {"__vectorcalloffset__", Py_T_PYSSIZET, offsetof(StandIn, vectorcall), Py_READONLY, nullptr},
    {"__weaklistoffset__", Py_T_PYSSIZET, offsetof(StandIn, weakrefs), Py_READONLY, nullptr},
    {},
}};

template <class Function>
void* slot(Function* function) {
  return reinterpret_cast<void*>(function);
}

PyTypeObject* make_base() {
  std::array<PyType_Slot, 16> slots = {{
      {Py_tp_getattro, slot(get_attribute)},
      {Py_tp_setattro, slot(set_attribute)},
      {Py_tp_repr, slot(repr)},
      {Py_tp_hash, slot(hash)},
      {Py_tp_richcompare, slot(compare)},
      {Py_tp_call, slot(PyVectorcall_Call)},
      {Py_mp_subscript, slot(subscript)},
      {Py_nb_or, slot(either)},
      {Py_tp_methods, methods.data()},
      {Py_tp_members, members.data()},
      {Py_tp_traverse, slot(traverse_stand_in)},
      {Py_tp_clear, slot(clear_stand_in)},
      {Py_tp_dealloc, slot(free_stand_in)},
      {0, nullptr},
  }};
  PyType_Spec spec = {"overt._native.StandIn", sizeof(StandIn), 0,
                      Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_HAVE_VECTORCALL |
                          Py_TPFLAGS_BASETYPE | Py_TPFLAGS_DISALLOW_INSTANTIATION |
                          Py_TPFLAGS_IMMUTABLETYPE,
                      slots.data()};
  auto* type = reinterpret_cast<PyTypeObject*>(PyType_FromSpec(&spec));
  if (type == nullptr) throw nb::python_error();
  return type;
}

StandInTypes make_types() {
  StandInTypes types;
  types.base = make_base();
  types.function = make_dispatcher_type(types.base, true);
  types.callable = make_dispatcher_type(types.base, false);
  types.link = make_link_type(types.base);
  types.probe = make_probe_type(types.base);
  types.binder = make_binder_type(types.base);
  types.body = make_body_type(types.base);
  return types;
}

}  // namespace

const StandInTypes& stand_in_types() { return *all_types; }

void make_stand_in_types() {
  if (all_types == nullptr) all_types = new StandInTypes(make_types());
}

PyTypeObject* make_stand_in_type(PyTypeObject* base, const char* name, std::size_t size,
                                 traverseproc traverse, inquiry clear, destructor free,
                                 descrgetfunc bind) {
  std::array<PyType_Slot, 6> slots = {{
      {Py_tp_getset, computed.data()},  // of each type: one without would have a __doc__ of None
      {Py_tp_traverse, slot(traverse)},
      {Py_tp_clear, slot(clear)},
      {Py_tp_dealloc, slot(free != nullptr ? free : free_stand_in)},
      {bind != nullptr ? Py_tp_descr_get : 0, slot(bind)},
      {0, nullptr},
  }};
  // Immutable: call sites specialise only for descriptors whose type cannot change.
  auto flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_HAVE_VECTORCALL |
               Py_TPFLAGS_DISALLOW_INSTANTIATION | Py_TPFLAGS_IMMUTABLETYPE;
  if (bind != nullptr) flags |= Py_TPFLAGS_METHOD_DESCRIPTOR;
  PyType_Spec spec = {name, static_cast<int>(size), 0, static_cast<unsigned>(flags), slots.data()};
  PyObject* type = PyType_FromSpecWithBases(&spec, reinterpret_cast<PyObject*>(base));
  if (type == nullptr) throw nb::python_error();
  return reinterpret_cast<PyTypeObject*>(type);
}

nb::object new_stand_in(PyTypeObject* type, PyObject* original, vectorcallfunc vectorcall) {
  auto object = nb::steal(type->tp_alloc(type, 0));
  if (!object.is_valid()) throw nb::python_error();
  auto* made = as_stand_in(object.ptr());
  made->vectorcall = vectorcall;
  made->original = Py_XNewRef(original);
  return object;
}

int traverse_stand_in(PyObject* self, visitproc visit, void* arg) {
  Py_VISIT(Py_TYPE(self));
  Py_VISIT(as_stand_in(self)->original);
  return 0;
}

int clear_stand_in(PyObject* self) {
  as_stand_in(self)->vectorcall = call_collected;
  Py_CLEAR(as_stand_in(self)->original);
  return 0;
}

void free_stand_in(PyObject* self) {
  auto* type = Py_TYPE(self);
  PyObject_GC_UnTrack(self);
  if (as_stand_in(self)->weakrefs != nullptr) PyObject_ClearWeakRefs(self);
  type->tp_clear(self);
  type->tp_free(self);
  Py_DECREF(type);
}

}  // namespace overt::py
