// A name that is rebound.
//
// Governed layers that follow each other form a run: one dispatcher, over what was bound before.
// When others rebind the name between two of ours, the second one begins a new run on top of
// theirs.

#include <algorithm>
#include <unordered_map>

#include "carrier.h"
#include "dispatcher.h"
#include "own_write.h"
#include "spot.h"

namespace overt::py {
namespace {

constexpr std::size_t kNone = static_cast<std::size_t>(-1);

struct Run {
  nb::object base;  // what was there before: raw, perhaps inherited
  bool own = true;  // it was bound in the place itself
  Layers layers;
  Carrier carrier;      // made when a call has to go through layers
  nb::object standing;  // what was last bound for this run; invalid when nothing of ours is
};

class NameSpot;

// By container and key, as a hash: 100,000 patches are found as fast as one.
using NameSpots = std::unordered_multimap<std::size_t, std::shared_ptr<NameSpot>>;

NameSpots& name_spots() {
  static auto& all = *new NameSpots;
  return all;
}

std::size_t hash_of(const Place& place) {
  const auto key = PyObject_Hash(place.key.ptr());
  if (key == -1) throw nb::python_error();
  return std::hash<const void*>()(place.container.ptr()) ^ static_cast<std::size_t>(key);
}

class NameSpot final : public Spot {
 public:
  NameSpot(Place place, Target target) : place_(std::move(place)), target_(std::move(target)) {}

  bool is_at(const Place& place) const { return place_.same_as(place); }

  void add(const std::shared_ptr<GovernedLayer>& layer) override {
    auto* run = reachable();
    const bool fresh = run == nullptr;
    if (fresh) run = &begin();
    insert(run->layers, layer);
    try {
      update(*run);
    } catch (...) {
      std::erase(run->layers, layer);
      if (fresh && !run->standing.is_valid()) runs_.pop_back();
      throw;
    }
  }

  Footing remove(const std::shared_ptr<GovernedLayer>& layer) override {
    auto* run = run_of(layer);
    if (run == nullptr) return Footing::buried;
    const auto before = run->layers;
    std::erase(run->layers, layer);
    try {
      update(*run);
    } catch (...) {
      run->layers = before;
      throw;
    }
    const bool gone = is_standing(*run) || !run->standing.is_valid();
    if (run->layers.empty() && !run->standing.is_valid()) drop(run);
    return gone ? Footing::stands : Footing::buried;
  }

  void refresh(const std::shared_ptr<GovernedLayer>& layer) override {
    if (auto* run = run_of(layer)) update(*run);
  }

  bool is_of(const Found& found) const override { return place_.same_as(found.place); }

  Footing standing(const std::shared_ptr<GovernedLayer>& layer) const override {
    const auto* run = run_of(layer);
    if (run == nullptr) return Footing::buried;
    if (!run->standing.is_valid()) {  // all of it is off: the base should be there
      return same(place_.bound(), run->own ? run->base : nb::object()) ? Footing::stands
                                                                       : Footing::buried;
    }
    return is_standing(*run) ? Footing::stands : Footing::buried;
  }

  void replace_base(const nb::object& gone, const nb::object& base) {
    for (const auto& run : runs_) {
      if (same(run->base, gone)) run->base = base;
    }
  }

  bool sweep() override {
    for (std::size_t i = runs_.size(); i-- > 0;) {
      auto& run = *runs_[i];
      if (!run.layers.empty()) continue;
      if (is_standing(run)) restore(run);
      if (!run.standing.is_valid() || !is_shared(run))
        runs_.erase(runs_.begin() + static_cast<std::ptrdiff_t>(i));
    }
    return runs_.empty();
  }

  void forget() override {
    const auto [first, last] = name_spots().equal_range(hash_of(place_));
    for (auto it = first; it != last; ++it) {
      if (it->second.get() == this) return static_cast<void>(name_spots().erase(it));
    }
  }

  std::string prove(const std::shared_ptr<GovernedLayer>& layer, const Identity& before) override {
    auto* run = run_of(layer);
    if (run == nullptr || standing(layer) == Footing::buried) {
      refuse(Code::refused,
             "something else was put at its name: taken off, it would stay below that and pass "
             "calls through",
             {});
    }
    check_quiet(run->layers);
    place_.check_exchangeable(!run->own);
    const auto now = place_.bound();
    const auto layers = std::exchange(run->layers, {});
    bool came_back = false;
    try {
      update(*run);
      const auto left = place_.bound();
      if (run->own) {  // layers above the first one were put over ours
        came_back = left.is(run->base) && (layers.size() > 1 || before.is(left.ptr()));
      } else {
        came_back = !left.is_valid() && gives_again(run->base);
      }
    } catch (const nb::python_error&) {
      came_back = false;  // out of memory, at most: what that says is not asked in between
    }
    run->layers = layers;
    update(*run);
    if (!came_back || !same(place_.bound(), now)) {
      refuse(Code::refused, "taken off, it did not give back what was there", {});
    }
    return "the same object came back, and the patch stands again" + together(layers);
  }

  nb::object original(const std::shared_ptr<GovernedLayer>& layer) const override {
    const auto* run = run_of(layer);
    return run != nullptr ? run->base : nb::object();
  }

