// Classes, by their own vectorcall slot: what runs when the class is called.
//
// The class stays what it is, so that its instances pickle, `case C()` and `except C` match, and
// whoever holds it is reached. A slot is not inherited: subclasses are called as ever. A
// specialised call site goes past the slot, into the code of __init__: it is kept from that by an
// allocator that is not the usual one, though it does the same, and those that did so before by a
// new version.

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <unordered_map>

#include "body.h"
#include "call.h"
#include "namespaces.h"
#include "redirect.h"

namespace overt::py {
namespace {

using Routes = std::unordered_map<PyObject*, nb::object>;

Routes& routes() {
  static auto& all = *new Routes;  // classes may be called until the very end
  return all;
}

PyTypeObject* as_type(PyObject* object) { return reinterpret_cast<PyTypeObject*>(object); }

PyObject* redirected(PyObject* type, PyObject* const* args, std::size_t nargsf, PyObject* kwnames) {
  const auto it = routes().find(type);
  if (it == routes().end()) [[unlikely]] {  // somebody copied our entry to a class that is not ours
    PyErr_SetString(PyExc_SystemError, "overt: this class is not redirected");
    return nullptr;
  }
  const auto to = it->second;
  return call(to.ptr(), args, nargsf, kwnames);
}

// What a class without a slot of its own does.
PyObject* call_type(PyObject* type, PyObject* const* args, std::size_t nargsf, PyObject* kwnames) {
  const auto positional = PyVectorcall_NARGS(nargsf);
  const auto tuple = nb::steal(PyTuple_New(positional));
  if (!tuple.is_valid()) return nullptr;
  for (Py_ssize_t i = 0; i < positional; ++i) {
    PyTuple_SET_ITEM(tuple.ptr(), i, Py_NewRef(args[i]));
  }
  nb::object named;
  if (kwnames != nullptr && PyTuple_GET_SIZE(kwnames) > 0) {
    named = nb::steal(PyDict_New());
    if (!named.is_valid()) return nullptr;
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(kwnames); ++i) {
      PyObject* key = PyTuple_GET_ITEM(kwnames, i);
      if (PyDict_SetItem(named.ptr(), key, args[positional + i]) != 0) return nullptr;
    }
  }
  return Py_TYPE(type)->tp_call(type, tuple.ptr(), named.ptr());
}

PyObject* allocate(PyTypeObject* type, Py_ssize_t count) {
  return PyType_GenericAlloc(type, count);
}

class ClassRedirect final : public Redirect {
 public:
  explicit ClassRedirect(PyObject* type)
      : type_(nb::borrow(type)),
        own_(as_type(type)->tp_vectorcall),
        original_(new_body(type, own_ != nullptr ? own_ : call_type)) {}

  ~ClassRedirect() override { restore(); }
  ClassRedirect(const ClassRedirect&) = delete;
  ClassRedirect& operator=(const ClassRedirect&) = delete;

  const nb::object& original() const override { return original_; }

  bool is_restored() const override {
    const auto* type = as_type(type_.ptr());
    return type->tp_vectorcall == own_ && type->tp_alloc != allocate;
  }

  bool stands() const override {
    return !routed_ || as_type(type_.ptr())->tp_vectorcall == redirected;
  }

  void route(PyObject* callable) override {
    if (callable == nullptr) return restore();
    auto& to = routes()[type_.ptr()];
    const auto before = std::exchange(to, nb::borrow(callable));  // dies last: it may run code
    if (routed_) return;
    auto* type = as_type(type_.ptr());
    type->tp_vectorcall = redirected;
    if (type->tp_alloc == PyType_GenericAlloc && !is_immutable(type)) {
      type->tp_alloc = allocate;
      PyType_Modified(type);
    }
    routed_ = true;
  }

  static bool is_immutable(PyTypeObject* type) {
    return PyType_HasFeature(type, Py_TPFLAGS_IMMUTABLETYPE);
  }

 private:
  void restore() {
    if (!routed_ || !stands()) return;
    auto* type = as_type(type_.ptr());
    type->tp_vectorcall = own_;
    if (type->tp_alloc == allocate) type->tp_alloc = PyType_GenericAlloc;
    routed_ = false;
    const auto before = routes().extract(type_.ptr());
  }

  nb::object type_;
  vectorcallfunc own_;
  nb::object original_;
  bool routed_ = false;
};

// The interpreter makes these by itself, or has instructions of its own for them.
bool is_called_specially(PyTypeObject* type) {
  const std::array special = {&PyType_Type, &PyUnicode_Type, &PyTuple_Type, &PyBaseObject_Type};
  if (std::find(special.begin(), special.end(), type) != special.end()) return true;
  return ClassRedirect::is_immutable(type) &&
         PyExceptionClass_Check(reinterpret_cast<PyObject*>(type));
}

bool is_called_through_its_slot(PyTypeObject* type) {
  const auto* meta = Py_TYPE(type);
  return PyType_HasFeature(Py_TYPE(type), Py_TPFLAGS_HAVE_VECTORCALL) &&
         meta->tp_vectorcall_offset == offsetof(PyTypeObject, tp_vectorcall) &&
         meta->tp_call == PyType_Type.tp_call;
}

// The whole mechanism on a class that nobody else knows: "" or why it cannot be used.
std::string try_out() {
  const nb::dict space;
  const auto made =
      checked(PyRun_String("class C:\n  def __init__(self): pass\n"
                           "def call():\n  return type(C()) is C\n",
                           Py_file_input, space.ptr(), space.ptr()));
  const nb::object type = space["C"];
  const nb::object call_it = space["call"];
  constexpr int kOften = 100;  // often enough for the call to be specialised
  const auto answers = [&](PyObject* wanted) {
    for (int i = 0; i < kOften; ++i) {
      const auto result = nb::steal(PyObject_CallNoArgs(call_it.ptr()));
      if (!result.is_valid()) PyErr_Clear();
      if (result.ptr() != wanted) return false;
    }
    return true;
  };
  if (!answers(Py_True)) return "it does not run";
  ClassRedirect redirect(type.ptr());
  const auto other = checked(PyRun_String("lambda: 1", Py_eval_input, space.ptr(), space.ptr()));
  redirect.route(other.ptr());
  if (!answers(Py_False)) return "a call does not go through its vectorcall slot";
  redirect.route(nullptr);
  return answers(Py_True) ? "" : "it cannot be restored";
}

}  // namespace

void try_redirecting_classes() {
  static std::optional<std::string> fault;  // not initialised by the trial: it runs Python code
  if (!fault) fault = try_out();
  if (!fault->empty()) {
    refuse(Code::refused, "classes cannot be redirected in this interpreter: " + *fault,
           Py_GetVersion());
  }
}

std::unique_ptr<Redirect> redirect_class(PyObject* type, const std::string& target) {
  if (is_called_specially(as_type(type))) {
    refuse(Code::refused,
           "the interpreter makes objects of '" + type_qualname(as_type(type)) +
               "' in ways of its own, past any patch",
           target);
  }
  if (!is_called_through_its_slot(as_type(type))) {
    refuse(Code::refused,
           "its metaclass '" + type_qualname(Py_TYPE(type)) +
               "' calls it in a way of its own; patch __call__ of the metaclass, or __init__ or "
               "__new__ of the class",
           target);
  }
  return std::make_unique<ClassRedirect>(type);
}

}  // namespace overt::py
