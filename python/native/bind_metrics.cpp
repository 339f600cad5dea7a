// What exporters read: the protocol's answers about this very process, without a socket.

#include <nanobind/stl/string.h>

#include <nlohmann/json.hpp>

#include "bind.h"
#include "overt/control.h"
#include "overt/json_text.h"
#include "overt/metrics.h"
#include "refusal.h"
#include "serving.h"

namespace overt::py {
namespace {

using nlohmann::ordered_json;

ordered_json ask(const std::string& verb, ordered_json params) {
  const ordered_json request = {
      {"jsonrpc", "2.0"}, {"id", 1}, {"method", verb}, {"params", std::move(params)}};
  const auto answered = ordered_json::parse(
      answer(own_control(), request.dump(), "this process").line, nullptr, false);
  const auto found = answered.find("result");
  if (found != answered.end()) return *found;
  throw std::runtime_error("the answer to '" + verb + "' is no answer: " + answered.dump());
}

ordered_json measured() {
  ordered_json process = {{"hello", ask("hello", ordered_json::object())},
                          {"patches", ordered_json::array()}};
  for (int after = 0;;) {
    auto page = ask("list", {{"after", after}});
    for (auto& patch : page.at("patches")) {
      after = patch.at("id");
      process["patches"].push_back(std::move(patch));
    }
    if (!page.value("more", false)) break;
  }
  return process;
}

std::string events(std::uint64_t after) { return ask("journal", {{"after", after}}).dump(); }

std::string hello() { return ask("hello", ordered_json::object()).dump(); }

}  // namespace

void bind_metrics(nb::module_& m) {
  m.def(
      "metrics", [](bool each) { return metrics_text({measured()}, each); },
      nb::arg("each") = false, "What is measured, in the text format of Prometheus.");
  m.def(
      "measured", [] { return compact_json(measured()); },
      "The same as the answers to the verbs `hello` and `list`.");
  m.def("events", &events, nb::arg("after"),
        "What happened since event `after`, as the answer to the verb `journal`.");
  m.def("hello", &hello, "Who this process is, as the answer to the verb `hello`.");
}

}  // namespace overt::py
