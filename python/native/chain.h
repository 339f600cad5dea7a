// The governed layers of one target, in their order, and the chain of links that a call runs
// through.
// THREADS: with the GIL. PYTHON: rearranging may end the life of objects of the program.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "link.h"

namespace overt::py {

// Among the governed layers of a target: by installation, or always inside or outside of those.
enum class Order : std::int8_t { innermost = -1, installation = 0, outermost = 1 };

struct GovernedLayer {
  std::shared_ptr<LayerState> state = std::make_shared<LayerState>();
  nb::object value;  // bound as it is, where the layer replaces by a value and not by a call
  Order order = Order::installation;
  nb::object link;       // made when first needed
  bool settled = false;  // off, and taken off the path of calls

  bool is_value() const { return value.is_valid(); }
};

using Layers = std::vector<std::shared_ptr<GovernedLayer>>;  // innermost first

// Puts a layer where its order says: outside of all layers of its kind.
void insert(Layers& layers, std::shared_ptr<GovernedLayer> layer);

// Refuses, with Code::misuse for "not now", while calls are inside.
void check_quiet(std::uint64_t inside);
// The same of layers. What others have left behind is freed, which may run code of the program.
void check_quiet(const Layers& layers);

// How that is said where several layers are taken off in one go.
std::string together(const Layers& layers);

// Links the layers from `first` on that are on the path, over `original`. Returns the outermost
// link, invalid when none is. Throws nb::python_error.
nb::object link_up(const Layers& layers, std::size_t first, const nb::object& original);

}  // namespace overt::py
