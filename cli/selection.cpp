#include "selection.h"

#include <algorithm>

#include "overt/boundary.h"
#include "overt/patch_name.h"
#include "overt/vote.h"

namespace overt::cli {
namespace {

tl::unexpected<Error> misused(const std::string& what, const std::string& subject) {
  return fail(Code::usage, what, subject);
}

result<Json> named_elsewhere(int id, std::vector<Client>& clients) {
  for (auto& client : clients) {
    const auto patch = client.call("show", {{"patch", id}});
    if (!patch) continue;
    return Json{
        {"scope", "target"}, {"target", (*patch)["target"]}, {"owner", (*patch)["owner"]["name"]}};
  }
  return fail(Code::not_found, "there is no such patch", patch_name(id));
}

}  // namespace

bool Selection::takes_owner(const Json& owner) const {
  const auto name = owner.value("name", "");
  const auto package = owner.value("package", "");
  return owners.empty() || std::any_of(owners.begin(), owners.end(), [&](const auto& each) {
           return same_owner(each, name) || each == package;
         });
}

bool Selection::takes(const Json& patch) const {
  const auto target = patch.value("target", "");
  const auto boundary = patch.value("boundary", "");
  const auto any = [](const auto& wanted, const auto& question) {
    return wanted.empty() || std::any_of(wanted.begin(), wanted.end(), question);
  };
  return takes_owner(patch["owner"]) &&
         any(targets, [&](const auto& each) { return matches_glob(each, target); }) &&
         any(boundaries, [&](const auto& each) { return each == boundary; });
}

void add_selection(CLI::App& verb, Selection& selection, bool must_select) {
  verb.add_option("--owner", selection.owners,
                  "Patches of this distribution, or of this top package (opentelemetry)")
      ->allow_extra_args(false);  // what comes next is the process
  verb.add_option("--target", selection.targets,
                  "Patches of these targets, a glob: 'http.client:*'")
      ->allow_extra_args(false);
  verb.add_option("--boundary", selection.boundaries,
                  "Patches that reach so far: own, application, third-party, stdlib, builtins")
      ->allow_extra_args(false);
  if (must_select) verb.add_flag("--all", selection.all, "All patches, also those to come");
  verb.add_option("PROCESS", selection.words,
                  must_select ? "A pid or the name of a service, then patches: p12 p13"
                              : "A pid or the name of a service");
}

result<Json> selectors_of(const Selection& selection, const std::vector<int>& patches,
                          std::vector<Client>& clients) {
  const int kinds = (patches.empty() ? 0 : 1) + (selection.narrows() ? 1 : 0) + selection.all;
  if (kinds == 0) {
    return misused("say which patches: p12, --owner, --target, --boundary or --all",
                   "nothing selected");
  }
  if (kinds > 1) return misused("name patches, or options, or --all", "selected twice");
  if (!selection.targets.empty() && !selection.boundaries.empty()) {
    return misused("--target and --boundary do not go together", "selected twice");
  }
  auto all = Json::array();
  if (selection.all) all.push_back({{"scope", "process"}});
  for (const int id : patches) {
    if (clients.size() == 1) {
      all.push_back({{"scope", "patch"}, {"patch", id}});
      continue;
    }
    auto named = named_elsewhere(id, clients);
    if (!named) return tl::unexpected(named.error());
    all.push_back(std::move(*named));
  }
  for (const auto& word : selection.boundaries) {
    if (parse_boundary(word)) continue;
    return misused("there are own, application, third-party, stdlib and builtins", word);
  }
  const bool wide = selection.targets.empty() && selection.boundaries.empty();
  const auto add = [&](const char* scope, const std::string& text) {
    if (selection.owners.empty()) all.push_back({{"scope", scope}, {scope, text}});
    for (const auto& owner : selection.owners) {
      all.push_back({{"scope", scope}, {scope, text}, {"owner", owner}});
    }
  };
  for (const auto& text : selection.targets) add("target", text);
  for (const auto& text : selection.boundaries) add("boundary", text);
  for (const auto& owner : selection.owners) {
    if (wide) all.push_back({{"scope", "owner"}, {"owner", owner}});
  }
  return all;
}

}  // namespace overt::cli