 private:
  static bool same(const nb::object& a, const nb::object& b) { return a.ptr() == b.ptr(); }

  bool is_standing(const Run& run) const {
    return run.standing.is_valid() && same(place_.bound(), run.standing);
  }

  // What an instance or a module gives where nothing is bound may be made anew each time.
  bool gives_again(const nb::object& base) const {
    return place_.holder != Holder::type || same(place_.inherited(), base);
  }

  // Whether anybody but the run holds its dispatcher: else it is not buried but gone.
  static bool is_shared(const Run& run) {
    const auto& carrier = run.carrier;
    if (!carrier.object.is_valid()) return false;
    Py_ssize_t own = 1;
    if (same(run.standing, carrier.object)) ++own;
    if (same(carrier.dispatcher, carrier.object)) ++own;
    return Py_REFCNT(carrier.object.ptr()) > own;
  }

  Run* run_of(const std::shared_ptr<GovernedLayer>& layer) const {
    for (const auto& run : runs_) {
      if (std::find(run->layers.begin(), run->layers.end(), layer) != run->layers.end()) {
        return run.get();
      }
    }
    return nullptr;
  }

  // The run whose work is at the name now.
  Run* reachable() const {
    const auto now = place_.bound();
    for (std::size_t i = runs_.size(); i-- > 0;) {
      const auto& run = *runs_[i];
      const auto& expected =
          run.standing.is_valid() ? run.standing : (run.own ? run.base : nb::object());
      if (same(now, expected)) return runs_[i].get();
    }
    return nullptr;
  }

  Run& begin() {
    auto found = place_.bound();
    const bool own = found.is_valid();
    if (!own) found = place_.inherited();
    if (!found.is_valid()) refuse(Code::not_found, "it is gone", target_.str());
    auto run = std::make_unique<Run>();
    run->base = std::move(found);
    run->own = own;
    return *runs_.emplace_back(std::move(run));
  }

  void drop(const Run* run) {
    std::erase_if(runs_, [run](const auto& each) { return each.get() == run; });
  }

  void update(Run& run) {
    std::size_t value = kNone;
    for (std::size_t i = run.layers.size(); i-- > 0 && value == kNone;) {
      const auto& layer = *run.layers[i];
      if (layer.is_value() && !layer.state->cell().is_off()) value = i;
    }
    const auto raw = value == kNone ? run.base : run.layers[value]->value;
    const std::size_t first = value == kNone ? 0 : value + 1;
    const bool calls =
        std::any_of(run.layers.begin() + static_cast<std::ptrdiff_t>(first), run.layers.end(),
                    [](const auto& layer) { return !layer->is_value() && !layer->settled; });
    if (!calls) {
      if (run.carrier.dispatcher.is_valid()) set_top(run.carrier.dispatcher.ptr(), nullptr);
      return value == kNone ? restore(run) : bind(run, raw);
    }
    auto carrier = run.carrier;
    if (!same(carrier.raw, raw)) carrier = make_carrier(raw, place_, target_);
    const auto original =
        nb::borrow(reinterpret_cast<StandIn*>(carrier.dispatcher.ptr())->original);
    const auto top = link_up(run.layers, first, original);
    set_top(carrier.dispatcher.ptr(), reinterpret_cast<Link*>(top.ptr()));
    bind(run, carrier.object);
    if (run.carrier.dispatcher.is_valid() && !same(run.carrier.raw, raw)) {
      set_top(run.carrier.dispatcher.ptr(), nullptr);  // copies of it pass through from now on
    }
    run.carrier = std::move(carrier);
  }

  // Binds `object`, unless somebody else's work is at the name: then it stays buried.
  void bind(Run& run, const nb::object& object) {
    const auto now = place_.bound();
    const auto& expected =
        run.standing.is_valid() ? run.standing : (run.own ? run.base : nb::object());
    if (!same(now, expected)) return;
    if (!same(now, object)) {
      const OwnWrite own;
      place_.bind(object);
    }
    run.standing = object;
  }

  void restore(Run& run) {
    if (!is_standing(run)) return;
    const OwnWrite own;
    if (run.own) {
      place_.bind(run.base);
    } else {
      place_.unbind();
    }
    run.standing.reset();
  }

  Place place_;
  Target target_;
  std::vector<std::unique_ptr<Run>> runs_;  // innermost first
};

}  // namespace

void replace_base(const Place& place, const nb::object& gone, const nb::object& base) {
  const auto [first, last] = name_spots().equal_range(hash_of(place));
  for (auto it = first; it != last; ++it) {
    const auto spot = it->second;
    if (!spot->is_at(place)) continue;
    spot->replace_base(gone, base);
    if (spot->sweep()) spot->forget();
    return;
  }
}

std::shared_ptr<Spot> spot_of_name(const Found& found, const Target& target) {
  const auto hash = hash_of(found.place);
  const auto [first, last] = name_spots().equal_range(hash);
  for (auto it = first; it != last; ++it) {
    if (it->second->is_at(found.place)) return it->second;
  }
  return name_spots().emplace(hash, std::make_shared<NameSpot>(found.place, target))->second;
}

void sweep_name_spots() {
  std::erase_if(name_spots(), [](const auto& each) { return each.second->sweep(); });
}

}  // namespace overt::py
