// What is measured of one service, in the text format of Prometheus.
//
// Names and labels: docs/measuring.md. The processes of a service are added up, since a label for
// each worker makes a new time series with each restart; or each has its own series all the same,
// for whoever keeps what the workers that ended have counted. THREADS: pure.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

namespace overt {

// What the verbs `hello` and `list` answered: {"hello": {...}, "patches": [...]}, one a process.
// `each`: not added up, and told apart by a label `pid`.
std::string metrics_text(const std::vector<nlohmann::ordered_json>& processes, bool each = false);

}  // namespace overt
