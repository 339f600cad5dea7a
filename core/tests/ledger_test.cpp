// The ledger: layers of a target, reverts in any order, repeated patches, conflicts, capacity.
#include "overt/ledger.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "patches.h"

namespace overt::test {
namespace {

constexpr auto kSend = "http.client:HTTPConnection.send";

// The active layers of a target as ids, innermost first: "1 2 3".
std::string layers(const Ledger& ledger, std::string_view target = kSend) {
  auto patches = ledger.patches();
  std::erase_if(patches, [&](const auto& p) { return p.reverted || p.target != target; });
  std::sort(patches.begin(), patches.end(),
            [](const auto& a, const auto& b) { return a.layer < b.layer; });
  std::string text;
  for (std::size_t i = 0; i < patches.size(); ++i) {
    CHECK(patches[i].layer == static_cast<int>(i) + 1);  // counted without gaps
    text += (i == 0 ? "" : " ") + std::to_string(patches[i].id);
  }
  return text;
}

// "target: ids; target: ids"
std::string conflicts(const Ledger& ledger) {
  std::string text;
  for (const auto& conflict : ledger.conflicts()) {
    text += (text.empty() ? "" : "; ") + conflict.target + ":";
    for (const int id : conflict.patches) text += " " + std::to_string(id);
  }
  return text;
}

// Patches of one target by owners a, b, c, ..., one line each.
void add(Ledger& ledger, std::string_view owners) {
  for (const char owner : owners) {
    const auto line = static_cast<int>(ledger.patches().size()) + 1;
    ledger.add(patch_of(kSend, std::string(1, owner), line));
  }
}

TEST_CASE("ids count from one and lead back to the patch") {
  Ledger ledger;
  CHECK(ledger.add(patch_of("time:sleep", "a")) == 1);
  CHECK(ledger.add(patch_of("time:time", "a")) == 2);
  CHECK(ledger.patch(2).target == "time:time");
  CHECK(ledger.patches().size() == 2);
}

TEST_CASE("each target has layers of its own, the newest outermost") {
  Ledger ledger;
  add(ledger, "abc");
  ledger.add(patch_of("time:sleep", "a"));
  CHECK(layers(ledger) == "1 2 3");
  CHECK(layers(ledger, "time:sleep") == "4");
}

TEST_CASE("a reverted patch stays listed and is no layer any more") {
  Ledger ledger;
  add(ledger, "a");
  ledger.revert(1);
  CHECK(ledger.patches().size() == 1);
  CHECK(ledger.patch(1).reverted);
  CHECK(layers(ledger).empty());
}

TEST_CASE("layers leave in any order and the others close up") {
  for (const std::string order : {"123", "132", "213", "231", "312", "321"}) {
    CAPTURE(order);
    Ledger ledger;
    add(ledger, "abc");
    std::string left = "1 2 3";
    for (const char id : order) {
      ledger.revert(id - '0');
      const auto at = left.find(id);
      left.erase(at == 0 ? 0 : at - 1, 2);
      CHECK(layers(ledger) == left);
    }
  }
}

TEST_CASE("a patch above a gap does not share its layer with the next one") {
  Ledger ledger;
  add(ledger, "abc");
  ledger.revert(2);
  add(ledger, "d");
  CHECK(layers(ledger) == "1 3 4");
}

TEST_CASE("reverting twice is reverting once") {
  Ledger ledger;
  add(ledger, "ab");
  ledger.revert(1);
  ledger.revert(1);
  CHECK(layers(ledger) == "2");
}

TEST_CASE("the same line that makes the same patch again is counted, as the outermost layer") {
  Ledger ledger;
  add(ledger, "a");
  ledger.revert(1);
  add(ledger, "b");
  CHECK(ledger.add(patch_of(kSend, "a", 1)) == 1);
  CHECK(ledger.patch(1).times == 2);
  CHECK_FALSE(ledger.patch(1).reverted);
  CHECK(layers(ledger) == "2 1");
}

TEST_CASE("a patch that was made again has the stack of the last time") {
  Ledger ledger;
  const auto made_by = [](const char* caller) {
    auto patch = patch_of(kSend, "a");
    patch.stack = {Site{"m", caller, "m.py", 1}};
    return patch;
  };
  ledger.add(made_by("first"));
  ledger.add(made_by("on top"));
  CHECK(ledger.patch(1).stack.front().function == "on top");
  ledger.revert(1);
  ledger.add(made_by("after a revert"));
  CHECK(ledger.patch(1).stack.front().function == "after a revert");
}

TEST_CASE("a patch on top of itself is the same layer, made again") {
  Ledger ledger;
  for (int i = 0; i < 3; ++i) CHECK(ledger.add(patch_of(kSend, "a")) == 1);
  CHECK(ledger.patch(1).times == 3);
  CHECK(layers(ledger) == "1");
}

TEST_CASE("a patch that others cover is another layer when it is made again") {
  Ledger ledger;
  CHECK(ledger.add(patch_of(kSend, "a", 1)) == 1);
  add(ledger, "b");
  CHECK(ledger.add(patch_of(kSend, "a", 1)) == 3);
  CHECK(layers(ledger) == "1 2 3");
  ledger.revert(3);
  CHECK(ledger.add(patch_of(kSend, "a", 1)) == 3);
  CHECK(layers(ledger) == "1 2 3");
}

TEST_CASE("another target, owner, change, line or value is another patch") {
  const auto original = patch_of(kSend, "a");
  auto target = original;
  target.target = "time:sleep";
  auto owner = original;
  owner.owner.name = "b";
  auto change = original;
  change.change = Change::deleted;
  auto line = original;
  line.site.line = 11;
  auto file = original;
  file.site.file = "/other.py";
  auto type = original;
  type.new_value.type = "class";
  auto qualname = original;
  qualname.new_value.qualname = "other";
  for (const auto& other : {target, owner, change, line, file, type, qualname}) {
    Ledger ledger;
    ledger.revert(ledger.add(original));
    CHECK(ledger.add(other) == 2);
    CHECK(ledger.patch(1).times == 1);
  }
}

TEST_CASE("two owners on one target are a conflict, named in the order of their layers") {
  Ledger ledger;
  add(ledger, "ab");
  CHECK(conflicts(ledger) == "http.client:HTTPConnection.send: 1 2");
}

TEST_CASE("all who take part in a conflict are named") {
  Ledger ledger;
  add(ledger, "aabac");
  CHECK(conflicts(ledger) == "http.client:HTTPConnection.send: 1 2 3 4 5");
}

TEST_CASE("one owner that patches a target twice has no conflict with itself") {
  Ledger ledger;
  add(ledger, "aa");
  CHECK(conflicts(ledger).empty());
}

TEST_CASE("patches that never met are no conflict") {
  Ledger ledger;
  add(ledger, "a");
  ledger.revert(1);
  add(ledger, "b");
  CHECK(conflicts(ledger).empty());
}

TEST_CASE("a conflict that was is still told") {
  Ledger ledger;
  add(ledger, "ab");
  ledger.revert(2);
  ledger.revert(1);
  CHECK(conflicts(ledger) == "http.client:HTTPConnection.send: 1 2");
}

TEST_CASE("a patch that came back is the last of its conflict") {
  Ledger ledger;
  add(ledger, "ab");
  ledger.revert(1);
  ledger.add(patch_of(kSend, "a", 1));
  CHECK(conflicts(ledger) == "http.client:HTTPConnection.send: 2 1");
}

TEST_CASE("what a distribution does to itself is no conflict with others") {
  Ledger ledger;
  auto internal = patch_of(kSend, "a");
  internal.internal = true;
  ledger.add(internal);
  add(ledger, "b");
  internal.owner.name = "c";
  ledger.add(internal);
  CHECK(conflicts(ledger).empty());
}

TEST_CASE("each target has its own conflict") {
  Ledger ledger;
  for (const char* target : {"time:time", "time:sleep"}) {
    ledger.add(patch_of(target, "a"));
    ledger.add(patch_of(target, "b"));
  }
  CHECK(conflicts(ledger) == "time:time: 1 2; time:sleep: 3 4");
}

TEST_CASE("a full ledger counts what it drops and still knows what it has") {
  Ledger ledger;
  for (std::size_t i = 0; i < Ledger::kCapacity; ++i) {
    ledger.add(patch_of("m:f" + std::to_string(i), "a"));
  }
  CHECK(ledger.dropped() == 0);
  CHECK(ledger.add(patch_of("time:sleep", "a")) == 0);
  CHECK(ledger.add(patch_of("time:sleep", "b")) == 0);
  CHECK(ledger.dropped() == 2);
  CHECK(ledger.patches().size() == Ledger::kCapacity);
  CHECK(conflicts(ledger).empty());
  ledger.revert(1);
  CHECK(ledger.add(patch_of("m:f0", "a")) == 1);
  CHECK(ledger.patch(1).times == 2);
}

TEST_CASE("a patch that is made again at another object stays one patch") {
  Ledger ledger;
  add(ledger, "ab");
  ledger.renew(1);
  CHECK(layers(ledger) == "1 2");
  CHECK(ledger.patch(1).times == 2);
  ledger.lose(1, "the name is gone");
  ledger.revert(1);
  CHECK(layers(ledger) == "2");
  CHECK(ledger.patch(1).lost == "the name is gone");
  ledger.renew(1);
  CHECK(layers(ledger) == "2 1");
  CHECK(ledger.patch(1).lost.empty());
}

}  // namespace
}  // namespace overt::test
