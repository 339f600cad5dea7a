// C functions and methods of C types, by the method definition that they point to.
//
// The definition is exchanged for one of ours whose C function is an entry of a fixed pool: a C
// function gets no hint which patch it serves, so entry N serves patch N, and no code is made at
// run time. Its flags are METH_FASTCALL | METH_KEYWORDS; call sites that were specialised for other
// flags look at them and fall back. The original is a new function object around the old
// definition, so that the interpreter itself checks its arguments.
//
// Bound methods that were made meanwhile point to our definition for ever: an entry is never used
// for another function, and calls the original when there is no patch.

#include <array>
#include <optional>
#include <utility>

#include "call.h"
#include "redirect.h"

namespace overt::py {
namespace {

constexpr std::size_t kEntries = 512;

struct Entry {
  PyMethodDef definition{};
  PyObject* function = nullptr;  // owned: the C function that is served
  PyObject* original = nullptr;  // owned
  PyObject* to = nullptr;        // owned; nullptr: the original
  bool method = false;           // the instance comes as `self`
};

std::array<Entry, kEntries> entries;
std::size_t used = 0;

PyObject* serve(const Entry& entry, PyObject* self, PyObject* const* args, Py_ssize_t count,
                PyObject* kwnames) {
  PyObject* to = Py_NewRef(entry.to != nullptr ? entry.to : entry.original);
  const auto given = static_cast<std::size_t>(count);
  PyObject* result = entry.method ? call_with_first(to, self, args, given, kwnames)
                                  : call(to, args, given, kwnames);
  Py_DECREF(to);
  return result;
}

using FastFunction = PyObject* (*)(PyObject*, PyObject* const*, Py_ssize_t, PyObject*);

template <std::size_t N>
PyObject* enter(PyObject* self, PyObject* const* args, Py_ssize_t count, PyObject* kwnames) {
  return serve(entries[N], self, args, count, kwnames);
}

template <std::size_t... N>
constexpr std::array<FastFunction, sizeof...(N)> all_of(std::index_sequence<N...> /*indices*/) {
  return {enter<N>...};
}
constexpr auto kPool = all_of(std::make_index_sequence<kEntries>{});

bool is_method(PyObject* function) { return !PyCFunction_Check(function); }

PyMethodDef*& definition_of(PyObject* function) {
  return is_method(function) ? reinterpret_cast<PyMethodDescrObject*>(function)->d_method
                             : reinterpret_cast<PyCFunctionObject*>(function)->m_ml;
}

vectorcallfunc& vectorcall_of(PyObject* function) {
  return is_method(function) ? reinterpret_cast<PyMethodDescrObject*>(function)->vectorcall
                             : reinterpret_cast<PyCFunctionObject*>(function)->vectorcall;
}

// A function object like this one, around another definition.
nb::object like(PyObject* function, PyMethodDef* definition) {
  if (PyCFunction_Check(function)) {
    auto* own = reinterpret_cast<PyCFunctionObject*>(function);
    PyTypeObject* type = PyCFunction_GET_CLASS(function);
    const bool with_class = (definition->ml_flags & METH_METHOD) != 0;
    return checked(
        PyCMethod_New(definition, own->m_self, own->m_module, with_class ? type : nullptr));
  }
  auto* type = reinterpret_cast<PyDescrObject*>(function)->d_type;
  return checked(Py_TYPE(function) == &PyClassMethodDescr_Type
                     ? PyDescr_NewClassMethod(type, definition)
                     : PyDescr_NewMethod(type, definition));
}

Entry& entry_for(PyObject* function, const std::string& target) {
  for (std::size_t i = 0; i < used; ++i) {
    if (entries[i].function == function) return entries[i];
  }
  if (used == kEntries) {
    refuse(Code::refused,
           "all " + std::to_string(kEntries) +
               " entry points for C functions are taken; patch this one by its name",
           target);
  }
  auto& entry = entries[used];
  auto* own = definition_of(function);
  entry.original = like(function, own).release().ptr();
  entry.definition = *own;
  // The flags say which of the kinds of C function it is, as everywhere in CPython.
  // NOLINTNEXTLINE(bugprone-casting-through-void)
  entry.definition.ml_meth = reinterpret_cast<PyCFunction>(reinterpret_cast<void*>(kPool[used]));
  entry.definition.ml_flags = METH_FASTCALL | METH_KEYWORDS | (own->ml_flags & METH_CLASS);
  entry.method = is_method(function);
  entry.function = Py_NewRef(function);
  ++used;
  return entry;
}

class CFunctionRedirect final : public Redirect {
 public:
  CFunctionRedirect(PyObject* function, const std::string& target)
      : entry_(entry_for(function, target)),
        function_(nb::borrow(function)),
        original_(nb::borrow(entry_.original)),
        own_(definition_of(function)),
        own_vectorcall_(vectorcall_of(function)) {}

