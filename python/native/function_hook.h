// What stands at the entry of a Python function that Overt redirects, switches or measures.
//
// There is one hook a function, whoever wants something of it, since its vectorcall slot holds one
// entry. From the outside in: the function as the original of a patch that is being timed, what
// governed layers redirected it to, the function as a foreign patch, and its own code. When nobody
// wants anything any more the function is restored exactly: same slot, same version, same speed.
//
// PyFunction_SetVectorcall takes the function's version away, so that no specialised call site
// jumps into its code any more. Putting the slot back is not enough: 3.14 never gives such a
// function a version again, and it would stay slow. The version that it had is written back, but
// only if its code and defaults are what they were, since that is what a version stands for.
//
// A hook keeps its function alive no longer than others do. THREADS: with the GIL.
#pragma once

#include <cstdint>

#include "refusal.h"

namespace overt::py {

// A function that a foreign patch put somewhere: what becomes of its calls.
class ForeignCall {
 public:
  ForeignCall() = default;
  virtual ~ForeignCall() = default;
  ForeignCall(const ForeignCall&) = delete;
  ForeignCall& operator=(const ForeignCall&) = delete;

  // May be destroyed while it runs: touches nothing of itself after it has called `own`, which is
  // the function's own code.
  virtual PyObject* run(vectorcallfunc own, PyObject* function, PyObject* const* args,
                        std::size_t nargsf, PyObject* kwnames) = 0;
};

struct Body;

struct FunctionHook {
  PyObject* function = nullptr;    // the key; borrowed
  ForeignCall* foreign = nullptr;  // borrowed: unhooked before it dies
  nb::object to;                   // what governed layers redirected it to
  Body* body = nullptr;            // borrowed: what runs below `to`
  int timed = 0;                   // so many patches that are timed have it as their original

  bool is_wanted() const { return foreign != nullptr || to.is_valid() || timed != 0; }

  vectorcallfunc own = nullptr;
  vectorcallfunc entry = nullptr;  // ours, while it is in the slot
  std::uint32_t version = 0;
  nb::object code, defaults, keyword_defaults;  // what the version stands for
  nb::object gone;                              // weak reference that tells of the function's death
};

// The hook of a function, made when it is first asked for. REQUIRES: the mechanism was tried out.
// Throws nb::python_error.
FunctionHook& hook_of(PyObject* function);

// nullptr where the function has none.
FunctionHook* find_hook(PyObject* function);

// To be called when what is wanted of the function has changed: puts the right entry in its slot,
// or takes it out, and forgets a hook that nobody wants. Somebody else's entry stays.
void update(FunctionHook& hook);

// False when somebody else has redirected the function since.
bool stands(const FunctionHook& hook);

// As its own code runs, below all that is hooked in but the foreign patch's part: for bodies.
vectorcallfunc below_redirection(const FunctionHook& hook);

}  // namespace overt::py
