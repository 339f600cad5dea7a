// What is measured of one service, in the text format of Prometheus.
//
// Names and labels: docs/measuring.md. The processes of a service are added up, since a label for
// each worker would make a new time series with each restart. THREADS: pure.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

namespace overt {

// What the verbs `hello` and `list` answered: {"hello": {...}, "patches": [...]}, one a process.
std::string metrics_text(const std::vector<nlohmann::ordered_json>& processes);

}  // namespace overt
