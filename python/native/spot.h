// One patched target and its governed layers, whatever the mechanism: a name that is rebound, or a
// function that is redirected.
//
// Layers come and go in any order. Nothing is written without a look at what is there: what others
// put on top stays, and what they buried goes on as a pass-through.
// THREADS: with the GIL. PYTHON: writing runs the container's __setattr__ and the like.
#pragma once

#include <memory>
#include <string>

#include "chain.h"
#include "layers.h"
#include "overt/target.h"
#include "place.h"

namespace overt::py {

enum class Footing {
  stands,  // calls of the target reach the layer
  buried,  // something else was put at the name since
};

class Spot {
 public:
  Spot() = default;
  virtual ~Spot() = default;
  Spot(const Spot&) = delete;
  Spot& operator=(const Spot&) = delete;

  // Throws Refusal or nb::python_error; then nothing has changed.
  virtual void add(const std::shared_ptr<GovernedLayer>& layer) = 0;

  // Takes a layer away. Where it is buried it becomes a pass-through, and Footing::buried tells.
  virtual Footing remove(const std::shared_ptr<GovernedLayer>& layer) = 0;

  // A layer of this spot was settled or unsettled: puts it on the path of calls, or off it.
  virtual void refresh(const std::shared_ptr<GovernedLayer>& layer) = 0;

  // Whether this is where a target that leads to `found` is patched.
  virtual bool is_of(const Found& found) const = 0;

  virtual Footing standing(const std::shared_ptr<GovernedLayer>& layer) const = 0;

  // Takes away pass-throughs that are no longer buried. True when nothing of ours is left.
  virtual bool sweep() = 0;

  // Nobody needs to find this spot any more. REQUIRES: the caller holds it.
  virtual void forget() = 0;

  // Takes all layers off at one go, looks whether the target is what it was before them, and puts
  // them back: the same objects at the same places. No code of the program runs meanwhile, and no
  // other thread. `before` is what the ledger says that the layer was put over. Returns what was
  // compared. Throws Refusal where that cannot be done or is not so, with Code::misuse
  // while calls are inside; then the layers stand. nb::python_error: they could not be put back.
  virtual std::string prove(const std::shared_ptr<GovernedLayer>& layer,
                            const Identity& before) = 0;

  // What the target was before the layer, for its handle.
  virtual nb::object original(const std::shared_ptr<GovernedLayer>& layer) const = 0;
};

// The spot of a name. There is one for each place, for as long as something of ours is at it.
std::shared_ptr<Spot> spot_of_name(const Found& found, const Target& target);

// Whether what was found is a class, whose calls are redirected for either reach.
bool is_class(const Found& found);

// The spot of the function or class that was found at a name, for reach "everywhere". Throws
// Refusal where the value is no function that can be redirected.
std::shared_ptr<Spot> spot_of_function(const Found& found, const Target& target);

// What layers of a name were put over is gone: `base` is what is to be put back when they leave.
// Takes away pass-throughs of the name that are uncovered by it.
void replace_base(const Place& place, const nb::object& gone, const nb::object& base);

// Sweeps every spot and forgets those with nothing left.
void sweep_spots();

}  // namespace overt::py
