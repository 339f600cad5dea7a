#include "overt/service.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>
#include <vector>

#include "control_server.h"
#include "overt/clock.h"
#include "overt/followed_file.h"
#include "overt/json_text.h"
#include "overt/runtime_dir.h"
#include "overt/switch_file.h"

namespace overt {
namespace {

constexpr double kTick = 1.0;           // the poll that stands in for watches that fail
constexpr double kBetweenLooks = 0.05;  // a file that flaps is followed 20 times a second
constexpr std::size_t kStack = std::size_t{1} << 20U;

std::atomic<Service*> the_service{nullptr};

double monotonic() { return static_cast<double>(monotonic_ns()) * 1e-9; }

std::string told(const char* key, const std::string& what, const std::string& subject) {
  return compact_json(nlohmann::json{{key, what}, {"subject", subject}});
}

}  // namespace

struct Service::Impl {
  Impl(ServiceOptions the_options, Switchboard& the_board, const ProcessView& the_view,
       History& the_history, ServiceHooks the_hooks)
      : options(std::move(the_options)),
        board(the_board),
        view(the_view),
        history(the_history),
        hooks(std::move(the_hooks)) {}

  result<void> open_pipe();
  result<void> open_socket();
  void close_socket();
  result<void> start_thread();
  void stop_thread();
  void wake() const;
  void watch_leader();
  void leader_ends();
  bool is_last() const;
  void run();
  void wait(double until);
  void follow();
  void apply();
  double call_timers();

  ServiceOptions options;
  Switchboard& board;
  const ProcessView& view;
  History& history;
  ServiceHooks hooks;

  // The native thread's own while it runs, else of whoever starts and stops it.
  std::optional<ControlServer> server;
  std::optional<FollowedFile> file;
  std::vector<Vote> file_votes;
  bool killed = false;
  bool unapplied = false;
  double looked = 0;
  double checked = 0;
  double ticked = 0;

  std::mutex state;  // guards what follows
  pthread_t thread{};
  bool running = false;
  std::string path;

  // Made before the thread is, and again in a forked child, which has one thread then.
  Descriptor wake_read;
  Descriptor wake_write;
  bool deaf = false;  // somebody has closed them: a stop is seen at the next tick

  std::atomic<bool> stopping{false};
  std::atomic<bool> orphaned{false};  // the thread that the process began with has ended
  std::atomic<bool> wants_restart{false};

