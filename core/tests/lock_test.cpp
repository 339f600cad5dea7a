// overt.lock: what is written, read again, and kept from one time to the next.
#include "overt/lock.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "patches.h"

namespace overt::test {
namespace {

Patch stands(std::string target, std::string owner, std::string version = "1.2.0") {
  auto patch = patch_of(std::move(target), std::move(owner));
  patch.owner.version = std::move(version);
  return patch;
}

std::string lines_of(const Lock& lock) {
  const auto text = to_text(lock);
  std::string lines;
  for (std::size_t at = 0; at < text.size();) {
    const auto end = text.find('\n', at);
    const auto line = text.substr(at, end - at);
    if (!line.starts_with("#") && line != "overt.lock 1") lines += line + "\n";
    at = end + 1;
  }
  return lines;
}

Lock lock_from(std::string_view lines) {
  const auto lock = parse_lock("overt.lock 1\n" + std::string(lines), "overt.lock");
  REQUIRE(lock);
  return *lock;
}

std::string refusal(std::string_view text) {
  const auto lock = parse_lock(text, "overt.lock");
  return lock ? "accepted" : lock.error().subject + ": " + lock.error().what;
}

std::string wrong_line(const std::string& line) { return refusal("overt.lock 1\n" + line + "\n"); }

TEST_CASE("a patch is one line, sorted, without what changes by itself") {
  auto everywhere = stands("time:time", "shop", "");
  everywhere.everywhere = true;
  everywhere.change = Change::code;
  const auto report = report_of({stands("z:b", "sentry-sdk"), everywhere, stands("a:c", "acme")});
  CHECK(lines_of(lock_of(seen_in({report}), {}, false)) ==
        "a:c replaced by acme >=1.2.0,<2 in stdlib\n"
        "time:time code by shop in stdlib, everywhere\n"
        "z:b replaced by sentry-sdk >=1.2.0,<2 in stdlib\n");
}

TEST_CASE("what was undone and what is internal is not locked") {
  auto internal = stands("m:a", "acme");
  internal.internal = true;
  auto report = report_of({internal, stands("m:b", "acme"), stands("m:c", "acme")});
  report.patches[1].reverted = true;
  CHECK(lines_of(lock_of(seen_in({report}), {}, false)) ==
        "m:c replaced by acme >=1.2.0,<2 in stdlib\n");
}

TEST_CASE("several processes have one line for one patch, with the widest of its reaches") {
  auto own = stands("m:a", "Acme_Tracer");
  own.boundary = Boundary::own;
  auto older = stands("m:a", "acme-tracer", "1.1");
  older.everywhere = true;
  CHECK(lines_of(lock_of(seen_in({report_of({own}), report_of({older})}), {}, false)) ==
        "m:a replaced by Acme_Tracer >=1.1,<2 in stdlib, everywhere\n");
}

TEST_CASE("owners that share a target are a line of their own") {
  const auto shared = report_of({stands("m:a", "sentry-sdk"), stands("m:a", "acme")});
  CHECK(lines_of(lock_of(seen_in({shared}), {}, false)) ==
        "m:a replaced by acme >=1.2.0,<2 in stdlib\n"
        "m:a replaced by sentry-sdk >=1.2.0,<2 in stdlib\n"
        "m:a shared by acme, sentry-sdk\n");
  auto undone = shared;
  undone.patches[1].reverted = true;
  CHECK(seen_in({undone}).conflicts.empty());
}

TEST_CASE("comments, reasons and ranges that hold are kept") {
  const auto before = lock_from(
      "# ours\nm:a replaced by acme >=1,<9 in stdlib # reviewed\n"
      "m:a shared by acme, old # both trace\n"
      "m:b replaced by acme >=0.1,<1 in stdlib # young\nm:gone added by acme in own\n");
  const auto report =
      report_of({stands("m:a", "acme"), stands("m:b", "acme"), stands("m:a", "sentry-sdk")});
  CHECK(to_text(lock_of(seen_in({report}), before, false)) ==
        "overt.lock 1\n# ours\n"
        "m:a replaced by acme >=1,<9 in stdlib # reviewed\n"
        "m:a replaced by sentry-sdk >=1.2.0,<2 in stdlib\n"
        "m:a shared by acme, sentry-sdk # both trace\n"
        "m:b replaced by acme >=1.2.0,<2 in stdlib # young\n");
  const auto kept = lines_of(lock_of(seen_in({report}), before, true));
  CHECK(kept.find("m:gone added by acme in own\n") != std::string::npos);
  CHECK(kept.find("m:a shared by acme, old, sentry-sdk # both trace\n") != std::string::npos);
}

TEST_CASE("what is written is read as what it was, whatever the names hold") {
  for (const std::string& name :
       {std::string("m:SETTINGS[\"a b, c\"]"), std::string("m:\x1b[31m"), std::string("m:a\nb # c"),
        std::string("m:\u202e\u4e16"), std::string("m:\u4e16"), std::string("m:\xff\\x41"),
        std::string("#"), std::string("m:\0z", 4), std::string("m:\x7f"),
        "m:" + std::string(100'000, 'x')}) {
    auto patch = stands(name, name + "\t");
    patch.owner.version = "1 in builtins";
    const auto lock = lock_of(
        seen_in({report_of({patch, stands(name, "other, one"), stands("m:b", "x", "<script>")})}),
        {}, false);
    const auto text = to_text(lock);
    CHECK(is_harmless(text));
    const auto again = parse_lock(text, "overt.lock");
    REQUIRE(again);
    REQUIRE(again->patches.size() == 3);
    CHECK(to_text(*again) == text);
    CHECK(std::any_of(again->patches.begin(), again->patches.end(),
                      [&](const auto& each) { return each.owner == name + "\t"; }));
    CHECK(again->conflicts[0].target == name);
  }
}

TEST_CASE("the same lines, whatever the order in which patches were seen") {
  const auto a = stands("m:a", "x");
  const auto b = stands("m:b", "y");
  CHECK(lines_of(lock_of(seen_in({report_of({a, b})}), {}, false)) ==
        lines_of(lock_of(seen_in({report_of({b, a})}), {}, false)));
}

TEST_CASE("a lock that is none is refused with its line and column") {
  CHECK(refusal("") == "overt.lock:1:1: this is no overt.lock: it is empty");
  CHECK(refusal("[package]\n") ==
        "overt.lock:1:1: this is no overt.lock: its first line is not `overt.lock 1`");
  CHECK(refusal("overt.lock 2\n") ==
        "overt.lock:1:1: this lock is of another version; this overt reads `overt.lock 1`");
  CHECK(refusal("overt.lock 1\r\n\r\nm:a added by x in own\r\n") == "accepted");
  const std::string here = "overt.lock:2:";
  CHECK(wrong_line("m:a").starts_with(here + "5: a target was replaced"));
  CHECK(wrong_line("m:a patched by x in own").starts_with(here + "5: a target was replaced"));
  CHECK(wrong_line("m:\\y added by x in own") == here + "1: this is no target");
  CHECK(wrong_line("m:\\x4 added by x in own") == here + "1: this is no target");
  CHECK(wrong_line("m:\\xzz added by x in own") == here + "1: this is no target");
  CHECK(wrong_line("m:\\y41 added by x in own") == here + "1: this is no target");
  CHECK(wrong_line("m:\\x4g added by x in own") == here + "1: this is no target");
  CHECK(wrong_line("\\x added by x in own") == here + "1: this is no target");
  CHECK(wrong_line(" # a reason for nothing") == here + "1: this is no target");
  CHECK(wrong_line("m:a added by \\y in own") == here + "14: this is no owner");
  CHECK(wrong_line("m:a added by x  in own") ==
        here + "16: this is no range of versions, as in >=2.75.0,<3");
  CHECK(wrong_line("m:a shared by x, \\y") == here + "18: this is no owner");
  CHECK(wrong_line(" added by x in own") == here + "1: this is no target");
  CHECK(wrong_line("m:a added of x in own").starts_with(here + "11: a line is `TARGET"));
  CHECK(wrong_line("m:a added by") == here + "14: this is no owner");
  CHECK(wrong_line("m:a added by x 1.0 in own") ==
        here + "16: this is no range of versions, as in >=2.75.0,<3");
  CHECK(wrong_line("m:a added by x >=1 own").starts_with(here + "20: a line is `TARGET"));
  CHECK(wrong_line("m:a added by x in world").starts_with(here + "19: there is no such boundary"));
  CHECK(wrong_line("m:a added by x in own, here") ==
        here + "24: behind a boundary stands nothing but `, everywhere`");
  CHECK(wrong_line("m:a added by x in own too") ==
        here + "23: the line goes on where it should end; a reason stands behind ` # `");
  CHECK(wrong_line("m:a shared of x, y") == here + "12: there is no `by` behind `shared`");
  CHECK(wrong_line("m:a shared by x") == here + "15: two owners or more share a target");
  CHECK(wrong_line("m:a shared by x, , y") == here + "18: this is no owner");
  CHECK(refusal("overt.lock 1\nm:a added by x-y in own\nm:a added by x_Y >=1,<2 in stdlib\n") ==
        "overt.lock:3:1: this patch stands here twice: see line 2");
  CHECK(refusal(std::string((std::size_t{64} << 20U) + 1, '\n')) ==
        "overt.lock:1:1: this file is larger than 64 MiB");
}

TEST_CASE("blanks at the end of a line, and a last line without its end, do not matter") {
  CHECK(lines_of(lock_from("m:b added by x in own  \nm:a added by x in own, everywhere")) ==
        "m:a added by x in own, everywhere\nm:b added by x in own\n");
}

TEST_CASE("names and reasons that would break a line are written so that they do not") {
  LockedPatch patch;
  patch.owner = "x";
  patch.reason = "first\nsecond\tthird";
  CHECK(to_line(patch) == "\\x replaced by x in third-party # first second third");
}

}  // namespace
}  // namespace overt::test
