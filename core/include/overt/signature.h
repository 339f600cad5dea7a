// Parameter lists as values, and whether one callable can take every call that another one takes.
//
// Asked when a patch is installed, so that a call never fails because of the patch: what would fail
// is refused there, with the very call that shows it.
// THREADS: values; no shared state.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "overt/result.h"

namespace overt {

enum class ParameterKind : std::uint8_t {
  positional_only,
  positional_or_keyword,
  var_positional,
  keyword_only,
  var_keyword
};

struct Parameter {
  std::string name;
  ParameterKind kind = ParameterKind::positional_or_keyword;
  bool has_default = false;
  bool operator==(const Parameter&) const = default;
};

// In the order in which Python wants them: positional, *, keyword-only, **.
struct Signature {
  std::vector<Parameter> parameters;

  // "(a, /, b=..., *args, c, **kwargs)"
  std::string str() const;

  // The same without its first positional parameter, as a bound method has it.
  Signature bound() const;

  // The same with the first parameter positional-only: nobody passes `self` by keyword, so an
  // advice may call it as it likes.
  Signature of_method() const;

  bool operator==(const Signature&) const = default;
};

// Who is asked to take the calls of a target.
struct Callee {
  std::string_view role = "advice";  // as an error calls it: "the advice", "the replacement"
  std::size_t leading = 0;           // arguments that it is given in front of the target's own
};

// Success if `callee` takes every call that `target` takes. The error names a call that it does not
// take, and what to change. One thing is let through: a keyword that the target takes only through
// its **kwargs is taken to be none of the names that the callee has for other things; without that,
// (original, *args, **kwargs) could stand before no target with **kwargs.
result<void> accepts(const Signature& callee, const Signature& target, Callee as = {});

// What a call makes.
enum class CallKind : std::uint8_t { plain, coroutine, generator, async_generator };

std::string_view name(CallKind kind);  // "coroutine function", "function", ...

// Plain code goes before anything: it returns what the original made, or something like it. All
// other kinds change what the caller is given unless the target makes the same.
result<void> suits(CallKind callee, CallKind target, std::string_view role = "advice");

}  // namespace overt
