#include "terminate.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace overt::py {
namespace {

// Prepared for the handler; pointers into strings that live as long as the process.
struct Prepared {
  pid_t pid =
      0;  // a child made by fork(2) in C inherits the handler, and is not what the report is about
  std::string command;
  std::string variable;
  std::array<char*, 3> argv{};
  std::array<char*, 2> environment{};
  sigset_t no_signals{};
};

Prepared* prepared = nullptr;

extern "C" void on_sigterm(int signal_number) {
  const int saved = errno;
  // vfork: fork would copy locks that other threads hold and run handlers that take them, and
  // posix_spawn is not among the functions that a signal handler may call.
  const pid_t child = ::getpid() == prepared->pid ? ::vfork() : -1;  // NOLINT
  if (child == 0) {
    // Else the command could not be interrupted.
    ::sigprocmask(SIG_SETMASK, &prepared->no_signals, nullptr);
    ::execve(prepared->command.c_str(), prepared->argv.data(), prepared->environment.data());
    ::_exit(127);
  }
  int status = 0;
  while (child > 0 && ::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  struct sigaction fallback{};
  fallback.sa_handler = SIG_DFL;
  ::sigaction(signal_number, &fallback, nullptr);
  ::raise(signal_number);  // blocked here; it ends the process when this handler returns
  errno = saved;
}

}  // namespace

void report_on_sigterm(const RunSettings& settings, const std::string& variable) {
  struct sigaction current{};
  if (prepared != nullptr || ::sigaction(SIGTERM, nullptr, &current) != 0) return;
  if ((current.sa_flags & SA_SIGINFO) != 0 || current.sa_handler != SIG_DFL) return;
  prepared = new Prepared;
  prepared->pid = ::getpid();
  sigemptyset(&prepared->no_signals);
  prepared->command = settings.command;
  prepared->variable = std::string(kRunVariable) + "=" + variable;
  static std::string verb = "finish-run";
  prepared->argv = {prepared->command.data(), verb.data(), nullptr};
  prepared->environment = {prepared->variable.data(), nullptr};
  struct sigaction action{};
  action.sa_handler = on_sigterm;
  action.sa_flags = SA_RESTART;
  sigfillset(&action.sa_mask);
  ::sigaction(SIGTERM, &action, nullptr);
}

void stop_reporting_on_sigterm() {
  struct sigaction current{};
  if (::sigaction(SIGTERM, nullptr, &current) != 0 || current.sa_handler != on_sigterm) return;
  current = {};
  current.sa_handler = SIG_DFL;
  ::sigaction(SIGTERM, &current, nullptr);
}

}  // namespace overt::py
