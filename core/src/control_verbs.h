// The verbs of the control protocol. See overt/control.h.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "overt/control.h"
#include "overt/result.h"

namespace overt {

using Verb = result<nlohmann::ordered_json> (*)(const Control&, const nlohmann::json& params,
                                                const std::string& actor);

// nullptr when there is no verb of this name.
Verb find_verb(std::string_view name);

}  // namespace overt
