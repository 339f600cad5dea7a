#include "overt/signature.h"

#include <algorithm>
#include <optional>

namespace overt {
namespace {

// A signature taken apart. Views into its parameters.
struct Shape {
  std::vector<const Parameter*> positional;
  std::vector<const Parameter*> keyword_only;
  bool star = false;
  bool star_star = false;

  explicit Shape(const Signature& signature) {
    for (const auto& parameter : signature.parameters) {
      switch (parameter.kind) {
        case ParameterKind::positional_only:
        case ParameterKind::positional_or_keyword:
          positional.push_back(&parameter);
          break;
        case ParameterKind::keyword_only:
          keyword_only.push_back(&parameter);
          break;
        case ParameterKind::var_positional:
          star = true;
          break;
        case ParameterKind::var_keyword:
          star_star = true;
          break;
      }
    }
  }
};

constexpr auto kNowhere = static_cast<std::size_t>(-1);

bool by_keyword(const Parameter& parameter) {
  return parameter.kind != ParameterKind::positional_only;
}

std::size_t find(const std::vector<const Parameter*>& list, std::string_view name) {
  const auto it =
      std::find_if(list.begin(), list.end(), [&](const auto* each) { return each->name == name; });
  return it == list.end() ? kNowhere : static_cast<std::size_t>(it - list.begin());
}

std::string quoted(std::string_view name) { return "'" + std::string(name) + "'"; }

std::string arguments(std::size_t count) {
  return std::to_string(count) + " positional argument" + (count == 1 ? "" : "s");
}

// The comparison of one callee with one target. Each step returns the call that fails, if any;
// later steps rely on the earlier ones having passed.
class Comparison {
 public:
  Comparison(const Shape& callee, const Shape& target, Callee as)
      : target_(target), role_("the " + std::string(as.role)), given_first_(as.leading) {
    const auto leading = std::min(as.leading, callee.positional.size());
    const auto rest = callee.positional.begin() + static_cast<std::ptrdiff_t>(leading);
    leading_.assign(callee.positional.begin(), rest);
    positional_.assign(rest, callee.positional.end());
    keyword_only_ = callee.keyword_only;
    star_ = callee.star;
    star_star_ = callee.star_star;
  }

  std::optional<Error> first_failure() const {
    if (auto failure = leading()) return failure;
    if (auto failure = counts()) return failure;
    for (std::size_t i = 0; i < target_.positional.size(); ++i) {
      const auto& parameter = *target_.positional[i];
      if (!by_keyword(parameter)) continue;
      if (auto failure = keyword(parameter, i)) return failure;
    }
    for (const auto* parameter : target_.keyword_only) {
      const auto most = target_.star ? kNowhere : target_.positional.size();
      if (auto failure = keyword(*parameter, most)) return failure;
    }
    if (target_.star_star && !star_star_) {
      return refuse("any keyword, and " + role_ + " only with those it names", "add **kwargs");
    }
    for (std::size_t j = 0; j < positional_.size(); ++j) {
      if (auto failure = required(*positional_[j], j)) return failure;
    }
    for (const auto* parameter : keyword_only_) {
      if (auto failure = required_keyword(*parameter)) return failure;
    }
    return {};
  }

 private:
  static Error refuse(const std::string& call, const std::string& remedy,
                      std::string_view name = {}) {
    return {Code::usage, "the target can be called with " + call + ": " + remedy,
            std::string(name)};
  }

  std::optional<Error> leading() const {
    if (leading_.size() == given_first_ || star_) return {};
    return Error{Code::usage,
                 role_ + " is given " + arguments(given_first_) +
                     " in front of the target's own and takes " + std::to_string(leading_.size()) +
                     " in all: add " + (given_first_ == 1 ? "one, as in (original, ...)" : "them"),
                 {}};
  }

  std::optional<Error> counts() const {
    if (star_) return {};
    const std::string takes = ", and " + role_ + " with at most " +
                              std::to_string(positional_.size()) +
                              (given_first_ == 0 ? "" : " after its own");
    if (target_.star) {
      return refuse("any number of positional arguments" + takes, "add *args");
    }
    if (target_.positional.size() <= positional_.size()) return {};
    const auto& missing = *target_.positional[positional_.size()];
    return refuse(arguments(target_.positional.size()) + takes,
                  "add " + quoted(missing.name) + ", or *args", missing.name);
  }

  // The target takes `parameter` by keyword, with at most `most` arguments by position before it.
  std::optional<Error> keyword(const Parameter& parameter, std::size_t most) const {
    const auto& name = parameter.name;
    const std::string call = "keyword " + quoted(name);
    if (const auto at = find(leading_, name); at != kNowhere && by_keyword(*leading_[at])) {
      return refuse(call + ", which is what " + role_ + " calls an argument of its own",
                    "rename that, or put a / behind it", name);
    }
    if (find(keyword_only_, name) != kNowhere) return {};
    const auto at = find(positional_, name);
    if (at == kNowhere || !by_keyword(*positional_[at])) {
      if (star_star_) return {};
      return refuse(call + ", which " + role_ + " does not take", how_to_take(parameter, at, most),
                    name);
    }
    if (at >= most) return {};
    // With more arguments by position than stand before it there, the callee has it already.
    const auto before = most == kNowhere ? at + 1 : most;
    return refuse(arguments(before) + " and keyword " + quoted(name) + ", which " + role_ +
                      " would get twice",
                  most == kNowhere || parameter.kind == ParameterKind::keyword_only
                      ? "make it keyword-only there, too"
                      : "give it the target's order of parameters",
                  name);
  }

