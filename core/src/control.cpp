// Frames: from a line of text to a verb, and back. The verbs are in control_verbs.cpp.

#include "overt/control.h"

#include "bounded_json.h"
#include "control_verbs.h"
#include "overt/json_text.h"

namespace overt {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

// JSON-RPC's own; errors of verbs use the exit statuses of the command line.
constexpr int kNoJson = -32700;
constexpr int kNoRequest = -32600;
constexpr int kNoVerb = -32601;
constexpr int kFault = -32603;

std::string line_of(const ordered_json& message) { return compact_json(message) + "\n"; }

std::string error_line(const json& id, int code, const std::string& what,
                       const std::string& subject = {}) {
  ordered_json error = {{"code", code}, {"message", what}};
  if (!subject.empty()) error["data"] = {{"subject", subject}};
  return line_of({{"jsonrpc", "2.0"}, {"id", id}, {"error", std::move(error)}});
}

Answer answered(const Control& control, std::string_view frame, const std::string& actor) {
  const auto request = parse_json(frame);
  if (request.is_discarded()) return {error_line(nullptr, kNoJson, "this is no JSON"), false};
  if (!request.is_object()) {
    return {error_line(nullptr, kNoRequest, "a request is one object"), false};
  }
  const auto field = [&](const char* name) {
    const auto at = request.find(name);
    return at == request.end() ? json() : *at;
  };
  const auto id = field("id");
  if (!id.is_number_integer() && !id.is_string()) {
    return {error_line(nullptr, kNoRequest, "a request has an id, a number or text"), false};
  }
  const auto method = field("method");
  if (field("jsonrpc") != json("2.0") || !method.is_string()) {
    return {error_line(id, kNoRequest, "a request says jsonrpc 2.0 and names a method"), false};
  }
  const auto& word = method.get_ref<const std::string&>();
  const auto verb = find_verb(word);
  if (verb == nullptr) return {error_line(id, kNoVerb, "there is no such verb", word), false};
  auto params = field("params");
  if (params.is_null()) params = json::object();
  if (!params.is_object()) return {error_line(id, kNoRequest, "params is an object"), false};
  auto done = verb(control, params, actor);
  if (!done) {
    const auto& error = done.error();
    return {error_line(id, exit_status(error.code), error.what, error.subject), word == "off"};
  }
  return {line_of({{"jsonrpc", "2.0"}, {"id", id}, {"result", std::move(*done)}}), word == "off"};
}

}  // namespace

Answer answer(const Control& control, std::string_view frame, const std::string& actor) noexcept {
  try {
    return answered(control, frame, actor);
  } catch (const std::exception& error) {
    try {
      return {error_line(nullptr, kFault, error.what()), false};
    } catch (...) {
      return {};
    }
  }
}

std::string busy_answer() {
  return error_line(nullptr, kFault,
                    "this process talks to as many others as it can; try again, or send `off`");
}

}  // namespace overt
