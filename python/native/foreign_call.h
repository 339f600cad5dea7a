// How a call of a foreign patch runs when it is hooked: past the patch when that is off, else
// through it, counted, and timed when it is its turn.
//
// THREADS: with the GIL.
#pragma once

#include "call.h"
#include "evidence.h"
#include "function_hook.h"
#include "samples.h"

namespace overt::py {

// By what the calls of an original are known while its patch is timed: the function that it is, or
// the meter of the patch that it is. Hooks the function for as long as it lives.
class Original {
 public:
  Original() = default;
  explicit Original(const nb::object& callable);
  ~Original() { forget(); }
  Original(const Original&) = delete;
  Original& operator=(const Original&) = delete;

  const void* key() const { return key_; }  // nullptr: its calls are not seen
  void forget() noexcept;                   // PYTHON: runs none

 private:
  nb::object function_;
  std::shared_ptr<PatchMeter> below_;
  const void* key_ = nullptr;
};

// What one patched target is measured and switched by.
struct ForeignTarget {
  // `wrapper`: the function whose calls are hooked, `callable`: what it replaced.
  ForeignTarget(std::shared_ptr<PatchMeter> the_meter, PyObject* wrapper,
                const nb::object& callable);

  std::shared_ptr<PatchMeter> meter;  // kept for ever by meters(), so calls need no reference
  Original original;
  bool tells_errors =
      false;  // what the original raises is seen, and no life goes on after the call
};

// Whether a value may be kept alive by who switches its patch: it is a function, a class, or made
// of these, which the patch itself calls.
bool may_keep(const nb::object& original);

// `pass` is the call without the patch, `through` with it. Touches nothing of `target` once one of
// them has begun.
template <class Pass, class Through>
PyObject* run_foreign(const ForeignTarget& target, const Pass& pass, const Through& through) {
  PatchMeter* meter = target.meter.get();
  if (meter->cell.is_off()) return pass();
  meter->cell.entered.add();
  const void* original = target.original.key();
  const bool tells_errors = target.tells_errors;
  const auto timed = [&] {
    const auto since = monotonic_ns();
    auto* sample = new_sample();
    if (sample == nullptr) return through();
    TimedCall call(*meter, *sample, original, since);
    PyObject* returned = through();
    call.stop();
    call.record();
    if (tells_errors && weigh(meter->evidence, sample->raised, returned != nullptr)) {
      meter->pace.hurry();
    }
    Py_CLEAR(sample->raised);
    delete sample;
    return returned;
  };
  PyObject* result = meter->pace.due() ? run_due(*meter, through, timed) : through();
  meter->cell.left.add();
  if (result == nullptr) [[unlikely]]
    meter->cell.errors.add();
  return result;
}

}  // namespace overt::py
