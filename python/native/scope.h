// Where a layer holds: the whole process, one thread, or one context; and the baseline, in which
// none holds.
//
// A context is that of contextvars: tasks, asyncio.to_thread and greenlets started from it inherit
// it.
// THREADS: with the GIL. PYTHON: nothing here runs Python code of the program.
#pragma once

#include <nanobind/nanobind.h>

#include <atomic>
#include <cstdint>

namespace overt::py {

namespace nb = nanobind;

enum class ScopeKind : std::uint8_t { process, thread, context };

class Scope {
 public:
  Scope() = default;
  explicit Scope(ScopeKind kind) : kind_(kind) {}

  // The layer holds from here on in this thread or context. Throws nb::python_error.
  void enter();
  // Undoes the last enter() of this thread or context.
  void leave();

  // The layer holds nowhere any more, also where leave() was not called: a patch is removed in
  // one context and may have been installed in another, which must not see its next installation.
  void end() { variable_.reset(); }

  // Whether the caller is where the layer holds.
  bool holds() const;
  ScopeKind kind() const { return kind_; }

 private:
  ScopeKind kind_ = ScopeKind::process;
  std::uint64_t thread_ = 0;
  nb::object variable_;  // of a context: true where the layer holds
};

// How many baselines are open anywhere in the process. While there is none, a call pays one load.
[[gnu::visibility("hidden")]] extern std::atomic<std::uint32_t> open_baselines;

void enter_baseline();
void leave_baseline();
bool in_baseline();

}  // namespace overt::py
