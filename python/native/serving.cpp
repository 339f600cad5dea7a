#include "serving.h"

#include <nanobind/nanobind.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>

#include "audit.h"
#include "budgeting.h"
#include "holders.h"
#include "metering.h"
#include "namespaces.h"
#include "overt/json_text.h"
#include "overt/output.h"
#include "overt/process_view.h"
#include "overt/service.h"
#include "overt/switch_file.h"
#include "policy_gate.h"
#include "proof.h"
#include "records.h"
#include "registry.h"
#include "soon.h"
#include "switching.h"
#include "variables.h"

namespace overt::py {
namespace {

constexpr const char* kVotesVariable = "OVERT_VOTES";

// The ledger as the native thread sees it.
class View : public ProcessView {
 public:
  View() : ledger_(records().ledger()) {}

  void introduce(const Self& self) {
    const std::lock_guard lock(mutex_);
    self_ = self;
    started_ = seconds_now();
  }

  ProcessFacts facts() const override {
    const std::lock_guard lock(mutex_);
    // The version also where nothing is served and an exporter in the process asks.
    return {::getpid(),    python_version(), self_.argv,       self_.run,
            self_.service, started_,         ledger_.dropped()};
  }
  std::vector<Patch> patches(int after, std::size_t limit) const override {
    auto all = ledger_.copy(after, limit);
    meters().tell(all);
    return all;
  }
  std::vector<Conflict> conflicts() const override { return ledger_.copy_of_conflicts(); }
  std::optional<std::map<int, Reach>> reach(double age) const override { return reach_within(age); }
  std::uint64_t prove(const std::vector<int>& ids, const By& by) const override {
    return want_proof(ids, by);
  }
  bool is_answered(std::uint64_t proof) const override { return is_proof_answered(proof); }
  RegistryPage registries(const RegistryPlace& from, std::size_t limit) const override {
    return overt::py::registries().page(from, limit);
  }

