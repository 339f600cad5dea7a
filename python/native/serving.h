// The switchboard of this process and the native thread that serves it.
//
// The board and the history are there from the first use and for ever, so that patches can be made
// known before anything is served and while the process ends. THREADS: the functions are called
// with the GIL held; what the native thread calls takes none (process_view.h). FORK: Service stops
// and asks to be restarted, which a pending call of the interpreter does.
#pragma once

#include <string>
#include <vector>

#include "overt/control.h"
#include "overt/history.h"
#include "overt/journal.h"
#include "overt/patch.h"
#include "overt/run.h"
#include "overt/switchboard.h"

namespace overt::py {

// What answers questions about this process, from inside of it.
Control own_control();

Switchboard& switchboard();
History& history();

// Every change of votes goes to this file too, from now on. nullptr: to none any more.
void journal_switches(Journal* journal);

// What came of proving removals: into the history and the journal.
void keep_proof(const std::string& entry);

// The vote of the code that holds a patch or a decorator, or its withdrawal.
void vote_by_hand(int id, bool off, const By& by);

// A patch of the ledger stands, or stands again; is undone. What switches it is told to the board
// by whoever has it.
void enroll(const Patch& patch);
void withdraw(int id);

std::string python_version();  // "3.13.0"

// What this process says of itself.
struct Self {
  std::vector<std::string> argv;
  std::string run;
  std::string service;
};

// Votes of OVERT_OFF and OVERT=0, and what the process that started this one had voted: taken the
// first time that this is called. Returns what was wrong with them, "" if nothing.
const std::string& take_environment();
void hear_environment();  // the same; what is wrong is told on standard error, once

// Keeps OVERT_VOTES of os.environ as the votes are, for children.
void pass_votes_on();

// Starts the native thread. Returns what is missing, "" if nothing. No-op when it runs.
std::string serve(const Self& self, const std::string& directory, const std::string& file,
                  bool control);
void stop_serving() noexcept;

// The native thread, for its timers, without a socket if there is none yet. Returns what is
// missing.
std::string keep_time();
bool is_serving();
std::string control_path();

// In a forked child, or whenever Python code runs after a fork: what the fork stopped starts again.
void serve_again() noexcept;

}  // namespace overt::py
