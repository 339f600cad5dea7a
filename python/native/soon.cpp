#include "soon.h"

#include <dlfcn.h>
#include <sys/types.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "exiting.h"

namespace nb = nanobind;

namespace overt::py {
namespace {

using Callback = int (*)(void*);

// The thread that is in a callback, as fork() counts it: a number of the kernel's. 0: none.
std::atomic<pid_t> inside{0};

int run(void* callback) {
  if (is_exiting()) return 0;
  const pid_t outer = inside.exchange(::gettid());
  reinterpret_cast<Callback>(callback)(nullptr);
  inside = outer;
  return 0;
}

// No lock: a child would inherit it as it is. Called with the GIL, which the callback needs.
void wait_for_callback() {
  constexpr std::chrono::microseconds kBetween{200};
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(1);
  while (inside != 0 && inside != ::gettid() && std::chrono::steady_clock::now() < until) {
    const nb::gil_scoped_release released;
    std::this_thread::sleep_for(kBetween);
  }
}

}  // namespace

// CPython's public function waits for the main thread, which may sit in a C call while others fork;
// the one below it, where there is such a symbol, lets any thread do it.
bool call_soon(Callback callback) {
  using Add = int (*)(PyInterpreterState*, Callback, void*, int);
  static const auto add = reinterpret_cast<Add>(::dlsym(RTLD_DEFAULT, "_PyEval_AddPendingCall"));
  constexpr int kAnyThread = 0;
  auto* what = reinterpret_cast<void*>(callback);
  if (add != nullptr) return add(PyInterpreterState_Main(), run, what, kAnyThread) == 0;
  return Py_AddPendingCall(run, what) == 0;
}

void make_forks_wait(nb::module_& module) {
  module.def("before_fork", &wait_for_callback,
             "Let a pending call of ours come to its end. Called before every fork.");
  module.def("after_fork_in_child", [] { inside = 0; }, "Only this thread is left.");
  nb::module_::import_("os").attr("register_at_fork")(
      nb::arg("before") = module.attr("before_fork"),
      nb::arg("after_in_child") = module.attr("after_fork_in_child"));
}

}  // namespace overt::py
