// A report also when SIGTERM ends the process.
//
// A program that does not handle SIGTERM is ended by the kernel, at once, wherever it is. It must
// stay so: a handler in Python would wait for C code to return and show up in signal.getsignal().
// So a handler is put in place behind Python's back, only where the disposition is the default; it
// starts the `overt` command, which makes the report from the journal, and then lets the signal
// have its way. It uses nothing but async-signal-safe calls on memory prepared beforehand.
//
// A program that sets a handler of its own replaces this one and ends in its own way.
#pragma once

#include <string>

#include "overt/run.h"

namespace overt::py {

// `settings` is the value of OVERT_RUN, for the command that makes the report.
void report_on_sigterm(const RunSettings& settings, const std::string& variable);

// Puts the default disposition back if it was exchanged.
void stop_reporting_on_sigterm();

}  // namespace overt::py
