#include "chain.h"

#include <algorithm>

#include "refusal.h"

namespace overt::py {

void insert(Layers& layers, std::shared_ptr<GovernedLayer> layer) {
  const auto place = std::upper_bound(
      layers.begin(), layers.end(), layer,
      [](const auto& added, const auto& present) { return added->order < present->order; });
  layers.insert(place, std::move(layer));
}

void check_quiet(std::uint64_t inside) {
  if (inside == 0) return;
  const auto* calls = inside == 1 ? " call is" : " calls are";
  refuse(Code::misuse, std::to_string(inside) + calls + " inside of it", {});
}

void check_quiet(const Layers& layers) {
  release_former();
  std::uint64_t inside = 0;
  for (const auto& layer : layers) inside += layer->state->cell().inside();
  check_quiet(inside);
}

std::string together(const Layers& layers) {
  if (layers.size() < 2) return {};
  return "; the " + std::to_string(layers.size()) + " patches of Overt at it were off together";
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
