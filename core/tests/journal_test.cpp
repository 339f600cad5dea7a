// The journal: what is written is read, whatever happens to the process, the disk or the file.
#include "overt/journal.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "files.h"
#include "patches.h"

namespace overt::test {
namespace {

JournalHead head_of(int pid) { return {"6-1790", pid, "spawn", {"python", "app.py"}, "3.13.0", "", 0}; }

Patch patch_with_id(int id, const std::string& target = "time:sleep") {
  auto patch = patch_of(target, "sentry-sdk", id);
  patch.id = id;
  return patch;
}

// The patches of a journal, in the words "1 time:sleep reverted x2, ...", or the error.
std::string patches_in(const std::string& path) {
  const auto read = read_journal(path);
  if (!read) return read.error().what;
  std::string text;
  for (const auto& patch : read->report.patches) {
    text += (text.empty() ? "" : ", ") + std::to_string(patch.id) + " " + patch.target;
    if (patch.reverted) text += " reverted";
    if (patch.times > 1) text += " x" + std::to_string(patch.times);
  }
  return text;
}

// While it lives no file grows beyond `bytes`, as on a disk that is full.
class FullDisk {
 public:
  explicit FullDisk(std::uint64_t bytes) {
    REQUIRE(::getrlimit(RLIMIT_FSIZE, &before_) == 0);
    const rlimit tight{bytes, before_.rlim_max};
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &tight) == 0);
  }
  ~FullDisk() { ::setrlimit(RLIMIT_FSIZE, &before_); }
  FullDisk(const FullDisk&) = delete;
  FullDisk& operator=(const FullDisk&) = delete;

 private:
  rlimit before_{};
};

// The descriptor that a file is open under, or -1.
int descriptor_of(const std::string& path) {
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    std::error_code gone;  // the directory's own descriptor
    if (std::filesystem::read_symlink(entry.path(), gone) == path) {
      return std::stoi(entry.path().filename());
    }
  }
  return -1;
}

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
  CHECK(read->head.run == "6-1790");
  CHECK(read->head.started_by == "spawn");
  CHECK(read->report.pid == 7);
  CHECK(read->report.python == "3.13.0");
  CHECK(read->report.argv == std::vector<std::string>{"python", "app.py"});
  CHECK(read->report.modules == 312);
  CHECK(read->report.watch_ms == 4.25);
  CHECK(patches_in(journal.path()) == "1 time:sleep x2, 2 time:time reverted");
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

TEST_CASE("a line that did not fit is taken back, and the next one counts again") {
  const Directory files;
  Journal journal;
  REQUIRE(journal.open(files.path("7.journal"), head_of(7)));
  journal.patch(patch_with_id(1), 100);
  const auto before = read_file(journal.path());
  for (const std::uint64_t room : {0U, 1U, 50U}) {
    const FullDisk full(before.size() + room);
    journal.patch(patch_with_id(2, "time:time"), 200);
  }
  CHECK(read_file(journal.path()) == before);
  CHECK(journal.size() == before.size());
  CHECK(journal.lost() == 3);

  journal.patch(patch_with_id(3, "time:ctime"), 300);
  journal.revert(2);
  journal.again(2);
  journal.revert(3);
  CHECK(patches_in(journal.path()) == "1 time:sleep, 2 time:ctime reverted");
}

TEST_CASE("a patch that came back is one patch, also where the line of its revert is lost") {
  const Directory files;
  Journal journal;
  REQUIRE(journal.open(files.path("7.journal"), head_of(7)));
  journal.patch(patch_with_id(1), 100);
  journal.again(1);
  CHECK(patches_in(journal.path()) == "1 time:sleep x2");
}

TEST_CASE("a disk that was full at first costs the first lines, not the journal") {
  const Directory files;
  Journal journal;
  {
    const FullDisk full(10);
    CHECK(journal.open(files.path("7.journal"), head_of(7)));
    journal.patch(patch_with_id(1), 100);
  }
  CHECK(journal.lost() == 2);
  CHECK(journal.size() == 0);
  journal.patch(patch_with_id(2, "time:time"), 200);
  journal.revert(2);
  CHECK(journal.lost() == 2);
  CHECK(patches_in(journal.path()) == "1 time:time reverted");
}

TEST_CASE("a device that is always full loses all lines and counts them") {
  Journal journal;
  CHECK(journal.open("/dev/full", head_of(7)));
  journal.patch(patch_with_id(1), 100);
  journal.end(1, 0);
  CHECK(journal.lost() == 3);
  CHECK(journal.size() == 0);
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

TEST_CASE("a journal is its owner's alone and follows no link") {
  const Directory files;
  Journal journal;
  REQUIRE(journal.open(files.path("7.journal"), head_of(7)));
  struct stat info {};
  REQUIRE(::stat(journal.path().c_str(), &info) == 0);
  CHECK((info.st_mode & 0777U) == 0600U);

  std::filesystem::create_symlink(files.path("elsewhere"), files.path("8.journal"));
  const auto opened = journal.open(files.path("8.journal"), head_of(8));
  REQUIRE_FALSE(opened);
  CHECK(opened.error().code == Code::io);
  CHECK(opened.error().subject == files.path("8.journal"));
  CHECK_FALSE(std::filesystem::exists(files.path("elsewhere")));
  CHECK_FALSE(journal.open(files.path("missing/9.journal"), head_of(9)));
}

TEST_CASE("programs that are executed do not inherit the journal") {
  const Directory files;
  Journal journal;
  REQUIRE(journal.open(files.path("7.journal"), head_of(7)));
  CHECK((::fcntl(descriptor_of(journal.path()), F_GETFD) & FD_CLOEXEC) != 0);
}

TEST_CASE("a daemon that closes all descriptors does not end the journal") {
  const Directory files;
  Journal journal;
  REQUIRE(journal.open(files.path("7.journal"), head_of(7)));
  journal.patch(patch_with_id(1), 1);
  REQUIRE(::close(descriptor_of(journal.path())) == 0);
  journal.revert(1);
  CHECK(journal.lost() == 0);
  CHECK(patches_in(journal.path()) == "1 time:sleep reverted");
}

TEST_CASE("a descriptor that the program took over is never written to nor closed") {
  const Directory files;
  Journal journal;
  REQUIRE(journal.open(files.path("7.journal"), head_of(7)));
  const int number = descriptor_of(journal.path());
  const int other = ::open(files.write("other", "").c_str(), O_WRONLY);
  REQUIRE(::dup2(other, number) == number);
  journal.patch(patch_with_id(1), 1);
  CHECK(read_file(files.path("other")).empty());
  CHECK(patches_in(journal.path()) == "1 time:sleep");

  REQUIRE(::dup2(other, descriptor_of(journal.path())) >= 0);
  journal.close();
  CHECK(::fcntl(number, F_GETFD) >= 0);
  ::close(number);
  ::close(other);
}

TEST_CASE("a file that took the journal's place is not written to") {
  const Directory files;
  Journal journal;
  REQUIRE(journal.open(files.path("7.journal"), head_of(7)));
  REQUIRE(::close(descriptor_of(journal.path())) == 0);
  std::filesystem::rename(journal.path(), files.path("moved"));
  files.write("7.journal", "somebody's notes");
  journal.patch(patch_with_id(1), 1);
  CHECK(journal.lost() == 1);
  CHECK(read_file(journal.path()) == "somebody's notes");
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