 private:
  const Ledger& ledger_;
  mutable std::mutex mutex_;
  Self self_;
  double started_ = 0;
};

struct Serving {
  View view;
  std::unique_ptr<Service> service;
  std::mutex journal_mutex;
  Journal* journal = nullptr;
  bool passes_votes = false;
  pid_t pid = 0;  // of the process that serves
};

// Never destroyed, as the board and the history.
Serving& serving() {
  static auto* all = new Serving;
  return *all;
}

int restart_service(void*) {
  serve_again();
  return 0;
}

// The dict behind os.environ, of bytes; invalid where somebody put something else there.
nb::object environ_data() {
  PyObject* modules = PyImport_GetModuleDict();
  PyObject* os = modules == nullptr ? nullptr : item(modules, "os");
  const auto environ = nb::steal(os == nullptr ? nullptr : PyObject_GetAttrString(os, "environ"));
  auto data =
      nb::steal(environ.is_valid() ? PyObject_GetAttrString(environ.ptr(), "_data") : nullptr);
  if (PyErr_Occurred() != nullptr) PyErr_Clear();
  return data.is_valid() && PyDict_CheckExact(data.ptr()) ? data : nb::object();
}

// Into os.environ, so that it reaches every child however it is started. Not by its own methods,
// which are Python code: that may let another thread run and fork halfway (soon.h).
int write_votes(void*) {
  const auto text = switchboard().for_children();
  if (text.empty()) {
    ::unsetenv(kVotesVariable);
  } else {
    ::setenv(kVotesVariable, text.c_str(), 1);
  }
  const auto data = environ_data();
  const auto name = nb::steal(PyBytes_FromString(kVotesVariable));
  const auto value = nb::steal(PyBytes_FromStringAndSize(text.data(), std::ssize(text)));
  if (data.is_valid() && name.is_valid() && value.is_valid()) {
    if (!text.empty()) {
      PyDict_SetItem(data.ptr(), name.ptr(), value.ptr());
    } else if (PyDict_Contains(data.ptr(), name.ptr()) == 1) {
      PyDict_DelItem(data.ptr(), name.ptr());
    }
  }
  if (PyErr_Occurred() != nullptr) PyErr_Clear();
  return 0;
}

// Inside fork(). In a child the interpreter is not made anew yet: another thread may have held a
// lock of its that nobody will release, so nothing of it may be called. There Python's own hook
// after a fork starts the thread again.
void restart_soon() {
  if (::getpid() == serving().pid) call_soon(restart_service);
}

bool into_journal(bool (Journal::*line)(const std::string&), const std::string& text) {
  auto& all = serving();
  const std::lock_guard lock(all.journal_mutex);
  // The child of a fork in C has no journal; this one is its parent's.
  const bool own = all.pid == 0 || all.pid == ::getpid();
  return all.journal == nullptr || !own || (all.journal->*line)(text);
}

bool keep(const SwitchEntry& entry) {
  const auto text = to_json(entry);
  history().add("switch", text);
  tell_later(entry);
  return into_journal(&Journal::switched, text);
}

}  // namespace

Switchboard& switchboard() {
  static auto* board = new Switchboard({.journal = keep, .work = want, .changed = [] {
                                          if (serving().passes_votes) call_soon(write_votes);
                                        }});
  return *board;
}

History& history() {
  static auto* events = new History;
  return *events;
}

std::string python_version() {
  const std::string_view version = Py_GetVersion();
  return std::string(version.substr(0, version.find(' ')));
}

void journal_switches(Journal* journal) {
  auto& all = serving();
  const std::lock_guard lock(all.journal_mutex);
  all.journal = journal;
}

void keep_proof(const std::string& entry) {
  history().add("proof", entry);
  into_journal(&Journal::proved, entry);
}

void vote_by_hand(int id, bool off, const By& by) {
  const auto selector = Selector::of_patch(id);
  if (off) {
    static_cast<void>(switchboard().vote({Source::api, selector, by, false, seconds_now()}));
    return;
  }
  static_cast<void>(switchboard().unvote(Source::api, selector, by));
  // Who says "on" has seen the trip, and the budget is looked at anew.
  static_cast<void>(switchboard().unvote(Source::budget, selector, by));
}

void enroll(const Patch& patch) {
  patch.governed ? enroll_governed(patch) : enroll_foreign(patch);
  // An object made of the four would take three times as long.
  history().add("patch", R"({"id": )" + std::to_string(patch.id) + R"(, "target": )" +
                             json_string(patch.target) + R"(, "owner": )" +
                             json_string(patch.owner.name) + R"(, "change": )" +
                             json_string(name(patch.change)) + "}");
}

void withdraw(int id) {
  forget_switch(id);
  switchboard().withdraw_patch(id);
  history().add("revert", R"({"id": )" + std::to_string(id) + "}");
}

static std::string hear_votes() {
  auto& board = switchboard();
  std::string wrong;
  auto votes = parse_off_variable(variable("OVERT_OFF"));
  if (is_plain()) {
    votes.push_back({Source::environment, Selector::everything(), {"OVERT=0", ""}, true, 0});
  }
  if (!votes.empty()) {
    const auto done = board.replace(Source::environment, std::move(votes), {"OVERT_OFF", ""});
    if (!done) wrong = done.error().what;
  }
  if (const auto inherited = variable(kVotesVariable); !inherited.empty()) {
    const auto done = board.inherit(inherited);
    if (!done) wrong = done.error().what + ": " + done.error().subject;
  }
  return wrong;
}

const std::string& take_environment() {
  static const std::string wrong = hear_votes();
  return wrong;
}

void hear_environment() {
  static const bool heard = [] {
    const auto& wrong = take_environment();
    if (!wrong.empty()) static_cast<void>(write_all(STDERR_FILENO, "overt: " + wrong + "\n"));
    return true;
  }();
  static_cast<void>(heard);
}

Control own_control() { return {switchboard(), serving().view, history()}; }

void pass_votes_on() { serving().passes_votes = true; }

std::string serve(const Self& self, const std::string& directory, const std::string& file,
                  bool control) {
  auto& all = serving();
  if (all.service) return {};
  all.view.introduce(self);
  all.pid = ::getpid();
  all.service = std::make_unique<Service>(
      ServiceOptions{.control = control, .directory = directory, .file = file}, switchboard(),
      all.view, history(),
      ServiceHooks{.restart = restart_soon,
                   .forked = {},
                   .budgets = take_budgets,
                   .tick = look_at_budgets,
                   .policy = take_policy});
  const auto started = all.service->start();
  if (started) return {};
  all.service.reset();  // votes of file and environment hold all the same
  const auto& [code, what, subject] = started.error();
  return subject.empty() ? what : what + ": " + subject;
}

std::string keep_time() { return is_serving() ? std::string() : serve({}, "", "", false); }

void stop_serving() noexcept {
  auto& all = serving();
  if (!all.service) return;
  all.service->stop();
  all.service.reset();
}

bool is_serving() { return serving().service != nullptr; }

std::string control_path() {
  auto& all = serving();
  return all.service ? all.service->socket_path() : std::string();
}

void serve_again() noexcept {
  auto& all = serving();
  all.pid = ::getpid();
  if (all.service) all.service->restart();
}

}  // namespace overt::py
