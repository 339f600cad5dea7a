#include "session.h"

#include <nanobind/nanobind.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <memory>
#include <stdexcept>

#include "governed.h"
#include "metering.h"
#include "namespaces.h"
#include "overt/control_socket.h"
#include "overt/journal.h"
#include "overt/output.h"
#include "policy_gate.h"
#include "reach.h"
#include "records.h"
#include "registry.h"
#include "serving.h"
#include "switching.h"
#include "terminate.h"
#include "watcher.h"

namespace overt::py {
namespace {

struct Session {
  RunSettings settings;
  JournalHead head;
  Journal journal;
  int pid = 0;  // of the process that this session speaks for
  std::unique_ptr<Watcher> watcher;
};

// Never destroyed: daemon threads may still write to watched names while the process exits.
Session* the_session = nullptr;

std::vector<std::string> strings(PyObject* sequence) {
  std::vector<std::string> all;
  const auto fast = nb::steal(sequence == nullptr ? nullptr : PySequence_List(sequence));
  if (!fast.is_valid()) {
    PyErr_Clear();
    return all;
  }
  for (Py_ssize_t i = 0; i < PyList_GET_SIZE(fast.ptr()); ++i) {
    // Arguments and paths may hold bytes that are no text: those are written as \udcXX.
    const auto bytes = nb::steal(
        PyUnicode_AsEncodedString(PyList_GET_ITEM(fast.ptr(), i), "utf-8", "backslashreplace"));
    if (!bytes.is_valid()) PyErr_Clear();
    all.emplace_back(bytes.is_valid() ? PyBytes_AS_STRING(bytes.ptr()) : "?");
  }
  return all;
}

int module_count() {
  PyObject* modules = PyImport_GetModuleDict();
  return modules == nullptr ? 0 : static_cast<int>(PyDict_Size(modules));
}

Self self(const std::string& run, const std::string& service) {
  return {strings(PySys_GetObject("orig_argv")), run, service};
}

void complain(const std::string& what) {
  static_cast<void>(write_all(STDERR_FILENO, "overt: " + what + "\n"));
}

// Before the watcher: what is off is off from the first patch on.
void start_serving(const Session& session) {
  hear_environment();
  if (session.settings.children) pass_votes_on();
  const auto& settings = session.settings;
  if (settings.runtime.empty() && settings.file.empty()) return policy_is_followed("");
  const auto missing = serve(self(settings.run, settings.service), settings.runtime, settings.file,
                             !settings.runtime.empty());
  policy_is_followed(settings.file);
  if (!missing.empty())
    complain("no control of pid " + std::to_string(session.pid) + ": " + missing);
}

}  // namespace

Environment environment() {
  Environment environment;
  environment.python_version = python_version();
  environment.stdlib_names = strings(PySys_GetObject("stdlib_module_names"));
  for (auto& name : strings(PySys_GetObject("builtin_module_names"))) {
    environment.stdlib_names.push_back(std::move(name));
  }
  environment.path = strings(PySys_GetObject("path"));
  PyObject* modules = PyImport_GetModuleDict();
  PyObject* os = modules == nullptr ? nullptr : item(modules, "os");
  if (os != nullptr && PyModule_Check(os)) {
    const std::filesystem::path file(text_of(item(PyModule_GetDict(os), "__file__")));
    environment.stdlib_directory = file.parent_path().string();
  }
  return environment;
}

std::string serve_by_itself() {
  if (!control_path().empty()) return control_path();
  stop_serving();  // a thread that only kept time
  std::string service = "python";
  if (const auto argv = strings(PySys_GetObject("argv")); !argv.empty() && !argv.front().empty()) {
    service = std::filesystem::path(argv.front()).filename().string();
  }
  auto wrong = take_environment();
  if (wrong.empty()) wrong = serve(self("", service), "", "", true);
  if (wrong.empty()) return control_path();
  stop_serving();
  throw std::runtime_error(wrong);
}

Report report_of_patch(int id) {
  Report report;
  report.patches = {records().patch(id)};
  GovernedPatch::tell_states(report.patches);
  tell_switched(report.patches);
  return report;
}

Report current_report() {
  auto* watcher = Watcher::active();
  Report report;
  report.python = python_version();
  report.pid = ::getpid();
  report.argv = strings(PySys_GetObject("orig_argv"));
  report.modules = module_count();
  if (watcher != nullptr) report.watch_ms = watcher->milliseconds();
  const auto& ledger = watcher != nullptr ? watcher->ledger() : records().ledger();
  report.dropped = ledger.dropped();
  report.patches = ledger.patches();
  report.conflicts = ledger.conflicts();
  meters().tell(report.patches);
  GovernedPatch::tell_states(report.patches);
  tell_switched(report.patches);
  report.registries = registries().states();
  measure_reach(report.patches, records().subjects());
  read_code(report.patches, records().subjects());
  return report;
}

namespace {

// The program that `overt run` became is no Python, so nobody makes a report of this process and
// its children: it does so itself.
bool is_leaderless(const RunSettings& settings, int pid) {
  std::error_code ignored;
  return pid != settings.pid &&
         !std::filesystem::exists(journal_path(settings, settings.pid), ignored);
}

JournalHead head_of(const RunSettings& settings, int pid) {
  return {settings.run,
          pid,
          pid == settings.pid ? "run" : "spawn",
          strings(PySys_GetObject("orig_argv")),
          python_version(),
          "",
          0};
}

}  // namespace

bool in_main_interpreter() noexcept {
  return PyInterpreterState_Get() == PyInterpreterState_Main();
}

std::string boot(const std::string& text) {
  if (the_session != nullptr) return text;
  auto settings = RunSettings::decode(text);
  if (!settings) throw std::runtime_error(settings.error().what);
  if (settings->version != OVERT_VERSION) {
    throw std::runtime_error("the command is overt " + settings->version +
                             ", this interpreter has overt " + OVERT_VERSION +
                             "; install the same version in both");
  }
  auto session = std::make_unique<Session>();
  session->pid = ::getpid();
  if (is_leaderless(*settings, session->pid)) settings = settings->lead(session->pid);
  if (settings->directory != settings->report) {
    // Its parent too: a leader has one inside that of its run. Opening the journal tells what
    // fails.
    ::mkdir(std::filesystem::path(settings->directory).parent_path().c_str(), 0700);
    ::mkdir(settings->directory.c_str(), 0700);
  }
  session->settings = std::move(*settings);
  session->head = head_of(session->settings, session->pid);
  const bool root = session->pid == session->settings.pid;
  const auto opened =
      session->journal.open(journal_path(session->settings, session->pid), session->head);
  if (!opened && root) throw std::runtime_error(opened.error().what + " " + opened.error().subject);
  auto* journal = &session->journal;
  // The child of a fork that Python knows nothing of (in C) has no journal: this one is its
  // parent's.
  const auto* of = session.get();
  const auto is_own = [of] { return of->pid == ::getpid(); };
  records().listen({.patched =
                        [=](const Patch& patch) {
                          if (is_own()) journal->patch(patch, module_count());
                        },
                    .reverted =
                        [=](int id) {
                          const auto& patch = records().ledger().patch(id);
                          if (is_own()) journal->revert(id, patch.times, patch.lost);
                        },
                    .again =
                        [=](int id) {
                          if (is_own()) journal->again(id, records().ledger().patch(id).times);
                        }});
  journal_switches(journal);
  start_serving(*session);
  meter_foreign(session->settings.meter);
  session->watcher = std::make_unique<Watcher>(environment(), session->settings.internal);
  const auto variable = session->settings.encode();
  if (root) report_on_sigterm(session->settings, variable);
  the_session = session.release();
  return the_session->settings.children ? variable : std::string();
}

void after_fork() noexcept try {
  auto* session = the_session;
  if (session == nullptr || !session->watcher || !in_main_interpreter()) return;
  stop_reporting_on_sigterm();
  session->pid = ::getpid();
  if (!session->settings.children) {
    stop_serving();
    journal_switches(nullptr);
    session->journal.close();
    session->watcher.reset();
    return;
  }
  session->head.fork_of = std::filesystem::path(session->journal.path()).filename().string();
  session->head.fork_at = session->journal.size();
  session->head.pid = session->pid;
  session->head.started_by = "fork";
  session->head.argv = strings(PySys_GetObject("orig_argv"));
  // Where that fails the child is watched all the same; only a kill would lose its report.
  static_cast<void>(
      session->journal.open(journal_path(session->settings, session->pid), session->head));
  serve_again();
} catch (...) {
  complain("this child process is not governed: no memory");
}

void finish() noexcept try {
  auto* session = the_session;
  if (session == nullptr || !session->watcher || session->pid != ::getpid()) return;
  if (!in_main_interpreter()) return;  // another one ends; the process goes on
  stop_serving();
  journal_switches(nullptr);
  auto report = current_report();
  session->watcher.reset();
  session->journal.end(report.modules, report.watch_ms, report.patches);
  session->journal.close();
  const bool root = session->pid == session->settings.pid;
  if (root) {
    stop_reporting_on_sigterm();
    gather(session->settings, report);
    // Of children that were killed.
    if (!session->settings.runtime.empty()) {
      static_cast<void>(control_sockets(session->settings.runtime));
    }
  } else if (session->settings.report.empty()) {
    return;
  }
  if (auto delivered = deliver(session->settings, report); !delivered) {
    complain(delivered.error().what + ": " + delivered.error().subject);
  }
} catch (const std::exception& error) {
  complain(std::string("no report: ") + error.what());
} catch (...) {
  complain("no report: unknown failure");
}

}  // namespace overt::py
