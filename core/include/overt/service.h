// The one native thread of a governed process: control socket, watched file, timers.
//
// Started on purpose and never by an import. The thread blocks all signals and never attaches to an
// interpreter, so it works while Python hangs and while it finalises. FORK: stopped before a fork,
// as CPython warns of threads then; after it the `restart` hook is asked, in parent and child, to
// call restart() at a moment of its choice (Python: a pending call), or, without a hook, the thread
// starts again at once. A child serves under its own pid. There is one service per process.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "overt/budget.h"
#include "overt/history.h"
#include "overt/policy.h"
#include "overt/process_view.h"
#include "overt/result.h"
#include "overt/switchboard.h"

namespace overt {

struct ServiceOptions {
  bool control = true;    // open the control socket
  std::string directory;  // where; "" for the runtime directory (runtime_dir.h)
  std::string file;       // the overt.toml to follow, absolute; "" for none
};

struct ServiceHooks {
  // Called in the forking thread, inside fork(): must only arrange that restart() is called soon.
  std::function<void()> restart;
  // Called in a child, before restart(): its pid is another one.
  std::function<void()> forked;
  // The [[budget]] tables of the file, when they are others.
  std::function<void(std::vector<Budget>)> budgets;
  // About once a second on the native thread, with the monotonic time in seconds.
  std::function<void(double)> tick;
  // What the [policy] of the file says from now on. On the thread of start(), then the native one.
  std::function<void(Policy)> policy;
};

class Service {
 public:
  // REQUIRES: board, view and history live as long as the service.
  Service(ServiceOptions options, Switchboard& board, const ProcessView& view, History& history,
          ServiceHooks hooks = {});
  ~Service();
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;

  // Reads the file and opens the socket on this thread, so that votes of the file hold when it
  // returns, then starts the thread. An error (no directory, no thread left) leaves the process
  // governed by environment and file as read, and says what is missing.
  result<void> start();

  // Ends the thread and unlinks the socket. Not on the native thread itself.
  void stop();

  // After a fork: starts again what the fork stopped. Does nothing where nothing was stopped.
  void restart() noexcept;
  bool wants_restart() const noexcept;  // one relaxed load: for a call path that may help out

  // Calls back on the native thread at a boot time (boot_seconds() + ...). The callback must not
  // touch Python and should be quick. Survives a fork in parent and child. While the thread is
  // stopped nothing is called.
  std::uint64_t at(double boot_time, std::function<void()> callback);
  void cancel(std::uint64_t timer);

  std::string socket_path() const;  // "" when none is open; not on the native thread

  static Service* active();

 private:
  static void before_fork();
  static void after_fork_in_parent();
  static void after_fork_in_child();
  void release_after_fork();
  void ask_for_restart();

  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace overt
