#include "metering.h"

namespace overt::py {
namespace {

bool metering_foreign = false;

}  // namespace

Meters& meters() {
  static auto& all = *new Meters;  // calls may be inside until the very end
  return all;
}

void meter_foreign(bool on) { metering_foreign = on; }

bool is_metering_foreign() { return metering_foreign; }

}  // namespace overt::py