  ~CFunctionRedirect() override { restore(); }
  CFunctionRedirect(const CFunctionRedirect&) = delete;
  CFunctionRedirect& operator=(const CFunctionRedirect&) = delete;

  const nb::object& original() const override { return original_; }

  bool is_restored() const override {
    return definition_of(function_.ptr()) == own_ &&
           vectorcall_of(function_.ptr()) == own_vectorcall_;
  }

  bool stands() const override {
    return !routed_ || definition_of(function_.ptr()) == &entry_.definition;
  }

  void route(PyObject* callable) override {
    if (callable == nullptr) return restore();
    const auto before = nb::steal(std::exchange(entry_.to, Py_NewRef(callable)));
    if (routed_) return;
    // The interpreter's own entry for such flags, taken from a function that has them.
    const auto model = like(function_.ptr(), &entry_.definition);
    definition_of(function_.ptr()) = &entry_.definition;
    vectorcall_of(function_.ptr()) = vectorcall_of(model.ptr());
    routed_ = true;
  }

 private:
  void restore() noexcept {
    const auto before = nb::steal(std::exchange(entry_.to, nullptr));
    if (!routed_ || definition_of(function_.ptr()) != &entry_.definition) return;
    definition_of(function_.ptr()) = own_;
    vectorcall_of(function_.ptr()) = own_vectorcall_;
    routed_ = false;
  }

  Entry& entry_;
  nb::object function_;
  nb::object original_;
  PyMethodDef* own_;
  vectorcallfunc own_vectorcall_;
  bool routed_ = false;
};

// Call sites that know these by identity never look at their definition.
void refuse_special(PyObject* function, const std::string& target) {
  const std::string_view name = definition_of(function)->ml_name;
  const bool of_list =
      is_method(function) && reinterpret_cast<PyDescrObject*>(function)->d_type == &PyList_Type;
  PyObject* module =
      is_method(function) ? nullptr : reinterpret_cast<PyCFunctionObject*>(function)->m_self;
  const bool builtin = module != nullptr && PyModule_Check(module) &&
                       std::string_view(PyModule_GetName(module)) == "builtins";
  if ((of_list && name == "append") || (builtin && (name == "len" || name == "isinstance"))) {
    refuse(Code::refused,
           "the interpreter calls it without looking at it (a specialised instruction)" +
               std::string(builtin ? "; patch the name, in builtins or in one module" : ""),
           target);
  }
}

std::string try_out() {
  const auto made = nb::module_::import_("builtins").attr("abs");
  auto* own = reinterpret_cast<PyCFunctionObject*>(made.ptr());
  const auto twin = checked(PyCMethod_New(own->m_ml, own->m_self, own->m_module, nullptr));
  const auto three = checked(PyLong_FromLong(-3));
  const auto is = [&](long wanted) {
    const auto result = nb::steal(PyObject_CallOneArg(twin.ptr(), three.ptr()));
    if (!result.is_valid()) PyErr_Clear();
    return result.is_valid() && PyLong_AsLong(result.ptr()) == wanted;
  };
  if (!is(3)) return "it does not run";
  {
    CFunctionRedirect redirect(twin.ptr(), "abs");
    redirect.route(reinterpret_cast<PyObject*>(&PyLong_Type));
    if (!is(-3)) return "a call does not go through its definition";
  }
  return is(3) ? std::string() : "it cannot be restored";
}

}  // namespace

bool is_c_function(PyObject* object) {
  return PyCFunction_Check(object) || Py_TYPE(object) == &PyMethodDescr_Type ||
         Py_TYPE(object) == &PyClassMethodDescr_Type;
}

void try_redirecting_c_functions(const std::string& target) {
  // Not initialised by the trial itself: that runs Python code, which lets other threads run, and
  // one that came here would wait for the initialisation, with the GIL, for ever.
  static std::optional<std::string> fault;
  if (!fault) fault = try_out();
  if (!fault->empty()) {
    refuse(Code::refused, "C functions cannot be redirected in this interpreter: " + *fault,
           target);
  }
}

std::unique_ptr<Redirect> redirect_c_function(PyObject* function, const std::string& target) {
  refuse_special(function, target);
  return std::make_unique<CFunctionRedirect>(function, target);
}

}  // namespace overt::py
