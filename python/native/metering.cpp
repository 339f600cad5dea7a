#include "metering.h"

#include "redirect.h"

namespace overt::py {
namespace {

bool metering_foreign = false;

}  // namespace

Meters& meters() {
  static auto& all = *new Meters;  // calls may be inside until the very end
  return all;
}

void meter_foreign(bool on) {
  metering_foreign = on;
  if (!on) return;
  // Here, and not at the first patch: the trial runs code, and at a safe point in the middle of the
  // program an interrupt would end in it.
  try {
    try_redirecting_functions();
  } catch (const Refusal&) {  // patches are seen and switched all the same, in other ways
    metering_foreign = false;
  }
}

bool is_metering_foreign() { return metering_foreign; }

}  // namespace overt::py
