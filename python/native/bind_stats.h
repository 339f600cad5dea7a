// The numbers of a layer as a dict; overt/_stats.py makes them typed.
#pragma once

#include "link.h"

namespace overt::py {

nb::typed<nb::dict, nb::str, nb::any> stats_of(const LayerState& layer);

}  // namespace overt::py
