// Patches and registries as JSON: the same fields in a report, in a journal line, in an answer of
// the control server.
#pragma once

#include <nlohmann/json.hpp>

#include "overt/patch.h"
#include "overt/registries.h"

namespace overt {

nlohmann::ordered_json patch_to_json(const Patch& patch);

// Parts of these: who refers to a patch, what its code does with errors (null: not read).
nlohmann::ordered_json reach_to_json(const Reach& reach);
Reach reach_from_json(const nlohmann::json& in);
nlohmann::ordered_json handlers_to_json(const std::optional<std::vector<Handler>>& handlers);
std::optional<std::vector<Handler>> handlers_from_json(const nlohmann::json& in);

// null: they were not compared.
nlohmann::ordered_json looks_to_json(const std::optional<Looks>& looks);
std::optional<Looks> looks_from_json(const nlohmann::json& in);

// null: nobody asked for a proof.
std::optional<Proof> proof_from_json(const nlohmann::json& in);

// Of a patch only what its calls came to, with its id.
nlohmann::ordered_json calls_to_json(const Patch& patch);

nlohmann::ordered_json registry_to_json(const RegistryState& registry);

// These throw nlohmann::json::exception for a field that is missing or of the wrong type; callers
// turn that into an Error.
void calls_from_json(const nlohmann::json& in, Patch& patch);
Patch patch_from_json(const nlohmann::json& in);
RegistryState registry_from_json(const nlohmann::json& in);

}  // namespace overt
