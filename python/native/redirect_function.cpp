// Python functions, by their own vectorcall slot (function_hook.h).

#include <optional>

#include "body.h"
#include "function_hook.h"
#include "redirect.h"

namespace overt::py {
namespace {

class FunctionRedirect final : public Redirect {
 public:
  explicit FunctionRedirect(PyObject* function)
      : function_(nb::borrow(function)), hook_(hook_of(function)) {
    original_ = new_body(function, below_redirection(hook_));
    hook_.body = reinterpret_cast<Body*>(original_.ptr());
  }

  ~FunctionRedirect() override {
    hook_.body = nullptr;
    const auto before = std::move(hook_.to);
    update(hook_);
  }
  FunctionRedirect(const FunctionRedirect&) = delete;
  FunctionRedirect& operator=(const FunctionRedirect&) = delete;

  const nb::object& original() const override { return original_; }
  bool is_restored() const override {
    if (hook_.to.is_valid()) return false;
    if (hook_.entry != nullptr) return overt::py::stands(hook_);  // switched or measured as well
    return reinterpret_cast<PyFunctionObject*>(function_.ptr())->vectorcall == hook_.own;
  }
  bool stands() const override { return !hook_.to.is_valid() || overt::py::stands(hook_); }

  void route(PyObject* callable) override {
    const auto before = std::exchange(hook_.to, nb::borrow(callable));
    update(hook_);
  }

 private:
  nb::object function_;
  FunctionHook& hook_;
  nb::object original_;
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
  const auto entry = [&] { return reinterpret_cast<PyFunctionObject*>(made.ptr())->vectorcall; };
  const auto own = entry();
  const auto replacement =
      checked(PyRun_String("lambda x: x + 9", Py_eval_input, globals.ptr(), globals.ptr()));
  FunctionRedirect redirect(made.ptr());
  redirect.route(replacement.ptr());
  if (!answer(10)) return "a call does not go through its vectorcall slot";
  redirect.route(nullptr);
  if (entry() != own || !answer(2)) return "it cannot be restored";
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
