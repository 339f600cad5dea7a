#include "overt/boundary.h"

#include <array>

namespace overt {
namespace {

constexpr std::array<std::string_view, 5> kNames = {"own", "application", "third-party", "stdlib",
                                                    "builtins"};

}  // namespace

std::string_view name(Boundary boundary) { return kNames[static_cast<std::size_t>(boundary)]; }

std::optional<Boundary> parse_boundary(std::string_view text) {
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    if (kNames[i] == text) return static_cast<Boundary>(i);
  }
  return std::nullopt;
}

Boundary boundary_of(const Origin& owner, const Origin& target, bool builtin_type) {
  if (target.place == Place::builtins) return Boundary::builtins;
  if (target.place == Place::stdlib) return builtin_type ? Boundary::builtins : Boundary::stdlib;
  if (owner.party == target.party) return Boundary::own;
  return target.place == Place::site ? Boundary::third_party : Boundary::application;
}

}  // namespace overt
