#include "attribution.h"

#include "frames.h"
#include "namespaces.h"
#include "overt/helpers.h"
#include "session.h"
#include "watcher.h"

namespace overt::py {
namespace {

// What is known of origins: the watcher's, or as much as is needed without one.
struct Knowledge {
  Origins& origins;
  Namespaces& namespaces;
};

Knowledge knowledge() {
  if (auto* watcher = Watcher::active()) return {watcher->origins(), watcher->known_namespaces()};
  static auto& origins = *new Origins(environment());
  static auto& namespaces = *new Namespaces;
  return {origins, namespaces};
}

bool is_ours(std::string_view module) { return module == "overt" || module.starts_with("overt."); }

}  // namespace

Caller caller() {
  const auto [origins, namespaces] = knowledge();
  const Stack stack(namespaces, origins);
  const auto& frames = stack.frames();
  Caller caller;
  std::size_t chosen = frames.size();
  for (std::size_t i = 0; i < frames.size(); ++i) {
    const auto& frame = frames[i];
    if (is_ours(frame.module) || frame.machinery) continue;
    if (is_helper(frame.module)) {
      const std::string name(helper_name(frame.module));
      if (caller.via.empty() || caller.via.back() != name) caller.via.push_back(name);
      continue;
    }
    const auto place = origins[frame.origin].place;
    const bool library = place == Place::stdlib || place == Place::builtins;
    if (chosen == frames.size() || !library) chosen = i;
    if (!library) break;
  }
  caller.stack = stack.sites();
  std::erase_if(caller.stack, [](const Site& site) { return is_ours(site.module); });
  if (chosen == frames.size()) {
    caller.owner = {"unknown", "", "unknown"};
    return caller;
  }
  const auto& origin = origins[frames[chosen].origin];
  caller.owner = {origin.name, origin.version, origin.package};
  caller.origin = frames[chosen].origin;
  caller.site = stack.site(chosen);
  return caller;
}

Boundary boundary_for(const Caller& caller, const std::string& module, bool builtin_type) {
  const auto [origins, namespaces] = knowledge();
  const auto name = str_or_nothing(module);
  const auto target = namespaces.origin_of_module(name.ptr(), origins);
  const Origin nobody{Place::application, "unknown", "", "unknown", ""};
  const auto& owner = caller.origin != kNoOrigin ? origins[caller.origin] : nobody;
  if (target == kNoOrigin) return Boundary::third_party;
  return boundary_of(owner, origins[target], builtin_type);
}

}  // namespace overt::py
