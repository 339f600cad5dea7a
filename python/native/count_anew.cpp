#include "count_anew.h"

#include "governed.h"
#include "metering.h"
#include "serving.h"

namespace overt::py {
namespace {

void count_anew(LayerState& layer) {
  layer.abandoned.set(0);
  layer.cancelled.set(0);
  if (layer.elapsed) layer.elapsed->clear();
}

void count_all_anew() {
  meters().start_over();
  switchboard().forget_transitions();
  for (const auto& patch : GovernedPatch::all()) count_anew(patch->layer());
}

}  // namespace

void count_anew_in_children(nb::module_& module) {
  module.def("count_anew", &count_all_anew, "In a forked child: what was counted is its parent's.");
  nb::module_::import_("os").attr("register_at_fork")(nb::arg("after_in_child") =
                                                          module.attr("count_anew"));
}

}  // namespace overt::py
