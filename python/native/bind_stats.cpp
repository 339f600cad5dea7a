#include "bind_stats.h"

namespace overt::py {
namespace {

nb::dict timing(const Meter* meter) {
  const auto timing = meter != nullptr ? meter->timing() : Timing{};
  nb::dict out;
  out["sampled"] = timing.sampled;
  out["mean"] = timing.mean;
  out["p50"] = timing.p50;
  out["p99"] = timing.p99;
  out["max"] = timing.max;
  return out;
}

}  // namespace

nb::typed<nb::dict, nb::str, nb::any> stats_of(const LayerState& layer) {
  const auto& evidence = layer.evidence;
  nb::dict seen;
  seen["probed"] = evidence.probed.get();
  seen["raised"] = evidence.raised.get();
  seen["swallowed"] = evidence.swallowed.get();
  seen["replaced"] = evidence.replaced.get();
  seen["hidden"] = evidence.hidden.get();
  seen["contained"] = evidence.contained.get();
  nb::dict out;
  out["calls"] = layer.cell->entered.get();
  out["errors"] = layer.cell->errors.get();
  out["inside"] = layer.cell->inside();
  out["cancelled"] = layer.cancelled.get();
  out["abandoned"] = layer.abandoned.get();
  out["time"] = timing(layer.meter.get());
  out["elapsed"] = timing(layer.elapsed.get());
  out["evidence"] = seen;
  return out;
}

}  // namespace overt::py
