// What the mechanisms that hook calls have in common: a call obeys the cell of its patch's meter.

#include "foreign_switch.h"
#include "metering.h"

namespace overt::py {

bool CallSwitch::arm(const std::shared_ptr<PatchMeter>& meter) {
  return may_stay() && hook_in(meter);
}

void CallSwitch::off() {
  const auto meter = meters().of(id_);
  if (!hook_in(meter)) {
    refuse(Code::refused,
           std::string("another patch put the same ") + kind_ + " elsewhere, and calls do not tell",
           target_);
  }
  meter->cell.off.store(true);
}

void CallSwitch::on() {
  meters().of(id_)->cell.off.store(false);
  disarm();
}

}  // namespace overt::py
