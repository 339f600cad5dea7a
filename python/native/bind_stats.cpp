#include "bind_stats.h"

namespace overt::py {
namespace {

nb::dict dict_of(const Timing& timing) {
  nb::dict out;
  out["sampled"] = timing.sampled;
  out["mean"] = timing.mean;
  out["p50"] = timing.p50;
  out["p99"] = timing.p99;
  out["max"] = timing.max;
  out["total"] = timing.total;
  return out;
}

}  // namespace

nb::typed<nb::dict, nb::str, nb::any> stats_of(const LayerState& layer) {
  const auto& evidence = layer.meter->evidence;
  nb::dict seen;
  seen["probed"] = evidence.probed.get();
  seen["raised"] = evidence.raised.get();
  seen["swallowed"] = evidence.swallowed.get();
  seen["replaced"] = evidence.replaced.get();
  seen["hidden"] = evidence.hidden.get();
  seen["contained"] = evidence.contained.get();
  nb::dict out;
  out["calls"] = layer.cell().entered.get();
  out["errors"] = layer.cell().errors.get();
  out["inside"] = layer.cell().inside();
  out["cancelled"] = layer.cancelled.get();
  out["abandoned"] = layer.abandoned.get();
  const auto cost = layer.meter->cost().value_or(Cost());
  out["own"] = dict_of(cost.own);
  out["original"] = dict_of(cost.original);
  out["elapsed"] = dict_of(layer.elapsed ? layer.elapsed->timing() : Timing());
  out["uncertainty"] = cost.uncertainty;
  out["evidence"] = seen;
  return out;
}

}  // namespace overt::py
