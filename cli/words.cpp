#include "words.h"

#include <array>
#include <cmath>
#include <ctime>

#include "overt/patch_name.h"

namespace overt::cli {

std::string counted(std::size_t number, const std::string& noun) {
  auto text = std::to_string(number) + " " + noun;
  if (number == 1) return text;
  return noun.ends_with("ch") || noun.ends_with("ss") ? text + "es" : text + "s";
}

std::string who(const Json& owner) {
  const auto name = owner.value("name", "?");
  const auto version = owner.find("version");
  const bool known = version != owner.end() && version->is_string();
  return known ? name + " " + version->get<std::string>() : name;
}

std::string owner_heading(const Json& patch) {
  auto text = who(patch["owner"]);
  const char* separator = ", via ";
  for (const auto& helper : patch.value("via", Json::array())) {
    text += separator + helper.get<std::string>();
    separator = ", ";
  }
  return text;
}

std::string place(const Json& site) {
  const auto module = site.value("module", "");
  if (module.empty()) return "unknown: no Python frame";
  const auto where = module == "__main__" ? site.value("file", "") : module;
  const int line = site.value("line", 0);
  return line == 0 ? where : where + ":" + std::to_string(line);
}

std::string selector_words(const Json& selector) {
  const auto scope = selector.value("scope", "");
  if (scope == "process") return "everything";
  if (scope == "patch") return patch_name(selector.value("patch", 0));
  auto text = scope + " " + selector.value(scope, "");
  if (scope != "owner" && selector.contains("owner")) text += " of " + selector.value("owner", "");
  return text;
}

std::string vote_words(const Json& vote) {
  auto text = vote.value("source", "") + ": " + selector_words(vote);
  const auto reason = vote.value("reason", "");
  return reason.empty() ? text : text + " (" + reason + ")";
}

std::string state_words(const Json& patch) {
  auto state = patch.value("state", std::string());
  if (state == "reverted" || patch.value("wanted", state) == state) return state;
  return patch.value("level", "") == "queued" ? state + ", queued" : state + ", refused";
}

std::string number_words(const Json& number) {
  return number.is_number() ? std::to_string(number.get<std::uint64_t>()) : "-";
}

std::string clock_words(double at, bool date) {
  const auto seconds = static_cast<std::time_t>(at);
  std::tm local{};
  ::localtime_r(&seconds, &local);
  std::array<char, 64> text{};
  const auto size = std::strftime(text.data(), text.size(), date ? "%F %T" : "%T", &local);
  return {text.data(), size};
}

}  // namespace overt::cli
