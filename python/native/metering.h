// The meters of this process, and whether patches of others get one.
//
// THREADS: with the GIL; the meters are read by any thread.
#pragma once

#include "overt/patch_meter.h"

namespace overt::py {

Meters& meters();

// Whether the calls of foreign patches are counted and timed from their detection on, which also
// lets them be switched without the GIL. Holds for patches that are seen from here on.
void meter_foreign(bool on);
bool is_metering_foreign();

}  // namespace overt::py
