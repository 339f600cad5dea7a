// Journals that continue others, and files that are no journals.
#include <doctest/doctest.h>

#include "journals.h"

namespace overt::test {
namespace {

// A process of run "7-1790" whose journal lies in `files`.
class Process {
 public:
  Process(const Directory& files, int pid) : files_(files), head_(head_of(pid)) { open(); }

  Process(const Process& parent, int pid) : files_(parent.files_), head_(parent.head_) {
    head_.pid = pid;
    head_.started_by = "fork";
    head_.fork_of = std::to_string(parent.head_.pid) + ".journal";
    head_.fork_at = parent.journal.size();
    open();
  }

  Journal journal;

 private:
  void open() { REQUIRE(journal.open(files_.path(std::to_string(head_.pid) + ".journal"), head_)); }

  const Directory& files_;
  JournalHead head_;
};

constexpr auto kHead = R"({"overt.journal": 1, "run": "7-1790", "pid": 7, "started_by": "run",
"argv": [], "python": "3.13.0")";

// Of a process that ended in order; the patch that it names does not exist.
constexpr auto kEnd =
    R"({"end": {"modules": 1, "watch_ms": 2, "reach": [[9, {"modules": 1, "stale": []}]]}}
)";

// A first line with further fields.
std::string head_with(std::string_view fields) {
  std::string line = kHead;
  line.erase(line.find('\n'), 1);
  return line.append(fields) + "}\n";
}

TEST_CASE("a forked child has what its parent had when it was forked, and nothing later") {
  const Directory files;
  Process parent(files, 7);
  parent.journal.patch(patch_with_id(1, "time:sleep"), 10);
  Process child(parent, 8);
  parent.journal.patch(patch_with_id(2, "time:ctime"), 20);
  parent.journal.revert(1);
  parent.journal.end(30, 1);
  child.journal.patch(patch_with_id(2, "time:time"), 11);
  CHECK(patches_in(child.journal.path()) == "1 time:sleep, 2 time:time");
  CHECK(patches_in(parent.journal.path()) == "1 time:sleep reverted, 2 time:ctime");

  const auto read = read_journal(child.journal.path());
  REQUIRE(read);
  CHECK(read->head.started_by == "fork");
  CHECK(read->report.pid == 8);
  CHECK(read->report.modules == 11);
  CHECK_FALSE(read->ended);
}

TEST_CASE("children of children inherit through the whole chain") {
  const Directory files;
  Process first(files, 7);
  first.journal.patch(patch_with_id(1, "m:a"), 1);
  Process second(first, 8);
  second.journal.patch(patch_with_id(2, "m:b"), 1);
  Process third(second, 9);
  third.journal.revert(1);
  third.journal.patch(patch_with_id(3, "m:c"), 1);
  CHECK(patches_in(third.journal.path()) == "1 m:a reverted, 2 m:b, 3 m:c");
  CHECK(patches_in(second.journal.path()) == "1 m:a, 2 m:b");
}

TEST_CASE("that a parent ended says nothing about its child") {
  const Directory files;
  Process parent(files, 7);
  parent.journal.end(30, 1);
  const Process child(parent, 8);
  const auto read = read_journal(child.journal.path());
  REQUIRE(read);
  CHECK_FALSE(read->ended);
}

TEST_CASE("a parent whose disk was full has nothing to inherit") {
  const Directory files;
  files.write("8.journal", head_with(R"(, "fork_of": "missing.journal", "fork_at": 0)"));
  CHECK(patches_in(files.path("8.journal")).empty());
}

TEST_CASE("a parent's journal that is gone is missed by name") {
  const Directory files;
  files.write("8.journal", head_with(R"(, "fork_of": "7.journal", "fork_at": 9)"));
  const auto read = read_journal(files.path("8.journal"));
  REQUIRE_FALSE(read);
  CHECK(read.error().code == Code::not_found);
  CHECK(read.error().subject == files.path("7.journal"));
}

TEST_CASE("nothing is inherited from a file that another run left under the parent's name") {
  const Directory files;
  files.write("7.journal", R"({"overt.journal": 1, "run": "5-1", "pid": 7, "started_by": "run", )"
                           R"("argv": [], "python": "3.13.0"})"
                           "\n");
  files.write("8.journal", head_with(R"(, "fork_of": "7.journal", "fork_at": 9999)"));
  const auto read = read_journal(files.path("8.journal"));
  REQUIRE_FALSE(read);
  CHECK(read.error().code == Code::format);
  CHECK(read.error().subject == files.path("7.journal"));
}

