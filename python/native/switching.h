// Carries out what the switchboard decides and the call path cannot read from a cell: bindings,
// redirected functions, code. Done at the interpreter's next safe point.
//
// THREADS: want() is called by any thread, the rest with the GIL.
#pragma once

#include <vector>

#include "overt/patch.h"

namespace overt::py {

// Makes a patch known to the switchboard, with the means to switch it.
void enroll_foreign(const Patch& patch);
void enroll_governed(const Patch& patch);  // by work at first; its cell is armed by whoever has it

// The patch is undone: what it was switched by goes with it.
void forget_switch(int id);

// The switchboard wants a patch off or on. Any thread, also without the GIL.
void want(int id, bool off);

// Fills in which patches of others are off, as a report says it.
void tell_switched(std::vector<Patch>& patches);

// Does now what waits. Called at safe points, and by Python code that has just voted.
void work_off();

}  // namespace overt::py
