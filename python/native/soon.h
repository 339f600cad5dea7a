// Work at the interpreter's next safe point: a pending call of CPython, which any thread may run.
#pragma once

#include <nanobind/nanobind.h>

namespace overt::py {

// Has a callback run with the GIL at the interpreter's next safe point; what it returns is ignored.
// One that the end of the interpreter overtakes does not run any more.
// False when it cannot. THREADS: any, with the GIL or without.
bool call_soon(int (*callback)(void*));

// Before every fork of Python's: a callback that another thread is in the middle of (it gave up the
// GIL) comes to its end first, or has had a second.
//
// WHY: CPython remembers the thread that works off pending calls and does not clear that in a
// child, where the thread is not. The child would never run a pending call again, and tell its
// state, which is freed memory there, at each one that is asked for.
void make_forks_wait(nanobind::module_& module);

}  // namespace overt::py