  std::string how_to_take(const Parameter& parameter, std::size_t at, std::size_t most) const {
    if (at != kNowhere) return "put the / before it";
    const bool stands_there = parameter.kind == ParameterKind::positional_or_keyword &&
                              most < positional_.size() && !knows(positional_[most]->name);
    if (stands_there && !positional_[most]->has_default) {
      return "give that name to its parameter " + quoted(positional_[most]->name);
    }
    return "name it, or add **kwargs";
  }

  bool knows(std::string_view name) const {
    return find(target_.positional, name) != kNowhere ||
           find(target_.keyword_only, name) != kNowhere;
  }

  // How few arguments by position a call of the target can have.
  std::size_t fewest() const {
    std::size_t fewest = 0;
    for (std::size_t i = 0; i < target_.positional.size(); ++i) {
      const auto& parameter = *target_.positional[i];
      if (!by_keyword(parameter) && !parameter.has_default) fewest = i + 1;
    }
    return fewest;
  }

  bool always_by_keyword(std::string_view name) const {
    const auto at = find(target_.keyword_only, name);
    return at != kNowhere && !target_.keyword_only[at]->has_default;
  }

  // A positional parameter of the callee, which a call with more than `at` arguments fills.
  std::optional<Error> required(const Parameter& parameter, std::size_t at) const {
    if (parameter.has_default || fewest() > at) return {};
    const auto* there = at < target_.positional.size() ? target_.positional[at] : nullptr;
    if (by_keyword(parameter)) {
      if (always_by_keyword(parameter.name)) return {};
      if (there != nullptr && !there->has_default && there->name == parameter.name) return {};
    }
    return without(parameter, there);
  }

  std::optional<Error> required_keyword(const Parameter& parameter) const {
    if (parameter.has_default || always_by_keyword(parameter.name)) return {};
    const auto at = find(target_.positional, parameter.name);
    if (at == kNowhere || target_.positional[at]->has_default) return without(parameter, nullptr);
    return refuse(quoted(parameter.name) + " by position, and " + role_ + " by keyword only",
                  "put it before the *", parameter.name);
  }

  // `there`: what the target calls the parameter in that place.
  std::optional<Error> without(const Parameter& parameter, const Parameter* there) const {
    if (there != nullptr && !there->has_default) {
      const auto remedy = there->name == parameter.name
                              ? std::string("put the / before it")
                              : "give it the target's name, " + quoted(there->name);
      return refuse("keyword " + quoted(there->name) + ", and " + role_ + " wants " +
                        quoted(parameter.name) + " in that place",
                    remedy, parameter.name);
    }
    return Error{Code::usage,
                 "the target can be called without " + quoted(parameter.name) + ", which " + role_ +
                     " requires: give it a default",
                 parameter.name};
  }

  const Shape& target_;
  std::string role_;
  std::size_t given_first_;
  std::vector<const Parameter*> leading_;  // of the callee, filled by what it is given first
  std::vector<const Parameter*> positional_;
  std::vector<const Parameter*> keyword_only_;
  bool star_ = false;
  bool star_star_ = false;
};

bool is_positional(const Parameter& parameter) {
  return parameter.kind == ParameterKind::positional_only ||
         parameter.kind == ParameterKind::positional_or_keyword;
}

}  // namespace

std::string Signature::str() const {
  std::string out;
  const auto add = [&](const std::string& word) { out += (out.empty() ? "" : ", ") + word; };
  bool after_star = false;
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    const auto& parameter = parameters[i];
    const bool only = parameter.kind == ParameterKind::positional_only;
    if (parameter.kind == ParameterKind::keyword_only && !after_star) add("*");
    if (!is_positional(parameter)) after_star = true;
    const std::string_view stars = parameter.kind == ParameterKind::var_positional ? "*"
                                   : parameter.kind == ParameterKind::var_keyword  ? "**"
                                                                                   : "";
    add(std::string(stars) + parameter.name + (parameter.has_default ? "=..." : ""));
    const bool last = i + 1 == parameters.size();
    if (only && (last || parameters[i + 1].kind != ParameterKind::positional_only)) add("/");
  }
  return "(" + out + ")";
}

Signature Signature::bound() const {
  auto out = *this;
  if (!out.parameters.empty() && is_positional(out.parameters[0]))
    out.parameters.erase(out.parameters.begin());
  return out;
}

Signature Signature::of_method() const {
  auto out = *this;
  if (!out.parameters.empty() && is_positional(out.parameters[0]))
    out.parameters[0].kind = ParameterKind::positional_only;
  return out;
}

result<void> accepts(const Signature& callee, const Signature& target, Callee as) {
  const Shape of_callee(callee);
  const Shape of_target(target);
  if (auto failure = Comparison(of_callee, of_target, as).first_failure()) {
    return tl::unexpected(std::move(*failure));
  }
  return {};
}

std::string_view name(CallKind kind) {
  switch (kind) {
    case CallKind::plain:
      return "function";
    case CallKind::coroutine:
      return "coroutine function";
    case CallKind::generator:
      return "generator function";
    case CallKind::async_generator:
      return "async generator function";
  }
  return "function";
}

result<void> suits(CallKind callee, CallKind target, std::string_view role) {
  if (callee == CallKind::plain || callee == target) return {};
  const auto what = [](CallKind kind) {
    const auto text = name(kind);
    return (text.front() == 'a' ? "an " : "a ") + std::string(text);
  };
  const std::string the_role = "the " + std::string(role);
  return fail(Code::usage, the_role + " is " + what(callee) + " and the target " + what(target) +
                               ", whose callers would be given something else than before: make " +
                               the_role + " a function" +
                               (target == CallKind::plain ? "" : ", or " + what(target)));
}

}  // namespace overt
