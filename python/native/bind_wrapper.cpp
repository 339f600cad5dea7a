// Decorators with a switch: what overt.wrapper() makes.
//
// A decorator is no patch, so the ledger does not have it; the switchboard does, under an id of its
// own, so that votes on its owner, and a budget, reach everything that it decorates.

#include <nanobind/stl/string.h>

#include <memory>

#include "attribution.h"
#include "bind.h"
#include "bind_stats.h"
#include "budgeting.h"
#include "carrier.h"
#include "dispatcher.h"
#include "metering.h"
#include "namespaces.h"
#include "option_words.h"
#include "overt/target.h"
#include "serving.h"
#include "signature.h"
#include "variables.h"

namespace overt::py {
namespace {

int next_id() {
  static int last = 0;
  return --last;
}

void forget(int id) {
  const auto selector = Selector::of_patch(id);
  for (const auto& vote : switchboard().votes_on(id)) {
    if (vote.on == selector)
      static_cast<void>(switchboard().unvote(vote.source, selector, vote.by));
  }
  switchboard().withdraw_patch(id);
  budgets().forget(id);
  meters().forget(id);
}

// The switchboard knows it for as long as anything that is decorated may be called.
std::shared_ptr<LayerState> new_state(int id) {
  return {new LayerState, [id](LayerState* state) {
            forget(id);
            delete state;
          }};
}

std::string attribute(const nb::object& object, const char* name) {
  const auto found = nb::steal(PyObject_GetAttrString(object.ptr(), name));
  PyErr_Clear();
  return found.is_valid() ? std::string(text_of(found.ptr())) : std::string();
}

// A decorator's advice, shared by everything that it decorates.
class Wrapper {
 public:
  Wrapper(const nb::object& advice, const std::string& owner, const nb::object& budget)
      : advice_(advice), maker_(caller()) {
    const double limit = seconds_of("budget", budget) * 1e9;
    if (!owner.empty()) maker_.owner = {owner, "", owner};
    state_->function = advice;
    state_->life = life_of(kind_of(advice));
    hear_environment();
    const auto module = attribute(advice, "__module__");
    const auto target = module + ":" + attribute(advice, "__qualname__");
    switchboard().enroll(
        id_, {target, maker_.owner, boundary_for(maker_, module, false), true, Fail::original},
        &state_->cell());
    state_->meter->begin();
    meters().put(id_, state_->meter);
    if (limit > 0 && !is_plain()) watch_over(limit, target);
  }

  nb::object wrap(const nb::object& raw) const {
    if (is_plain()) return raw;
    const Place place{is_builtin_descriptor(raw.ptr()) ? Holder::type : Holder::module, raw,
                      nb::object()};
    auto carrier = make_carrier(raw, place, Target{"", owner(), ""});
    const auto original =
        nb::borrow(reinterpret_cast<StandIn*>(carrier.dispatcher.ptr())->original);
    if (auto why = refusal(advice_, original, 1, "wrapper")) refuse(Code::signature, *why, "");
    const auto link = new_link(state_, original.ptr());
    set_top(carrier.dispatcher.ptr(), reinterpret_cast<Link*>(link.ptr()));
    return carrier.object;
  }

  // A vote, and its withdrawal: other votes may hold it off all the same.
  void set_off(bool off) const {
    const By by{"decorator in " + maker_.site.module, ""};
    vote_by_hand(id_, off, by);
  }

  bool is_off() const { return state_->cell().is_off(); }
  bool needs_thread() const { return needs_thread_; }
  const std::string& owner() const { return maker_.owner.name; }
  const LayerState& state() const { return *state_; }
  const nb::object& advice() const { return advice_; }

 private:
  void watch_over(double mean, const std::string& target) {
    if (const auto missing = keep_time(); !missing.empty()) {
      refuse(Code::refused, "nothing can look after its budget: " + missing, target);
    }
    needs_thread_ = true;
    keep_within(mean, id_);
  }

  int id_ = next_id();
  std::shared_ptr<LayerState> state_ = new_state(id_);
  nb::object advice_;
  Caller maker_;
  bool needs_thread_ = false;
};

}  // namespace

void bind_wrapper(nb::module_& m) {
  nb::class_<Wrapper>(m, "Wrapper", "An advice that decorates functions. Made by overt.wrapper().")
      .def(nb::init<const nb::object&, const std::string&, const nb::object&>(), nb::arg("advice"),
           nb::arg("owner"), nb::arg("budget").none())
      .def("wrap", &Wrapper::wrap, nb::arg("function"))
      .def("set_off", &Wrapper::set_off, nb::arg("off"))
      .def("stats", [](const Wrapper& wrapper) { return stats_of(wrapper.state()); })
      .def_prop_ro("is_off", &Wrapper::is_off)
      .def_prop_ro("needs_thread", &Wrapper::needs_thread)
      .def_prop_ro("owner", &Wrapper::owner)
      .def_prop_ro("advice", &Wrapper::advice);
}

}  // namespace overt::py
