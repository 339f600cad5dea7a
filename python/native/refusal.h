// A patch that Overt will not make, thrown as a C++ exception and raised in Python as a subclass of
// overt.Error with the same code, sentence and target.
// THREADS: values.
#pragma once

#include <nanobind/nanobind.h>

#include <exception>
#include <string>

#include "overt/result.h"

namespace overt::py {

namespace nb = nanobind;

// Sets the Python exception that stands for an error of the core.
void raise(const Error& error);

class Refusal : public std::exception {
 public:
  explicit Refusal(Error error) : error_(std::move(error)) {}
  const Error& error() const noexcept { return error_; }
  const char* what() const noexcept override { return error_.what.c_str(); }
  // Sets the Python exception.
  virtual void raise() const { overt::py::raise(error_); }

 private:
  Error error_;
};

[[noreturn]] inline void refuse(Code code, std::string what, std::string target) {
  throw Refusal(Error{code, std::move(what), std::move(target)});
}

// Makes nanobind turn a Refusal into its Python exception.
void register_refusals();

// `object`, or the Python exception that is set as a C++ one.
inline nb::object checked(PyObject* object) {
  if (object == nullptr) throw nb::python_error();
  return nb::steal(object);
}

}  // namespace overt::py
