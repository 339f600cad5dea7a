// Errors of the core: values, never exceptions, and never without saying what to do.
//
// A function that can fail returns result<T>. The error says what happened, to which subject, and
// its code maps one to one to an exit status of the command line and to a Python exception.
// THREADS: values; no shared state.
#pragma once

#include <string>
#include <tl/expected.hpp>
#include <utility>

namespace overt {

enum class Code {
  usage,      // the caller asked for something that makes no sense: exit status 2
  not_found,  // no such command, process, patch or file: exit status 4
  io,         // the operating system said no: exit status 2
  format,     // a file or message is not what it should be: exit status 2
  refused,    // what is asked for cannot be patched or switched that way
  signature,  // a callable that cannot take the target's calls, or is of another kind
  duplicate,  // the same owner has made the same patch already
  misuse,     // not now: a handle that is installed already, a scope that is not open
  policy,     // the policy of overt.toml denies it: exit status 3
};

struct Error {
  Code code;
  std::string what;     // one sentence for a person, with what to do
  std::string subject;  // the path, name or text it is about
};

template <class T>
using result = tl::expected<T, Error>;

inline tl::unexpected<Error> fail(Code code, std::string what, std::string subject = {}) {
  return tl::unexpected<Error>(Error{code, std::move(what), std::move(subject)});
}

// The exit status that the command line gives for an error of this kind.
constexpr int exit_status(Code code) {
  if (code == Code::policy) return 3;
  return code == Code::not_found ? 4 : 2;
}

}  // namespace overt
