// One governed process: what `overt run` started, or a child of it.
//
// Starts the watcher before the program's first line, appends what it sees to the process's journal
// and makes the report when the process ends. A fault here is told in one line on standard error
// and never changes how the program ends. THREADS: every function is called with the GIL held; the
// SIGTERM handler uses prepared memory only.
#pragma once

#include <string>

#include "overt/report.h"
#include "overt/run.h"

namespace overt::py {

// The other interpreters of a process are left alone: there is one watcher, of the main one.
bool in_main_interpreter() noexcept;

// Called once, by overt._boot. `settings` is the value of OVERT_RUN; the result is what it must be
// for the children of this process, "" when they are to be left alone. Throws std::runtime_error
// with a sentence for the user when this process cannot be governed.
std::string boot(const std::string& settings);

// The end of the process, from atexit: stops watching, writes the report. Does nothing the second
// time.
void finish() noexcept;

// In a forked child, before any Python code of its own runs.
void after_fork() noexcept;

// The report as it stands: governed patches always, others while they are watched.
Report current_report();

// With one patch only, and without who holds it. Throws Refusal where there is none.
Report report_of_patch(int id);

// overt.serve(): opens the control socket of a process that `overt run` did not start. Returns its
// path. Throws std::runtime_error with a sentence for the user.
std::string serve_by_itself();

// What the interpreter says about itself; see Environment.
Environment environment();

}  // namespace overt::py
