// Who still holds what patches replaced, for those who ask without the GIL.
//
// Asked by the native thread, found out at the interpreter's next safe point, in one pass over the
// namespaces of sys.modules; the answer is a copy that stays. THREADS: any.
#pragma once

#include <map>
#include <optional>

#include "overt/patch.h"

namespace overt::py {

// As it was found at most `age` seconds ago; nothing when it was not, and then it is asked for.
std::optional<std::map<int, Reach>> reach_within(double age);

}  // namespace overt::py
