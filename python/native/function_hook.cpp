#include "function_hook.h"

#include <algorithm>
#include <bit>
#include <vector>

#include "body.h"
#include "call.h"
#include "samples.h"

namespace overt::py {
namespace {

// From a function to its hook in about ten instructions: open addressing, at most half full. A
// deleted entry keeps its key and has no hook, until the table grows.
class Table {
 public:
  FunctionHook* find(PyObject* function) const {
    for (std::size_t i = slot_of(function);; i = (i + 1) & mask_) {
      if (entries_[i].function == function) return entries_[i].hook;
      if (entries_[i].function == nullptr) return nullptr;
    }
  }

  void put(PyObject* function, FunctionHook* hook) {
    if (used_ * 2 >= entries_.size()) grow();
    auto& entry = entry_of(function);
    if (entry.function == nullptr) ++used_;
    entry = {function, hook};
  }

 private:
  struct Entry {
    PyObject* function = nullptr;  // the key
    FunctionHook* hook = nullptr;
  };

  std::size_t slot_of(PyObject* function) const {
    const auto bits = reinterpret_cast<std::uintptr_t>(function) >> 4U;
    return ((bits * 0x9E3779B97F4A7C15ULL) >> 32U) & mask_;
  }

  Entry& entry_of(PyObject* function) {
    std::size_t i = slot_of(function);
    while (entries_[i].function != nullptr && entries_[i].function != function) {
      i = (i + 1) & mask_;
    }
    return entries_[i];
  }

  void grow() {
    const auto live = static_cast<std::size_t>(
        std::count_if(entries_.begin(), entries_.end(), [](const Entry& e) { return e.hook; }));
    std::vector<Entry> before(std::max<std::size_t>(std::bit_ceil(live + 1) * 4, 64));
    before.swap(entries_);
    mask_ = entries_.size() - 1;
    used_ = 0;
    for (const auto& entry : before) {
      if (entry.hook == nullptr) continue;
      entry_of(entry.function) = entry;
      ++used_;
    }
  }

  std::vector<Entry> entries_{64};
  std::size_t mask_ = 63;
  std::size_t used_ = 0;
};

Table& table() {
  static Table& the = *new Table;  // functions may be called until the very end
  return the;
}

PyFunctionObject* as_function(PyObject* object) {
  return reinterpret_cast<PyFunctionObject*>(object);
}

PyObject* not_hooked() {  // somebody copied our entry to a function that is not ours
  PyErr_SetString(PyExc_SystemError, "overt: this function is not redirected");
  return nullptr;
}

// The entries, from the inside out. Each takes in what is gone by now, too: somebody else may have
// saved it, and call it still.
PyObject* foreign_entry(PyObject* function, PyObject* const* args, std::size_t nargsf,
                        PyObject* kwnames) {
  const auto* hook = table().find(function);
  if (hook == nullptr) [[unlikely]]
    return not_hooked();
  if (hook->foreign == nullptr) return hook->own(function, args, nargsf, kwnames);
  return hook->foreign->run(hook->own, function, args, nargsf, kwnames);
}

PyObject* redirected_entry(PyObject* function, PyObject* const* args, std::size_t nargsf,
                           PyObject* kwnames) {
  const auto* hook = table().find(function);
  if (hook == nullptr) [[unlikely]]
    return not_hooked();
  PyObject* to = hook->to.ptr();
  if (to == nullptr) return foreign_entry(function, args, nargsf, kwnames);
  Py_INCREF(to);
  PyObject* result = call(to, args, nargsf, kwnames);
  Py_DECREF(to);
  return result;
}

PyObject* timed_entry(PyObject* function, PyObject* const* args, std::size_t nargsf,
                      PyObject* kwnames) {
  return as_original(function, [&] { return redirected_entry(function, args, nargsf, kwnames); });
}

vectorcallfunc entry_for(const FunctionHook& hook) {
  if (hook.timed != 0) return timed_entry;
  if (hook.to.is_valid()) return redirected_entry;
  return foreign_entry;
}

void remember_version(FunctionHook& hook) {
  const auto* function = as_function(hook.function);
  hook.version = function->func_version;
  hook.code = nb::borrow(function->func_code);
  hook.defaults = nb::borrow(function->func_defaults);
  hook.keyword_defaults = nb::borrow(function->func_kwdefaults);
}

void restore(FunctionHook& hook) {
  auto* function = as_function(hook.function);
  function->vectorcall = hook.own;
  if (function->func_code == hook.code.ptr() && function->func_defaults == hook.defaults.ptr() &&
      function->func_kwdefaults == hook.keyword_defaults.ptr()) {
    function->func_version = hook.version;
  }
  hook.entry = nullptr;
}

void forget(FunctionHook* hook) {
  table().put(hook->function, nullptr);
  delete hook;
}

PyObject* function_died(PyObject* self, PyObject* /*reference*/) {
  auto* function = static_cast<PyObject*>(PyLong_AsVoidPtr(self));
  if (auto* hook = table().find(function); hook != nullptr) forget(hook);
  Py_RETURN_NONE;
}

PyMethodDef when_dead = {"function_died", function_died, METH_O, nullptr};

}  // namespace

FunctionHook* find_hook(PyObject* function) { return table().find(function); }

FunctionHook& hook_of(PyObject* function) {
  if (auto* hook = table().find(function); hook != nullptr) return *hook;
  const auto address = checked(PyLong_FromVoidPtr(function));
  const auto callback = checked(PyCFunction_New(&when_dead, address.ptr()));
  auto hook = std::make_unique<FunctionHook>();
  hook->function = function;
  hook->gone = checked(PyWeakref_NewRef(function, callback.ptr()));
  hook->own = as_function(function)->vectorcall;
  table().put(function, hook.get());
  return *hook.release();
}

bool stands(const FunctionHook& hook) {
  return hook.entry == nullptr || as_function(hook.function)->vectorcall == hook.entry;
}

vectorcallfunc below_redirection(const FunctionHook& hook) {
  return hook.foreign != nullptr ? foreign_entry : hook.own;
}

void update(FunctionHook& hook) {
  if (hook.body != nullptr) hook.body->own = below_redirection(hook);
  if (!stands(hook)) return;
  if (!hook.is_wanted()) {
    if (hook.entry != nullptr) restore(hook);
    if (hook.body == nullptr) forget(&hook);
    return;
  }
  const auto entry = entry_for(hook);
  if (entry == hook.entry) return;
  if (hook.entry == nullptr) {
    remember_version(hook);
    PyFunction_SetVectorcall(as_function(hook.function), entry);
  } else {
    as_function(hook.function)->vectorcall = entry;
  }
  hook.entry = entry;
}

}  // namespace overt::py
