// Python functions, by their own vectorcall slot.
//
// PyFunction_SetVectorcall takes the function's version away, so that no specialised call site
// jumps into its code any more. Putting the slot back is not enough: 3.14 never gives such a
// function a version again, and it would stay slow. The version that it had is written back, but
// only if its code and defaults are what they were, since that is what a version stands for.

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <optional>
#include <vector>

#include "body.h"
#include "call.h"
#include "redirect.h"

namespace overt::py {
namespace {

struct Entry {
  PyObject* function = nullptr;  // the key
  PyObject* to = nullptr;        // owned
};

// From a function to where its calls go, in about ten instructions: open addressing, at most half
// full. A deleted entry keeps its key and has no callable, until the table grows.
class Table {
 public:
  PyObject* find(PyObject* function) const {
    for (std::size_t i = slot_of(function);; i = (i + 1) & mask_) {
      if (entries_[i].function == function) return entries_[i].to;
      if (entries_[i].function == nullptr) return nullptr;
    }
  }

  // Steals nothing: takes a reference of its own. Returns what was there, owned.
  nb::object put(PyObject* function, PyObject* to) {
    if (used_ * 2 >= entries_.size()) grow();
    auto& entry = entry_of(function);
    if (entry.function == nullptr) ++used_;
    entry.function = function;
    return nb::steal(std::exchange(entry.to, Py_XNewRef(to)));
  }

 private:
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
        std::count_if(entries_.begin(), entries_.end(), [](const Entry& e) { return e.to; }));
    std::vector<Entry> before(std::max<std::size_t>(std::bit_ceil(live + 1) * 4, 64));
    before.swap(entries_);
    mask_ = entries_.size() - 1;
    used_ = 0;
    for (const auto& entry : before) {
      if (entry.to == nullptr) continue;
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

PyFunctionObject* as_function(const nb::object& object) {
  return reinterpret_cast<PyFunctionObject*>(object.ptr());
}

PyObject* redirected(PyObject* function, PyObject* const* args, std::size_t nargsf,
                     PyObject* kwnames) {
  PyObject* to = table().find(function);
  if (to == nullptr) [[unlikely]] {  // somebody copied our entry to a function that is not ours
    PyErr_SetString(PyExc_SystemError, "overt: this function is not redirected");
    return nullptr;
  }
  Py_INCREF(to);
  PyObject* result = call(to, args, nargsf, kwnames);
  Py_DECREF(to);
  return result;
}

class FunctionRedirect final : public Redirect {
 public:
  explicit FunctionRedirect(PyObject* function)
      : function_(nb::borrow(function)),
        own_(as_function(function_)->vectorcall),
        original_(new_body(function, own_)) {}

  ~FunctionRedirect() override { restore(); }
  FunctionRedirect(const FunctionRedirect&) = delete;
  FunctionRedirect& operator=(const FunctionRedirect&) = delete;

  const nb::object& original() const override { return original_; }

  bool stands() const override {
    return !routed_ || as_function(function_)->vectorcall == redirected;
  }

  void route(PyObject* callable) override {
    if (callable == nullptr) return restore();
    const auto before = table().put(function_.ptr(), callable);
    if (routed_) return;
    auto* function = as_function(function_);
    version_ = function->func_version;
    code_ = nb::borrow(function->func_code);
    defaults_ = nb::borrow(function->func_defaults);
    keyword_defaults_ = nb::borrow(function->func_kwdefaults);
    PyFunction_SetVectorcall(function, redirected);
    routed_ = true;
  }

 private:
  void restore() {
    if (!routed_ || !stands()) return;
    auto* function = as_function(function_);
    function->vectorcall = own_;
    if (function->func_code == code_.ptr() && function->func_defaults == defaults_.ptr() &&
        function->func_kwdefaults == keyword_defaults_.ptr()) {
      function->func_version = version_;
    }
    routed_ = false;
    const auto before = table().put(function_.ptr(), nullptr);
  }

  nb::object function_;
  vectorcallfunc own_;
  nb::object original_;
  std::uint32_t version_ = 0;
  nb::object code_, defaults_, keyword_defaults_;  // what the version stands for
  bool routed_ = false;
};

// The whole mechanism on a function that nobody else knows: "" or why it cannot be used.
std::string try_out() {
  const nb::dict globals;
  const auto made =
      checked(PyRun_String("lambda x: x + 1", Py_eval_input, globals.ptr(), globals.ptr()));
  const auto one = checked(PyLong_FromLong(1));
  const auto answer = [&](long wanted) {
    const auto result = nb::steal(PyObject_CallOneArg(made.ptr(), one.ptr()));
    if (!result.is_valid()) PyErr_Clear();
    return result.is_valid() && PyLong_AsLong(result.ptr()) == wanted;
  };
  if (!answer(2)) return "it does not run";
  const auto own = as_function(made)->vectorcall;
  const auto replacement =
      checked(PyRun_String("lambda x: x + 9", Py_eval_input, globals.ptr(), globals.ptr()));
  FunctionRedirect redirect(made.ptr());
  redirect.route(replacement.ptr());
  if (!answer(10)) return "a call does not go through its vectorcall slot";
  redirect.route(nullptr);
  if (as_function(made)->vectorcall != own || !answer(2)) return "it cannot be restored";
  return {};
}

}  // namespace

void try_redirecting_functions() {
  // Not initialised by the trial itself: that runs Python code, which lets other threads run, and
  // one that came here would wait for the initialisation, with the GIL, for ever.
  static std::optional<std::string> fault;
  if (!fault) fault = try_out();
  if (!fault->empty()) {
    refuse(Code::refused, "functions cannot be redirected in this interpreter: " + *fault,
           Py_GetVersion());
  }
}

std::unique_ptr<Redirect> redirect_function(PyObject* function) {
  return std::make_unique<FunctionRedirect>(function);
}

}  // namespace overt::py
