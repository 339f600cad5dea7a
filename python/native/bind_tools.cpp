// What is asked and made beside patches: who holds stale copies, and wrappers with a switch.

#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <memory>

#include "attribution.h"
#include "bind.h"
#include "bind_stats.h"
#include "carrier.h"
#include "dispatcher.h"
#include "explain.h"
#include "overt/target.h"
#include "records.h"
#include "signature.h"
#include "stale.h"
#include "variables.h"

namespace overt::py {
namespace {

// What stood at the target before the patches that hold now; what stands there when none does.
std::vector<nb::object> objects_of(const Target& target, const Found& found) {
  std::vector<nb::object> objects;
  const auto& patches = records().ledger().patches();
  for (std::size_t i = 0; i < patches.size() && i < records().subjects().size(); ++i) {
    if (patches[i].reverted || patches[i].target != target.str()) continue;
    if (PyObject* old_value = records().subjects()[i].old_value.get()) {
      objects.push_back(nb::borrow(old_value));
    }
  }
  if (objects.empty()) objects.push_back(found.value);
  // Of a method, the function that others may have taken out of the descriptor.
  for (std::size_t i = 0, count = objects.size(); i < count; ++i) {
    auto inner = callable_of(objects[i], found.place);
    if (inner.is_valid() && !inner.is(objects[i])) objects.push_back(std::move(inner));
  }
  return objects;
}

std::vector<std::string> stale(const std::string& text, bool closures) {
  const auto target = Target::parse(text);
  if (!target) throw Refusal(target.error());
  const auto module = imported_module(target->module);
  if (!module.is_valid()) {
    refuse(Code::not_found, "the module '" + target->module + "' is not imported", text);
  }
  const auto found = find_target(*target, module);
  return find_holders({objects_of(*target, found), found.place.container, closures});
}

// A decorator's advice, shared by everything that it decorates.
class Wrapper {
 public:
  Wrapper(const nb::object& advice, const std::string& owner) : advice_(advice) {
    state_->function = advice;
    state_->life = life_of(kind_of(advice));
    owner_ = owner.empty() ? caller().owner.name : owner;
    set_off(false);
  }

  nb::object wrap(const nb::object& raw) const {
    if (is_plain()) return raw;
    const Place place{is_builtin_descriptor(raw.ptr()) ? Holder::type : Holder::module, raw,
                      nb::object()};
    auto carrier = make_carrier(raw, place, Target{"", owner_, ""});
    const auto original =
        nb::borrow(reinterpret_cast<StandIn*>(carrier.dispatcher.ptr())->original);
    if (auto why = refusal(advice_, original, 1, "wrapper")) refuse(Code::signature, *why, "");
    const auto link = new_link(state_, original.ptr());
    set_top(carrier.dispatcher.ptr(), reinterpret_cast<Link*>(link.ptr()));
    return carrier.object;
  }

  void set_off(bool off) const {
    state_->cell().off.store(off || is_plain(), std::memory_order_relaxed);
  }
  bool is_off() const { return state_->cell().is_off(); }
  const std::string& owner() const { return owner_; }
  const LayerState& state() const { return *state_; }
  const nb::object& advice() const { return advice_; }

 private:
  std::shared_ptr<LayerState> state_ = std::make_shared<LayerState>();
  nb::object advice_;
  std::string owner_;
};

}  // namespace

void bind_tools(nb::module_& m) {
  nb::class_<Wrapper>(m, "Wrapper", "An advice that decorates functions. Made by overt.wrapper().")
      .def(nb::init<const nb::object&, const std::string&>(), nb::arg("advice"), nb::arg("owner"))
      .def("wrap", &Wrapper::wrap, nb::arg("function"))
      .def("set_off", &Wrapper::set_off, nb::arg("off"))
      .def("stats", [](const Wrapper& wrapper) { return stats_of(wrapper.state()); })
      .def_prop_ro("is_off", &Wrapper::is_off)
      .def_prop_ro("owner", &Wrapper::owner)
      .def_prop_ro("advice", &Wrapper::advice);
  m.def("explain", &explain, nb::arg("what"), nb::arg("prove"),
        "What the review says of the patches of an object.");
  m.def("stale", &stale, nb::arg("target"), nb::arg("closures"),
        "Who holds what stood at the target before it was patched.");
}

}  // namespace overt::py
