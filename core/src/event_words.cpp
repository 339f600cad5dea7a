// What happened to patches, said to people.

#include <map>
#include <nlohmann/json.hpp>

#include "overt/history.h"
#include "overt/json_text.h"
#include "overt/patch_name.h"
#include "switch_json.h"

namespace overt {
namespace {

using nlohmann::json;

// Events come from files and from other processes: a field that is missing or wrong is "".
std::string text(const json& what, const char* field) {
  const auto at = what.find(field);
  return at != what.end() && at->is_string() ? at->get<std::string>() : std::string();
}

json list(const json& what, const char* field) {
  const auto at = what.find(field);
  return at != what.end() && at->is_array() ? *at : json::array();
}

std::string id(const json& number) {
  return number.is_number_integer() ? patch_name(number.get<int>()) : "p" + number.dump();
}

std::string ids(const json& numbers) {
  std::string all;
  for (const auto& number : numbers) all += " " + id(number);
  return all;
}

std::string selector(const json& in) {
  const auto read = selector_from_json(in);
  return read ? read->str() : "?";
}

std::string switched(const json& what) {
  auto said = text(what, "verb");
  const char* separator = " ";
  for (const auto& on : list(what, "on")) {
    said += separator + selector(on);
    separator = ", ";
  }
  said += ", by " + text(what, "source") + ": " + text(what, "actor");
  if (const auto reason = text(what, "reason"); !reason.empty()) said += " (" + reason + ")";
  const auto off = list(what, "turned_off");
  const auto on = list(what, "turned_on");
  if (!off.empty()) said += "; off:" + ids(off);
  if (!on.empty()) said += "; on:" + ids(on);
  for (const auto& vote : list(what, "held")) {
    said += "; holds: " + text(vote, "source") + ": " + selector(vote);
    if (const auto reason = text(vote, "reason"); !reason.empty()) said += " (" + reason + ")";
  }
  return said;
}

// Reasons once each, with the patches that they are of.
std::string proved(const json& what) {
  std::string taken;
  std::map<std::string, std::string> left;
  for (const auto& each : list(what, "patches")) {
    if (!each.is_object()) continue;
    const auto patch = " " + id(each.value("id", json()));
    (each.value("proved", json()) == true ? taken : left[text(each, "said")]) += patch;
  }
  auto said = "proof of removal, by " + text(what, "actor");
  if (const auto reason = text(what, "reason"); !reason.empty()) said += " (" + reason + ")";
  if (!taken.empty()) said += "; proved:" + taken;
  for (const auto& [why, patches] : left) {
    said += "; not proved:";
    said += patches;
    said += ": ";
    said += why;
  }
  return said;
}

std::string all_fields(const json& what) {
  std::string said;
  for (const auto& [key, value] : what.items()) {
    said += (said.empty() ? "" : ", ") + key + ": " +
            (value.is_string() ? value.get<std::string>() : compact_json(value));
  }
  return said;
}

}  // namespace

std::string event_words(const Event& event) {
  const auto what = json::parse(event.body, nullptr, false);
  if (!what.is_object()) return event.body;
  if (event.kind == "switch") return switched(what);
  if (event.kind == "proof") return proved(what);
  const auto number = what.find("id");
  if (number == what.end() || !number->is_number_integer()) return all_fields(what);
  const auto target = text(what, "target");
  auto patch = target.empty() ? id(*number) : id(*number) + " " + target;
  if (event.kind == "patch")
    return patch + " " + text(what, "change") + " by " + text(what, "owner");
  if (event.kind == "budget") {
    return patch + ": " + text(what, "what") + ", budget " + text(what, "budget") + ", " +
           text(what, "action");
  }
  if (const auto lost = text(what, "lost"); !lost.empty()) return patch + ": " + lost;
  return patch;
}

}  // namespace overt
