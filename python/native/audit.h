// Audit events, for hooks of sys.addaudithook(): overt.install, overt.remove, overt.off, overt.on,
// each with the target and the owner of the patch.
//
// Raised before the change and with no lock of ours held, since a hook may run any code. What a
// hook raises keeps an installation or a switching on from happening. A kill is never refused:
// switching off and removing happen all the same, and the error goes on afterwards. What was not
// done by Python code (command, file, environment, budget) is told at the interpreter's next safe
// point, when it holds already; what a hook raises then is unraisable.
// THREADS: with the GIL; tell_later() any. PYTHON: runs the hooks.
#pragma once

#include <cstdint>
#include <exception>
#include <string>

#include "overt/switchboard.h"

namespace overt::py {

enum class AuditEvent : std::uint8_t { install, remove, off, on };

// Throws nb::python_error with what a hook raised.
void audit(AuditEvent event, const std::string& target, const std::string& owner);

// Announces what cannot be refused, and keeps what hooks raised until it is done.
class Announcement {
 public:
  void make(AuditEvent event, const std::string& target, const std::string& owner);
  void rethrow() const {
    if (error_) std::rethrow_exception(error_);
  }

 private:
  std::exception_ptr error_;  // the first
};

// While one lives, changes of votes on this thread have been announced already.
class Announced {
 public:
  Announced();
  ~Announced();
  Announced(const Announced&) = delete;
  Announced& operator=(const Announced&) = delete;
};

// The votes have changed: what that made of patches is told to the hooks, if nobody has.
void tell_later(const SwitchEntry& entry);

}  // namespace overt::py
