// Redirecting a function itself, so that every reference to it is reached, and nothing about it
// that a program can see changes.
//
// One kind for Python functions, one for C functions and methods of C types, one for classes. All
// write fields that are in public headers but no promise; each tries itself out on a private
// function first and is off with a reason where that fails. One Redirect per function; routing it
// to nothing restores the function exactly: same fields, same speed.
//
// THREADS: with the GIL.
#pragma once

#include <memory>
#include <string>

#include "refusal.h"

namespace overt::py {

class Redirect {
 public:
  Redirect() = default;
  virtual ~Redirect() = default;
  Redirect(const Redirect&) = delete;
  Redirect& operator=(const Redirect&) = delete;

  // Runs what the function does by itself.
  virtual const nb::object& original() const = 0;

  // Calls of the function call `callable` from now on; nullptr restores it. Throws Refusal.
  virtual void route(PyObject* callable) = 0;

  // Whether the function is what it was before it was redirected.
  virtual bool is_restored() const = 0;

  // False when somebody else has redirected the function since: it is left as it is then.
  virtual bool stands() const = 0;
};

// Tries the mechanism out if nobody has. Throws Refusal where it does not work. PYTHON: runs code,
// so other threads may run: to be called before looking whether a function is redirected already.
void try_redirecting_functions();
void try_redirecting_c_functions(const std::string& target);
void try_redirecting_classes();

// REQUIRES: PyFunction_Check(function), the mechanism was tried out, and there is no other Redirect
// of the function. PYTHON: runs none.
std::unique_ptr<Redirect> redirect_function(PyObject* function);

// The same for builtin_function_or_method, method_descriptor and classmethod_descriptor. `target`
// is for messages. Throws Refusal for what the interpreter calls in ways of its own.
std::unique_ptr<Redirect> redirect_c_function(PyObject* function, const std::string& target);

// Calls of a class itself, not of those derived from it. Throws Refusal for one whose metaclass
// calls it in a way of its own, and for what the interpreter does not call.
std::unique_ptr<Redirect> redirect_class(PyObject* type, const std::string& target);

// Whether redirect_c_function() takes objects of this type.
bool is_c_function(PyObject* object);

}  // namespace overt::py
