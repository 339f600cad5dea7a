// Votes, standings and entries of the switchboard as JSON: journal, control protocol, environment.
//
//   selector  {"scope": "owner", "owner": "sentry-sdk"}   {"scope": "patch", "patch": 12}
//             {"scope": "target", "target": "http.client:*", "owner": "sentry-sdk"}  ...
//   vote      selector and {"source": "control", "actor": "...", "reason": "...", "at": 1.5,
//             "including_protected": false}
#pragma once

#include <nlohmann/json.hpp>

#include "overt/switchboard.h"

namespace overt {

nlohmann::ordered_json selector_to_json(const Selector& selector);
result<Selector> selector_from_json(const nlohmann::json& in);

nlohmann::ordered_json vote_to_json(const Vote& vote);
result<Vote> vote_from_json(const nlohmann::json& in);

nlohmann::ordered_json standing_to_json(const Standing& standing);
nlohmann::ordered_json entry_to_json(const SwitchEntry& entry);

}  // namespace overt