  std::mutex timer_mutex;
  std::multimap<double, std::pair<std::uint64_t, std::function<void()>>> timers;
  std::uint64_t last_timer = 0;
};

result<void> Service::Impl::open_socket() {
  if (!options.control) return {};
  if (options.directory.empty()) {
    auto directory = runtime_directory();
    if (!directory) return tl::unexpected(directory.error());
    options.directory = std::move(*directory);
  }
  static_cast<void>(control_sockets(options.directory));  // cleans up after those that crashed
  server.emplace(Control{board, view, history}, options.directory, ::getpid());
  if (auto opened = server->open(); !opened) {
    server.reset();
    return opened;
  }
  path = server->path();
  return {};
}

void Service::Impl::close_socket() {
  server.reset();
  path.clear();
}

result<void> Service::Impl::open_pipe() {
  int ends[2] = {-1, -1};
  if (::pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) {
    return fail(Code::io,
                std::string("no descriptor is left for control: ") + std::strerror(errno));
  }
  wake_read = Descriptor(move_up(ends[0]));
  wake_write = Descriptor(move_up(ends[1]));
  deaf = false;
  return {};
}

// The thread takes no signal: they are the program's, and its handlers run on its own threads.
result<void> Service::Impl::start_thread() {
  if (auto opened = wake_read.is_open() ? result<void>() : open_pipe(); !opened) return opened;
  stopping = false;
  sigset_t all;
  sigset_t before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  pthread_attr_t attributes;
  ::pthread_attr_init(&attributes);
  ::pthread_attr_setstacksize(&attributes, kStack);
  const int error = ::pthread_create(
      &thread, &attributes,
      [](void* self) -> void* {
        static_cast<Impl*>(self)->run();
        return nullptr;
      },
      this);
  ::pthread_attr_destroy(&attributes);
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (error != 0) {
    return fail(Code::io, std::string("no thread is left for control: ") + std::strerror(error));
  }
  ::pthread_setname_np(thread, "overt-control");
  running = true;
  return {};
}

void Service::Impl::stop_thread() {
  if (!running) return;
  stopping = true;
  wake();
  ::pthread_join(thread, nullptr);
  running = false;
}

void Service::Impl::wake() const {
  const char byte = 0;
  if (wake_write.is_ours()) static_cast<void>(::write(wake_write.get(), &byte, 1) + 1);
}

// A process ends with its last thread, which must not be ours. The thread that it began with ends
// without exit(3) in a child that was forked in a thread, and in C after pthread_exit().
void Service::Impl::watch_leader() {
  static pthread_key_t key;
  static const int made = ::pthread_key_create(&key, [](void*) {
    if (auto* service = the_service.load()) service->impl_->leader_ends();
  });
  if (made == 0 && ::gettid() == ::getpid()) ::pthread_setspecific(key, this);
}

// In that thread, while it ends.
void Service::Impl::leader_ends() {
  const std::lock_guard lock(state);
  orphaned = true;
  if (!is_last()) return;  // others go on; the native thread leaves when they have
  stop_thread();
  server.reset();
}

// Of the threads there are, one has ended or is about to, and one is ours.
bool Service::Impl::is_last() const {
  std::error_code error;
  int tasks = 0;
  for (std::filesystem::directory_iterator it("/proc/self/task", error), end; !error && it != end;
       it.increment(error)) {
    ++tasks;
  }
  return !error && tasks <= 2;
}

void Service::Impl::run() {
  while (!stopping) {
    if (orphaned && is_last()) return server.reset();
    double until = monotonic() + kTick;
    try {
      until = std::min(until, call_timers());
      if (const auto next = board.expire()) {
        until = std::min(until, monotonic() + *next - boot_seconds());
      }
      follow();
      if (const double now = monotonic(); hooks.tick && now >= ticked + kTick) {
        ticked = now;
        hooks.tick(now);
      }
    } catch (const std::exception& error) {
      history.add("control", told("fault", error.what(), "native thread"));
    }
    wait(until);
  }
}

// Until something is said to us, or the time is over.
void Service::Impl::wait(double until) {
  std::vector<pollfd> descriptors;
  descriptors.push_back({deaf ? -1 : wake_read.get(), POLLIN, 0});
  descriptors.push_back({file ? file->descriptor() : -1, POLLIN, 0});
  const double now = monotonic();
  if (file && now < looked + kBetweenLooks) {
    descriptors[1].fd = -1;  // a change waits for its turn
    until = std::min(until, looked + kBetweenLooks);
  }
  if (server) server->prepare(descriptors, now, until);
  const double seconds = std::clamp(until - now, 0.0, kTick);
  const timespec timeout{
      static_cast<time_t>(seconds),
      static_cast<long>((seconds - static_cast<double>(static_cast<time_t>(seconds))) * 1e9)};
  const int ready = ::ppoll(descriptors.data(), descriptors.size(), &timeout, nullptr);
  if (stopping) return;
  if (ready < 0 && errno != EINTR) ::usleep(10'000);
  char bytes[64];
  if ((descriptors[0].revents & POLLIN) != 0) {
    while (::read(wake_read.get(), bytes, sizeof(bytes)) > 0) {
    }
  } else if (descriptors[0].revents != 0) {
    deaf = true;  // a daemon has closed all descriptors
  }
  const double after = monotonic();
  if (!server) return;
  server->serve(descriptors.data() + 2, descriptors.size() - 2, after);
  if (after - checked < kTick) return;
  checked = after;
  server->check();
}

void Service::Impl::follow() {
  const double now = monotonic();
  if (!file || now < looked + kBetweenLooks) return;
  looked = now;
  const auto seen = file->look();
  bool changed = unapplied;
  if (seen.text) {
    auto votes =
        seen.text->and_then([&](const auto& text) { return parse_switches(text, file->path()); });
    auto budgets =
        seen.text->and_then([&](const auto& text) { return parse_budgets(text, file->path()); });
    auto policy =
        seen.text->and_then([&](const auto& text) { return parse_policy(text, file->path()); });
    if (votes && budgets && policy) {
      if (hooks.budgets) hooks.budgets(std::move(*budgets));
      if (hooks.policy) hooks.policy(std::move(*policy));
      file_votes = std::move(*votes);
      history.add("file",
                  told("applied", std::to_string(file_votes.size()) + " votes", file->path()));
      changed = true;
    } else {
      const auto& error = !votes ? votes.error() : !budgets ? budgets.error() : policy.error();
      history.add("file", told("refused", error.what, error.subject));
    }
  }
  if (seen.gone) history.add("file", told("gone", "its last votes hold", file->path()));
  if (!seen.kill_refused.empty()) {
    history.add("file", told("refused", seen.kill_refused, file->kill_path()));
  }
  if (seen.kill) {
    killed = *seen.kill;
    changed = true;
  }
  if (changed) apply();
}

// REQUIRES: there is a file.
void Service::Impl::apply() {
  if (!file) return;
  auto votes = file_votes;
  if (killed) {
    votes.push_back({Source::file, Selector::everything(), {file->kill_path(), "KILL"}, false, 0});
  }
  unapplied = !board.replace(Source::file, std::move(votes), {file->path(), ""}).has_value();
}

// Returns when the next one is due, on the monotonic clock.
double Service::Impl::call_timers() {
  std::unique_lock lock(timer_mutex);
  while (!timers.empty() && timers.begin()->first <= boot_seconds()) {
    const auto callback = std::move(timers.begin()->second.second);
    timers.erase(timers.begin());
    lock.unlock();
    callback();
    lock.lock();
  }
  const double now = monotonic();
  return timers.empty() ? now + kTick : now + timers.begin()->first - boot_seconds();
}

Service::Service(ServiceOptions options, Switchboard& board, const ProcessView& view,
                 History& history, ServiceHooks hooks)
    : impl_(std::make_unique<Impl>(std::move(options), board, view, history, std::move(hooks))) {
  if (!impl_->options.file.empty()) impl_->file.emplace(impl_->options.file);
}

Service::~Service() { stop(); }

Service* Service::active() { return the_service; }

result<void> Service::start() {
  const std::lock_guard lock(impl_->state);
  if (the_service != nullptr) {
    return fail(Code::usage, "this process has a native thread already");
  }
  the_service = this;
  static const int registered = ::pthread_atfork(
      &Service::before_fork, &Service::after_fork_in_parent, &Service::after_fork_in_child);
  static_cast<void>(registered);
  impl_->watch_leader();
  impl_->follow();
  auto opened = impl_->open_socket();
  if (!opened && !impl_->file) return opened;
  auto started = impl_->start_thread();
  if (!started) impl_->close_socket();
  return opened ? started : opened;
}

void Service::stop() {
  const std::lock_guard lock(impl_->state);
  impl_->stop_thread();
  impl_->close_socket();
  impl_->wants_restart = false;
  auto* self = this;
  the_service.compare_exchange_strong(self, nullptr);
}

void Service::restart() noexcept try {  // NOLINT(bugprone-exception-escape): caught below
  const std::lock_guard lock(impl_->state);
  if (!impl_->wants_restart.exchange(false) || impl_->running) return;
  if (!impl_->server && impl_->options.control) {
    if (auto opened = impl_->open_socket(); !opened) {
      impl_->history.add("control", told("failed", opened.error().what, opened.error().subject));
    }
  }
  if (auto started = impl_->start_thread(); !started) {
    impl_->history.add("control", told("failed", started.error().what, "thread"));
    impl_->close_socket();  // nobody would answer on it
    impl_->wants_restart = true;
  }
} catch (const std::exception& error) {
  impl_->history.add("control", told("failed", error.what(), "restart"));
}

bool Service::wants_restart() const noexcept {
  return impl_->wants_restart.load(std::memory_order_relaxed);
}

std::uint64_t Service::at(double boot_time, std::function<void()> callback) {
  std::uint64_t id = 0;
  {
    const std::lock_guard lock(impl_->timer_mutex);
    id = ++impl_->last_timer;
    impl_->timers.emplace(boot_time, std::pair(id, std::move(callback)));
  }
  impl_->wake();
  return id;
}

void Service::cancel(std::uint64_t timer) {
  const std::lock_guard lock(impl_->timer_mutex);
  std::erase_if(impl_->timers, [&](const auto& each) { return each.second.first == timer; });
}

std::string Service::socket_path() const {
  const std::lock_guard lock(impl_->state);
  return impl_->path;
}

// The thread is gone before the fork, so no lock of ours is held by anybody who is not copied. The
// socket stays open in the parent: who connects meanwhile waits.
void Service::before_fork() {
  auto* self = the_service.load();
  if (self == nullptr) return;
  auto& impl = *self->impl_;
  impl.state.lock();
  const bool was_running = impl.running;
  impl.stop_thread();
  if (was_running) impl.wants_restart = true;
  impl.timer_mutex.lock();
  impl.board.before_fork();
  impl.history.before_fork();
}

void Service::release_after_fork() {
  impl_->history.after_fork();
  impl_->board.after_fork();
  impl_->timer_mutex.unlock();
  impl_->state.unlock();
}

void Service::ask_for_restart() {
  if (!wants_restart()) return;
  if (impl_->hooks.restart) {
    impl_->hooks.restart();
  } else {
    restart();
  }
}

void Service::after_fork_in_parent() {
  auto* self = the_service.load();
  if (self == nullptr) return;
  self->release_after_fork();
  self->ask_for_restart();
}

void Service::after_fork_in_child() {
  auto* self = the_service.load();
  if (self == nullptr) return;
  auto& impl = *self->impl_;
  if (impl.server) {
    impl.server->abandon();  // the name is the parent's
    impl.server.reset();
  }
  impl.path.clear();
  if (impl.file) impl.file->rewatch();
  impl.wake_read.reset();  // the parent's, and shared with it
  impl.wake_write.reset();
  impl.orphaned = false;
  impl.watch_leader();
  self->release_after_fork();
  if (impl.hooks.forked) impl.hooks.forked();
  self->ask_for_restart();
}

}  // namespace overt