TEST_CASE("a journal that continues a file elsewhere is refused, and that is not opened") {
  const Directory files;
  const auto path =
      files.write("8.journal", head_with(R"(, "fork_of": "../../dev/zero", "fork_at": 9)"));
  const auto read = read_journal(path);
  REQUIRE_FALSE(read);
  CHECK(read.error().what == "the journal that this one continues is not beside it");
}

TEST_CASE("a chain that bites its own tail comes to an end") {
  const Directory files;
  const auto loop = [&](const std::string& of) {
    return head_with(R"(, "fork_of": ")" + of + R"(", "fork_at": 9999)") + kEnd;
  };
  files.write("7.journal", loop("7.journal"));
  files.write("8.journal", loop("9.journal"));
  files.write("9.journal", loop("8.journal"));
  for (const char* name : {"7.journal", "8.journal"}) {
    const auto read = read_journal(files.path(name));
    REQUIRE(read);
    CHECK(read->ended);
    CHECK(read->report.patches.empty());
  }
}

TEST_CASE("what is no journal is refused, and the reason names the file") {
  const Directory files;
  const auto error = [&](std::string_view text) {
    const auto read = read_journal(files.write("x.journal", text));
    REQUIRE_FALSE(read);
    CHECK(read.error().code == Code::format);
    CHECK(read.error().subject == files.path("x.journal"));
    return read.error().what;
  };
  CHECK(error("") == "the journal is empty");
  for (const char* text : {"\n", "no JSON", "[]", "{}", R"({"overt.journal": 2})",
                           R"({"overt.journal": "1"})", R"({"overt.journal": null})"}) {
    CHECK(error(text) == "this is no journal of overt (its first line does not say so)");
  }
}

TEST_CASE("a field that is missing or wrong is a damaged journal") {
  const Directory files;
  const auto head = head_with("");
  for (const std::string& text :
       {std::string(R"({"overt.journal": 1})"), head_with(R"(, "fork_of": 3)"),
        head_with(R"(, "fork_of": "7.journal")"), head_with(R"(, "fork_of": "a", "fork_at": "b")"),
        head + R"({"patch": 3})", head + R"({"patch": {}})", head + R"({"revert": "1"})",
        head + R"({"again": []})", head + R"({"end": 3})", head + R"({"end": {}})",
        head + R"({"end": {"modules": 1}})",
        head + R"({"end": {"modules": 1, "watch_ms": 2, "reach": [1]}})"}) {
    CAPTURE(text);
    CHECK(patches_in(files.write("x.journal", text)).starts_with("damaged journal: "));
  }
}

TEST_CASE("lines of a later version and patches that nobody knows are passed over") {
  const Directory files;
  const auto path = files.write("x.journal", head_with(R"(, "policy": "strict")") +
                                                 "{\"vote\": 3}\n7\n[]\n\"x\"\nnull\n"
                                                 "{\"revert\": 9}\n{\"again\": -9}\n" +
                                                 kEnd);
  const auto read = read_journal(path);
  REQUIRE(read);
  CHECK(read->ended);
}

TEST_CASE("nothing behind a torn line is believed") {
  const Directory files;
  const auto path = files.write("x.journal", head_with("") + "{\"rev\n" + kEnd);
  const auto read = read_journal(path);
  REQUIRE(read);
  CHECK_FALSE(read->ended);
}

TEST_CASE("what cannot be read as a file is refused for what it is") {
  const Directory files;
  const auto missing = read_journal(files.path("7.journal"));
  REQUIRE_FALSE(missing);
  CHECK(missing.error().code == Code::not_found);
  const auto directory = read_journal(files.path());
  REQUIRE_FALSE(directory);
  CHECK(directory.error().code == Code::usage);
  std::filesystem::create_symlink("8.journal", files.path("8.journal"));
  const auto unreadable = read_journal(files.path("8.journal"));
  REQUIRE_FALSE(unreadable);
  CHECK(unreadable.error().code == Code::io);
}

}  // namespace
}  // namespace overt::test
