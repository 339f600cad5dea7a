// A patch as JSON: the same fields in a report and in a journal line.
#pragma once

#include <nlohmann/json.hpp>

#include "overt/patch.h"

namespace overt {

nlohmann::ordered_json patch_to_json(const Patch& patch);

// Throws nlohmann::json::exception for a field that is missing or of the wrong type; callers turn
// that into an Error.
Patch patch_from_json(const nlohmann::json& in);

}  // namespace overt
