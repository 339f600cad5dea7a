// The journal: what is written is read, whatever happens to the process or the file.
#include "overt/journal.h"

#include <doctest/doctest.h>

#include "journals.h"

namespace overt::test {
namespace {

TEST_CASE("what is written is read back") {
  const Directory files;
  Journal journal;
  REQUIRE(journal.open(files.path("7.journal"), head_of(7)));
  journal.patch(patch_with_id(1), 100);
  journal.patch(patch_with_id(2, "time:time"), 200);
  journal.revert(1);
  journal.again(1);
  journal.revert(2);
  journal.end(312, 4.25);
  CHECK(journal.lost() == 0);
  CHECK(journal.size() == read_file(journal.path()).size());

  const auto read = read_journal(files.path("7.journal"));
  REQUIRE(read);
  CHECK(read->ended);
  CHECK(read->head.run == "7-1790");
  CHECK(read->head.started_by == "spawn");
  CHECK(read->report.pid == 7);
  CHECK(read->report.python == "3.13.0");
  CHECK(read->report.argv == std::vector<std::string>{"python", "worker.py"});
  CHECK(read->report.modules == 312);
  CHECK(read->report.watch_ms == 4.25);
  CHECK(patches_in(journal.path()) == "1 time:sleep x2, 2 time:time reverted");
}

TEST_CASE("a patch that is lost keeps the reason until it is made again") {
  const Directory files;
  Journal journal;
  REQUIRE(journal.open(files.path("7.journal"), head_of(7)));
  journal.patch(patch_with_id(1), 100);
  journal.revert(1, 1, "the name is gone");
  CHECK(read_journal(journal.path())->report.patches[0].lost == "the name is gone");
  journal.again(1);
  const auto again = read_journal(journal.path());
  CHECK(again->report.patches[0].lost.empty());
  CHECK_FALSE(again->report.patches[0].reverted);
}

TEST_CASE("what came of proving a removal is known until the patch is undone") {
  const Directory files;
  Journal journal;
  REQUIRE(journal.open(files.path("7.journal"), head_of(7)));
  journal.patch(patch_with_id(1), 100);
  CHECK(journal.proved(R"({"at": 1.5, "actor": "uid 0", "reason": "", "patches": [)"
                       R"({"id": 1, "proved": true, "busy": false, "said": "it came back"},)"
                       R"({"id": 9, "proved": true, "busy": false, "said": "of a lost line"}]})"));
  const auto read = read_journal(journal.path());
  REQUIRE(read);
  CHECK(read->report.patches[0].proof == Proof{true, false, "it came back", 1.5});
  CHECK(event_words(read->report.events.back()) == "proof of removal, by uid 0; proved: p1 p9");
  journal.revert(1);
  CHECK_FALSE(read_journal(journal.path())->report.patches[0].proof);
}

TEST_CASE("a patch that comes and goes without end does not fill the disk") {
  const Directory files;
  Journal journal;
  REQUIRE(journal.open(files.path("7.journal"), head_of(7)));
  journal.patch(patch_with_id(1), 100);
  for (int times = 2; times <= 100'000; ++times) {
    journal.revert(1, times - 1);
    journal.again(1, times);
  }
  CHECK(journal.size() < 150'000);
  CHECK(patches_in(journal.path()) == "1 time:sleep x100000");
  journal.revert(1, 100'001, "the name is gone");
  CHECK(read_journal(journal.path())->report.patches[0].lost == "the name is gone");
}

TEST_CASE("a process that was killed leaves what it had seen by then") {
  const Directory files;
  Journal journal;
  REQUIRE(journal.open(files.path("7.journal"), head_of(7)));
  journal.patch(patch_with_id(1), 100);
  const auto read = read_journal(journal.path());
  REQUIRE(read);
  CHECK_FALSE(read->ended);
  CHECK(read->report.modules == 100);
}

TEST_CASE("how far patches reached is known when the process ended in order") {
  const Directory files;
  Journal journal;
  REQUIRE(journal.open(files.path("7.journal"), head_of(7)));
  std::vector<Patch> patches = {patch_with_id(1), patch_with_id(2, "time:time")};
  for (const auto& patch : patches) journal.patch(patch, 100);
  CHECK_FALSE(read_journal(journal.path())->report.patches[1].reach);
  patches[1].reach = Reach{3, {"shop.clock", "\xff"}};
  journal.end(312, 4.25, patches);
  const auto read = read_journal(journal.path());
  REQUIRE(read);
  CHECK_FALSE(read->report.patches[0].reach);
  REQUIRE(read->report.patches[1].reach);
  CHECK(read->report.patches[1].reach->modules == 3);
  CHECK(read->report.patches[1].reach->stale == std::vector<std::string>{"shop.clock", "\ufffd"});
}

TEST_CASE("conflicts are found again by the reader") {
  const Directory files;
  Journal journal;
  REQUIRE(journal.open(files.path("7.journal"), head_of(7)));
  journal.patch(patch_with_id(1), 1);
  auto other = patch_with_id(2);
  other.owner.name = "gevent";
  journal.patch(other, 1);
  const auto read = read_journal(journal.path());
  REQUIRE(read);
  REQUIRE(read->report.conflicts.size() == 1);
  CHECK(read->report.conflicts[0].patches == std::vector<int>{1, 2});
  CHECK(read->report.patches[1].layer == 2);
}

TEST_CASE("the last line may be torn anywhere, and all lines before it count") {
  const Directory files;
  Journal journal;
  REQUIRE(journal.open(files.path("7.journal"), head_of(7)));
  const auto head = journal.size();
  journal.patch(patch_with_id(1), 100);
  const auto patched = journal.size();
  journal.revert(1);
  const auto reverted = journal.size();
  journal.end(312, 4.25);
  const auto whole = read_file(journal.path());

  for (std::size_t size = 0; size <= whole.size(); ++size) {
    CAPTURE(size);
    const auto path = files.write("torn.journal", whole.substr(0, size));
    // A line counts as soon as all of it but its line feed is there.
    const auto has = [&](std::uint64_t end) { return size + 1 >= end; };
    const auto read = read_journal(path);
    CHECK(read.has_value() == has(head));
    if (!read) {
      CHECK(read.error().code == Code::format);
      continue;
    }
    CHECK(read->report.patches.size() == (has(patched) ? 1 : 0));
    if (has(patched)) CHECK(read->report.patches[0].reverted == has(reverted));
    CHECK(read->ended == has(whole.size()));
  }
}

TEST_CASE("no damaged byte makes the reader fail otherwise than by saying so") {
  const Directory files;
  Journal journal;
  REQUIRE(journal.open(files.path("7.journal"), head_of(7)));
  journal.patch(patch_with_id(1), 100);
  journal.end(312, 4.25);
  const auto whole = read_file(journal.path());
  for (std::size_t at = 0; at < whole.size(); ++at) {
    for (const char damage : {'\xff', '"', '9', '\n'}) {
      auto text = whole;
      text[at] = damage;
      const auto read = read_journal(files.write("damaged.journal", text));
      if (!read && read.error().code != Code::format) FAIL_CHECK(read.error().what);
    }
  }
}

TEST_CASE("a closed journal writes nothing and counts what it would have") {
  const Directory files;
  Journal journal;
  journal.revert(1);
  CHECK(journal.lost() == 1);
  REQUIRE(journal.open(files.path("7.journal"), head_of(7)));
  CHECK(journal.lost() == 0);
  CHECK(journal.is_open());
  journal.close();
  CHECK_FALSE(journal.is_open());
  const auto before = read_file(journal.path());
  journal.end(1, 0);
  CHECK(read_file(journal.path()) == before);
}

TEST_CASE("a new journal replaces one of the same name") {
  const Directory files;
  files.write("7.journal", std::string(100'000, 'x'));
  Journal journal;
  REQUIRE(journal.open(files.path("7.journal"), head_of(7)));
  CHECK(patches_in(journal.path()).empty());
}

TEST_CASE("names that are no UTF-8 are replaced, never an error") {
  const Directory files;
  Journal journal;
  auto head = head_of(7);
  head.argv = {"python", "\xff.py"};
  REQUIRE(journal.open(files.path("7.journal"), head));
  journal.patch(patch_with_id(1, "shop:\xc3("), 1);
  CHECK(journal.lost() == 0);
  CHECK(patches_in(journal.path()) == "1 shop:\ufffd(");
}

}  // namespace
}  // namespace overt::test
