// Which calls an advice can take: errors as people read them, and every small signature against
// every other one, by trying all calls.
#include "overt/signature.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <bitset>
#include <set>
#include <sstream>

namespace overt {
namespace {

using Kind = ParameterKind;

// "a, /, b=, *args, c, **kw"
Signature parse(const std::string& text) {
  Signature signature;
  std::istringstream words(text);
  bool after_star = false;
  for (std::string word; words >> word;) {
    if (word.back() == ',') word.pop_back();
    if (word == "/") {
      for (auto& parameter : signature.parameters) parameter.kind = Kind::positional_only;
      continue;
    }
    if (word == "*") {
      after_star = true;
      continue;
    }
    Parameter parameter;
    parameter.has_default = word.back() == '=';
    if (parameter.has_default) word.pop_back();
    const auto stars = word.find_first_not_of('*');
    parameter.kind = stars == 2   ? Kind::var_keyword
                     : stars == 1 ? Kind::var_positional
                     : after_star ? Kind::keyword_only
                                  : Kind::positional_or_keyword;
    if (stars == 1) after_star = true;
    parameter.name = word.substr(stars);
    signature.parameters.push_back(parameter);
  }
  return signature;
}

// "" or the error, for an advice that is given the original first.
std::string around(const std::string& advice, const std::string& target) {
  const auto taken = accepts(parse(advice), parse(target), {.leading = 1});
  return taken ? "" : taken.error().what;
}

std::string replacement(const std::string& callee, const std::string& target) {
  const auto taken = accepts(parse(callee), parse(target), {.role = "replacement"});
  return taken ? "" : taken.error().what;
}

TEST_CASE("an advice with the target's own parameters takes its calls") {
  CHECK(around("original, a, b=, *, c, d=", "a, b=, *, c, d=").empty());
  CHECK(around("original, a, /, *args, **kw", "a, /, *args, **kw").empty());
  CHECK(around("original", "").empty());
}

TEST_CASE("stars take any call") {
  for (const char* target : {"", "a, /, b, c=, *, d", "*args", "**kw", "a, *args, b, **kw"}) {
    CHECK(around("original, *args, **kw", target).empty());
    CHECK(around("*args, **kw", target).empty());
    CHECK(replacement("*args, **kw", target).empty());
  }
}

TEST_CASE("a callee may take more than it is given") {
  CHECK(around("original, a, b=, c=, *args, d=, **kw", "a").empty());
  CHECK(around("original, a, b", "a, /, b").empty());
  CHECK(replacement("self, request, **kw", "self, request, **kwargs").empty());
}

TEST_CASE("self may have any name in a method") {
  const auto target = parse("self, request, **kw");
  const auto advice = parse("original, session, request, **kw");
  CHECK_FALSE(accepts(advice, target, {.leading = 1}));
  CHECK(accepts(advice, target.of_method(), {.leading = 1}));
}

TEST_CASE("a keyword that only the target's ** takes is none that the advice has for itself") {
  CHECK(around("original, *args, **kw", "**kw").empty());
  CHECK(around("original, session, **kw", "self, /, **kw").empty());
}

TEST_CASE("an advice without room for the original says so") {
  CHECK(around("", "") ==
        "the advice is given 1 positional argument in front of the target's own and takes 0 in "
        "all: add one, as in (original, ...)");
  CHECK(around("*, original", "").find("add one, as in (original, ...)") != std::string::npos);
  const auto two = accepts(parse("original"), parse(""), {.leading = 2});
  REQUIRE_FALSE(two);
  CHECK(two.error().what ==
        "the advice is given 2 positional arguments in front of the target's own and takes 1 in "
        "all: add them");
}

struct Untaken {
  std::string (*asked)(const std::string& callee, const std::string& target);
  const char* callee;
  const char* target;
  const char* call;  // and what to change
};

TEST_CASE("a call that is not taken is named, with what to change") {
  const std::vector<Untaken> all = {
      // too many positional arguments: the first one that is missing
      {around, "original, a", "a, b",
       "2 positional arguments, and the advice with at most 1 after its own: add 'b', or *args"},
      {replacement, "", "a",
       "1 positional argument, and the replacement with at most 0: add 'a', or *args"},
      {around, "original, a", "a, *rest",
       "any number of positional arguments, and the advice with at most 1 after its own: add "
       "*args"},
      // keywords
      {around, "original, url", "url, *, timeout=",
       "keyword 'timeout', which the advice does not take: name it, or add **kwargs"},
      {around, "original, address", "url",
       "keyword 'url', which the advice does not take: give that name to its parameter 'address'"},
      {around, "original, address, **kw", "url",
       "keyword 'url', and the advice wants 'address' in that place: give it the target's name, "
       "'url'"},
      {around, "original, url, /", "url",
       "keyword 'url', which the advice does not take: put the / before it"},
      {around, "original, url, /, **kw", "url",
       "keyword 'url', and the advice wants 'url' in that place: put the / before it"},
      {around, "original, *args", "**kw",
       "any keyword, and the advice only with those it names: add **kwargs"},
  };
  for (const auto& [asked, callee, target, call] : all) {
    CAPTURE(callee);
    CAPTURE(target);
    CHECK(asked(callee, target) == "the target can be called with " + std::string(call));
  }
}

TEST_CASE("a keyword that is also the advice's own is a clash") {
  CHECK(around("original, *args, **kw", "a, original") ==
        "the target can be called with keyword 'original', which is what the advice calls an "
        "argument of its own: rename that, or put a / behind it");
  CHECK(around("original, /, *args, **kw", "a, original").empty());
}

TEST_CASE("an argument that would arrive twice is told as the call that does it") {
  CHECK(around("original, b, a", "a, b") ==
        "the target can be called with 1 positional argument and keyword 'b', which the advice "
        "would get twice: give it the target's order of parameters");
  CHECK(around("original, b, *args", "a, /, *, b") ==
        "the target can be called with 1 positional argument and keyword 'b', which the advice "
        "would get twice: make it keyword-only there, too");
}

TEST_CASE("what may be left out of a call must have a default") {
  CHECK(around("original, a, b", "a, b=") ==
        "the target can be called without 'b', which the advice requires: give it a default");
  CHECK(around("original, a, *, c", "a") ==
        "the target can be called without 'c', which the advice requires: give it a default");
  CHECK(around("original, a, *args, **kw", "*args, **kw") ==
        "the target can be called without 'a', which the advice requires: give it a default");
  CHECK(replacement("*args, a", "a") ==
        "the target can be called with 'a' by position, and the replacement by keyword only: put "
        "it before the *");
}

TEST_CASE("an error is one of usage, about the parameter") {
  const auto taken = accepts(parse("original"), parse("*, timeout"), {.leading = 1});
  REQUIRE_FALSE(taken);
  CHECK(taken.error().code == Code::usage);
  CHECK(taken.error().subject == "timeout");
}

TEST_CASE("a signature prints as it is written") {
  CHECK(parse("a, /, b=, *args, c, **kw").str() == "(a, /, b=..., *args, c, **kw)");
  CHECK(parse("a, b, /").str() == "(a, b, /)");
  CHECK(parse("a, *, b=").str() == "(a, *, b=...)");
  CHECK(parse("*, a, b").str() == "(*, a, b)");
  CHECK(Signature{}.str() == "()");
}

TEST_CASE("a bound method has one parameter less, unless a star takes self") {
  CHECK(parse("self, a").bound().str() == "(a)");
  CHECK(parse("*args").bound().str() == "(*args)");
  CHECK(parse("*, a").bound().str() == "(*, a)");
  CHECK(Signature{}.bound().str() == "()");
}

TEST_CASE("what a method is called with first has no name that a caller could use") {
  CHECK(parse("self, a").of_method().str() == "(self, /, a)");
  CHECK(parse("*args").of_method().str() == "(*args)");
  CHECK(Signature{}.of_method().str() == "()");
}

TEST_CASE("plain code goes before anything, all else before its like") {
  constexpr CallKind kAll[] = {CallKind::plain, CallKind::coroutine, CallKind::generator,
                               CallKind::async_generator};
  for (const auto callee : kAll) {
    for (const auto target : kAll) {
      const bool fine = callee == CallKind::plain || callee == target;
      CHECK(suits(callee, target).has_value() == fine);
    }
  }
  CHECK(suits(CallKind::coroutine, CallKind::plain).error().what ==
        "the advice is a coroutine function and the target a function, whose callers would be "
        "given something else than before: make the advice a function");
  CHECK(suits(CallKind::generator, CallKind::async_generator, "replacement").error().what ==
        "the replacement is a generator function and the target an async generator function, "
        "whose callers would be given something else than before: make the replacement a function, "
        "or an async generator function");
}

// What follows tries all calls with up to 3 arguments by position and any of four keywords.
const std::string kNames[] = {"a", "b", "c", "z"};
constexpr std::size_t kCounts = 4;
constexpr std::size_t kSets = 16;
using Calls = std::bitset<kCounts * kSets>;

// Python's own rule for binding arguments, written down once more and independently.
bool binds(const Signature& signature, std::size_t count, std::set<std::string> keywords) {
  bool star = false;
  bool star_star = false;
  std::size_t place = 0;
  for (const auto& parameter : signature.parameters) {
    if (parameter.kind == Kind::var_positional) {
      star = true;
    } else if (parameter.kind == Kind::var_keyword) {
      star_star = true;
    } else {
      const bool positional = parameter.kind != Kind::keyword_only;
      const bool filled = positional && place < count;
      if (positional) ++place;
      const bool named =
          parameter.kind != Kind::positional_only && keywords.erase(parameter.name) != 0;
      if (filled && named) return false;
      if (!filled && !named && !parameter.has_default) return false;
    }
  }
  return (star || count <= place) && (star_star || keywords.empty());
}

Calls calls_of(const Signature& signature, std::size_t leading) {
  Calls calls;
  for (std::size_t i = 0; i < calls.size(); ++i) {
    std::set<std::string> keywords;
    for (std::size_t k = 0; k < 4; ++k) {
      if ((i % kSets >> k & 1U) != 0) keywords.insert(kNames[k]);
    }
    calls[i] = binds(signature, i / kSets + leading, keywords);
  }
  return calls;
}

// The calls with keywords that a target names itself, or that nobody names.
Calls named_by(const Signature& target) {
  Calls calls;
  for (std::size_t i = 0; i < calls.size(); ++i) {
    bool named = true;
    for (std::size_t k = 0; k < 3; ++k) {
      const bool has = std::any_of(
          target.parameters.begin(), target.parameters.end(), [&](const auto& parameter) {
            return parameter.name == kNames[k] && parameter.kind != Kind::positional_only;
          });
      if ((i % kSets >> k & 1U) != 0 && !has) named = false;
    }
    calls[i] = named;
  }
  return calls;
}

std::vector<Signature> small_signatures() {
  const std::vector<std::string> positional = {
      "",         "a",         "a=",     "a, /",    "a=, /",    "b",         "b, /",
      "a, b",     "a, b=",     "a=, b=", "a, /, b", "a, /, b=", "a=, /, b=", "a, b, /",
      "a, b=, /", "a=, b=, /", "b, a",   "b, a=",   "b=, a=",   "b, /, a",   "b, a, /"};
  std::vector<Signature> all;
  for (const auto& head : positional) {
    for (const char* star : {"", "*rest"}) {
      for (const char* only : {"", "a", "a=", "b", "b=", "c", "c="}) {
        if (*only != '\0' && head.find(only[0]) != std::string::npos) continue;
        for (const char* star_star : {"", "**more"}) {
          std::string text = head;
          const auto add = [&](const std::string& word) {
            if (!word.empty()) text += (text.empty() ? "" : ", ") + word;
          };
          add(*star == '\0' && *only != '\0' ? "*" : star);
          add(only);
          add(star_star);
          all.push_back(parse(text));
        }
      }
    }
  }
  return all;
}

void compare_all(std::size_t leading) {
  const auto targets = small_signatures();
  auto callees = targets;
  if (leading != 0) {
    for (auto& callee : callees) callee.parameters.insert(callee.parameters.begin(), {"c"});
    std::erase_if(callees, [](const auto& callee) {
      return std::count_if(callee.parameters.begin(), callee.parameters.end(),
                           [](const auto& each) { return each.name == "c"; }) > 1;
    });
  }
  std::vector<Calls> taken;
  for (const auto& callee : callees) taken.push_back(calls_of(callee, leading));
  int refused = 0;
  for (const auto& target : targets) {
    const auto made = calls_of(target, 0) & named_by(target);
    for (std::size_t i = 0; i < callees.size(); ++i) {
      const bool all_taken = (made & ~taken[i]).none();
      const bool accepted = accepts(callees[i], target, {.leading = leading}).has_value();
      refused += accepted ? 0 : 1;
      if (accepted != all_taken) {
        INFO(callees[i].str(), " for ", target.str());
        CHECK(accepted == all_taken);
      }
    }
  }
  CHECK(refused > 1000);
  CHECK(static_cast<std::size_t>(refused) < targets.size() * callees.size() - 1000);
}

TEST_CASE("every small signature is accepted for another one exactly if it takes all its calls") {
  compare_all(0);
}

TEST_CASE("the same behind an argument that is given first") { compare_all(1); }

}  // namespace
}  // namespace overt
