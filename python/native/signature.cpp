#include "signature.h"

#include <string>
#include <string_view>
#include <utility>

namespace overt::py {
namespace {

// Wrappers around wrappers: more than anybody makes, less than a cycle.
constexpr int kDeepest = 100;

std::string text(nb::handle name) {
  Py_ssize_t size = 0;
  const char* data = PyUnicode_AsUTF8AndSize(name.ptr(), &size);
  if (data == nullptr) PyErr_Clear();
  return data == nullptr ? "?" : std::string(data, static_cast<std::size_t>(size));
}

// An object that raises when it is asked does not have the attribute; a KeyboardInterrupt is the
// program's.
void pass_over_error() {
  if (PyErr_ExceptionMatches(PyExc_Exception) == 0) throw nb::python_error();
  PyErr_Clear();
}

nb::object attribute(nb::handle object, const char* name) {
  auto value = nb::steal(PyObject_GetAttrString(object.ptr(), name));
  if (!value.is_valid()) pass_over_error();
  return value;
}

}  // namespace

Signature signature_of_function(nb::handle function) {
  const auto* code = reinterpret_cast<PyCodeObject*>(PyFunction_GET_CODE(function.ptr()));
  const auto names = nb::steal(PyCode_GetVarnames(const_cast<PyCodeObject*>(code)));
  if (!names.is_valid()) throw nb::python_error();
  PyObject* defaults = PyFunction_GET_DEFAULTS(function.ptr());
  PyObject* keyword_defaults = PyFunction_GET_KW_DEFAULTS(function.ptr());
  // The defaults may have been replaced by a longer tuple than the code has parameters.
  const auto positional = code->co_argcount;
  const auto with_default = defaults != nullptr && PyTuple_Check(defaults)
                                ? static_cast<int>(PyTuple_GET_SIZE(defaults))
                                : 0;
  const auto keywords = positional + code->co_kwonlyargcount;
  const bool star = (code->co_flags & CO_VARARGS) != 0;
  const auto name = [&](int i) { return text(PyTuple_GET_ITEM(names.ptr(), i)); };
  Signature signature;
  for (int i = 0; i < positional; ++i) {
    signature.parameters.push_back({name(i),
                                    i < code->co_posonlyargcount
                                        ? ParameterKind::positional_only
                                        : ParameterKind::positional_or_keyword,
                                    i >= positional - with_default});
  }
  if (star) signature.parameters.push_back({name(keywords), ParameterKind::var_positional, false});
  for (int i = positional; i < keywords; ++i) {
    PyObject* key = PyTuple_GET_ITEM(names.ptr(), i);
    const bool has_default = keyword_defaults != nullptr && PyDict_Check(keyword_defaults) &&
                             PyDict_Contains(keyword_defaults, key) == 1;
    signature.parameters.push_back({name(i), ParameterKind::keyword_only, has_default});
  }
  if ((code->co_flags & CO_VARKEYWORDS) != 0) {
    signature.parameters.push_back(
        {name(keywords + (star ? 1 : 0)), ParameterKind::var_keyword, false});
  }
  return signature;
}

namespace {

// inspect.Parameter.kind counts in the order of ParameterKind.
std::optional<Signature> from_inspect(nb::handle signature) {
  const nb::object empty = signature.attr("empty");
  Signature out;
  for (nb::handle parameter : nb::steal(PyObject_CallMethod(
           nb::object(signature.attr("parameters")).ptr(), "values", nullptr))) {
    const auto kind = nb::cast<int>(nb::int_(parameter.attr("kind")));
    if (kind < 0 || kind > 4) return {};
    out.parameters.push_back({text(nb::object(parameter.attr("name"))),
                              static_cast<ParameterKind>(kind),
                              !nb::object(parameter.attr("default")).is(empty)});
  }
  return out;
}

std::optional<Signature> ask_inspect(nb::handle callable, bool follow_wrapped) {
  try {
    nb::kwargs how;
    how["follow_wrapped"] = follow_wrapped;
    return from_inspect(nb::module_::import_("inspect").attr("signature")(callable, **how));
  } catch (nb::python_error& error) {
    if (!error.matches(PyExc_Exception)) throw;
    return {};  // ValueError: C code that does not tell; TypeError: no callable
  }
}

bool is_descriptor_of_function(nb::handle object) {
  return PyObject_TypeCheck(object.ptr(), &PyStaticMethod_Type) != 0 ||
         PyObject_TypeCheck(object.ptr(), &PyClassMethod_Type) != 0;
}

bool is_partial(nb::handle object) {
  PyObject* functools = PyDict_GetItemString(PyImport_GetModuleDict(), "functools");
  if (functools == nullptr) return false;
  const auto type = attribute(functools, "partial");
  return type.is_valid() && PyType_Check(type.ptr()) &&
         PyObject_TypeCheck(object.ptr(), reinterpret_cast<PyTypeObject*>(type.ptr())) != 0;
}

bool is_marked_coroutine(nb::handle object) {
  PyObject* inspect = PyDict_GetItemString(PyImport_GetModuleDict(), "inspect");
  if (inspect == nullptr) return false;  // who marked it had to import it
  const auto mark = attribute(object, "_is_coroutine_marker");
  if (!mark.is_valid()) return false;
  // The attribute has one name in all versions, the mark has two.
  for (const char* name : {"_is_coroutine_mark", "_is_coroutine_marker"}) {
    if (const auto known = attribute(inspect, name); known.is_valid() && known.is(mark))
      return true;
  }
  return false;
}

CallKind kind_of_flags(int flags) {
  if ((flags & (CO_COROUTINE | CO_ITERABLE_COROUTINE)) != 0) return CallKind::coroutine;
  if ((flags & CO_ASYNC_GENERATOR) != 0) return CallKind::async_generator;
  if ((flags & CO_GENERATOR) != 0) return CallKind::generator;
  return CallKind::plain;
}

// The callable that does the work of `object`, or nothing if that is `object` itself.
nb::object behind(nb::handle object) {
  if (PyMethod_Check(object.ptr())) return nb::borrow(PyMethod_GET_FUNCTION(object.ptr()));
  if (is_descriptor_of_function(object)) return attribute(object, "__func__");
  if (is_partial(object)) return attribute(object, "func");
  return {};
}

}  // namespace

std::optional<Signature> signature_of(nb::handle callable) {
  if (PyFunction_Check(callable.ptr())) return signature_of_function(callable);
  if (PyMethod_Check(callable.ptr())) {
    const auto function = signature_of(PyMethod_GET_FUNCTION(callable.ptr()));
    return function ? std::optional(function->bound()) : std::nullopt;
  }
  if (is_descriptor_of_function(callable)) {
    const auto function = attribute(callable, "__func__");
    return function.is_valid() ? signature_of(function) : std::nullopt;
  }
  return ask_inspect(callable, false);
}

std::optional<Signature> declared_signature_of(nb::handle target) {
  if (PyMethod_Check(target.ptr())) {
    const auto function = declared_signature_of(PyMethod_GET_FUNCTION(target.ptr()));
    return function ? std::optional(function->bound()) : std::nullopt;
  }
  if (is_descriptor_of_function(target)) {
    const auto function = attribute(target, "__func__");
    return function.is_valid() ? declared_signature_of(function) : std::nullopt;
  }
  if (PyFunction_Check(target.ptr())) {
    PyObject* dict = reinterpret_cast<PyFunctionObject*>(target.ptr())->func_dict;
    const auto has = [&](const char* name) {
      return dict != nullptr && PyDict_GetItemString(dict, name) != nullptr;
    };
    if (!has("__wrapped__") && !has("__signature__")) return signature_of_function(target);
  }
  return ask_inspect(target, true);
}

CallKind kind_of(nb::handle callable) {
  auto object = nb::borrow(callable);
  for (int depth = 0; depth < kDeepest && object.is_valid(); ++depth) {
    if (is_marked_coroutine(object)) return CallKind::coroutine;
    if (PyFunction_Check(object.ptr())) {
      return kind_of_flags(
          reinterpret_cast<PyCodeObject*>(PyFunction_GET_CODE(object.ptr()))->co_flags);
    }
    if (auto inner = behind(object); inner.is_valid()) {
      object = std::move(inner);
      continue;
    }
    if (PyType_Check(object.ptr())) return CallKind::plain;  // a call makes an instance
    // Proxies of functions and compiled functions tell their code.
    if (const auto code = attribute(object, "__code__");
        code.is_valid() && PyCode_Check(code.ptr()))
      return kind_of_flags(reinterpret_cast<PyCodeObject*>(code.ptr())->co_flags);
    auto call = attribute(reinterpret_cast<PyObject*>(Py_TYPE(object.ptr())), "__call__");
    if (!call.is_valid() || !PyFunction_Check(call.ptr())) break;
    object = std::move(call);
  }
  return CallKind::plain;
}

std::optional<std::string> refusal(nb::handle callee, nb::handle target, std::size_t leading,
                                   const std::string& role, bool method) {
  if (const auto fine = suits(kind_of(callee), kind_of(target), role); !fine)
    return fine.error().what;
  const auto taken = signature_of(callee);
  const auto made = declared_signature_of(target);
  if (!taken || !made) return {};
  const auto fine =
      accepts(*taken, method ? made->of_method() : *made, {.role = role, .leading = leading});
  return fine ? std::nullopt : std::optional(fine.error().what);
}

}  // namespace overt::py
