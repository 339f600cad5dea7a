// What is asked beside patches: what the review says of an object, and who holds stale copies.

#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "bind.h"
#include "carrier.h"
#include "explain.h"
#include "overt/target.h"
#include "records.h"
#include "stale.h"

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

}  // namespace

void bind_tools(nb::module_& m) {
  m.def("explain", &explain, nb::arg("what"), nb::arg("prove"),
        "What the review says of the patches of an object.");
  m.def("stale", &stale, nb::arg("target"), nb::arg("closures"),
        "Who holds what stood at the target before it was patched.");
}

}  // namespace overt::py
