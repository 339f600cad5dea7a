#include "chain.h"

#include <algorithm>

namespace overt::py {

void insert(Layers& layers, std::shared_ptr<GovernedLayer> layer) {
  const auto place = std::upper_bound(
      layers.begin(), layers.end(), layer,
      [](const auto& added, const auto& present) { return added->order < present->order; });
  layers.insert(place, std::move(layer));
}

nb::object link_up(const Layers& layers, std::size_t first, const nb::object& original) {
  // All links are made before any is rearranged: running out of memory changes nothing.
  for (std::size_t i = first; i < layers.size(); ++i) {
    auto& layer = *layers[i];
    if (!layer.is_value() && !layer.settled && !layer.link.is_valid()) {
      layer.link = new_link(layer.state, original.ptr());
    }
  }
  nb::object top;
  for (std::size_t i = first; i < layers.size(); ++i) {
    const auto& layer = *layers[i];
    if (layer.is_value() || layer.settled) continue;
    set_original(layer.link.ptr(), top.is_valid() ? top.ptr() : original.ptr());
    top = layer.link;
  }
  return top;
}

}  // namespace overt::py
