#include "overt/followed_file.h"

#include <doctest/doctest.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <thread>

#include "files.h"
#include "overt/switch_file.h"

using namespace overt;
namespace fs = std::filesystem;

namespace {

// Whether the directory's watch says something within a moment.
bool told(const FollowedFile& file) {
  pollfd ready{file.descriptor(), POLLIN, 0};
  return ::poll(&ready, 1, 1000) == 1;
}

std::string text_of(const Sighting& seen) {
  if (!seen.text) return "nothing new";
  return *seen.text ? **seen.text : "refused: " + seen.text->error().what;
}

constexpr uid_t kSomebody = 4711;
constexpr gid_t kElsewhere = 4711;

// Only root can give files away: the tests of other users' files say nothing elsewhere.
bool may_give_away() { return ::geteuid() == 0; }

// While it lives the process is no root, and what root owns is another user's.
class AsSomebody {
 public:
  AsSomebody() { REQUIRE(::seteuid(kSomebody) == 0); }
  ~AsSomebody() { static_cast<void>(::seteuid(0)); }
  AsSomebody(const AsSomebody&) = delete;
  AsSomebody& operator=(const AsSomebody&) = delete;
};

void give_away(const std::string& path) {
  REQUIRE(::chown(path.c_str(), kSomebody, static_cast<gid_t>(-1)) == 0);
}

}  // namespace

TEST_CASE("a file is seen once, and again when it changed") {
  const test::Directory files;
  const auto path = files.write("overt.toml", "one");
  FollowedFile file(path);
  CHECK(text_of(file.look()) == "one");
  CHECK(text_of(file.look()) == "nothing new");
  files.write("overt.toml", "two!");
  CHECK(told(file));
  CHECK(text_of(file.look()) == "two!");
}

TEST_CASE("the ways of editors and of ConfigMaps are seen through the directory") {
  const test::Directory files;
  fs::create_directory(files.path("..1"));
  fs::create_directory(files.path("..2"));
  files.write("..1/overt.toml", "one");
  files.write("..2/overt.toml", "two");
  fs::create_directory_symlink("..1", files.path("..data"));
  fs::create_symlink("..data/overt.toml", files.path("overt.toml"));
  FollowedFile file(files.path("overt.toml"));
  CHECK(text_of(file.look()) == "one");
  fs::create_directory_symlink("..2", files.path("..data_tmp"));
  fs::rename(files.path("..data_tmp"), files.path("..data"));
  CHECK(told(file));
  CHECK(text_of(file.look()) == "two");
  files.write("new", "three");
  fs::rename(files.path("new"), files.path("overt.toml"));
  CHECK(told(file));
  CHECK(text_of(file.look()) == "three");
}

TEST_CASE("a file that goes is told once, and is no text") {
  const test::Directory files;
  const auto path = files.write("overt.toml", "one");
  FollowedFile file(path);
  file.look();
  fs::remove(path);
  CHECK(file.look().gone);
  CHECK_FALSE(file.look().gone);
  files.write("overt.toml", "back");
  CHECK(text_of(file.look()) == "back");
}

TEST_CASE("a directory that is replaced is followed as the new one") {
  const test::Directory files;
  fs::create_directory(files.path("d"));
  files.write("d/overt.toml", "one");
  FollowedFile file(files.path("d/overt.toml"));
  CHECK(text_of(file.look()) == "one");
  fs::rename(files.path("d"), files.path("old"));
  CHECK(file.look().gone);
  fs::create_directory(files.path("d"));
  files.write("d/overt.toml", "two");
  CHECK(text_of(file.look()) == "two");
  files.write("d/overt.toml", "three");
  CHECK(told(file));
  CHECK(text_of(file.look()) == "three");
}

TEST_CASE("what is no plain file is refused and never waited for") {
  const test::Directory files;
  const auto path = files.path("overt.toml");
  REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
  FollowedFile fifo(path);
  CHECK(text_of(fifo.look()) == "refused: this is no plain file");
  fs::remove(path);
  fs::create_directory(path);
  FollowedFile directory(path);
  CHECK(text_of(directory.look()) == "refused: this is no plain file");
  fs::remove(path);
  fs::create_symlink(path, path);
  FollowedFile loop(path);
  CHECK(text_of(loop.look()).starts_with("refused: cannot read this file"));
  fs::remove(path);
  fs::create_symlink("/dev/zero", path);
  FollowedFile device(path);
  CHECK(text_of(device.look()) == "refused: this is no plain file");
  fs::remove(path);
  files.write("overt.toml", "");
  REQUIRE(::truncate(path.c_str(), off_t{1} << 30) == 0);  // sparse
  FollowedFile large(path);
  CHECK(text_of(large.look()) == "refused: this file is larger than 1 MiB");
}

TEST_CASE("what others may write to is refused") {
  const test::Directory files;
  const auto path = files.write("overt.toml", "x");
  ::chmod(path.c_str(), 0666);
  FollowedFile file(path);
  CHECK(text_of(file.look()).starts_with("refused: everybody may write to this file"));
  ::chmod(path.c_str(), 0644);
  CHECK(text_of(file.look()) == "x");
  const auto directory = fs::path(path).parent_path();
  fs::permissions(directory, fs::perms::all);
  files.write("overt.toml", "yy");
  CHECK(text_of(file.look()).starts_with("refused: everybody may write to its directory"));
  files.write("KILL", "");
  const auto seen = file.look();
  CHECK_FALSE(seen.kill);
  CHECK(seen.kill_refused.starts_with("everybody may write"));
  fs::permissions(directory, fs::perms::owner_all);
}

TEST_CASE("KILL counts by being there, and not by what is in it") {
  const test::Directory files;
  FollowedFile file(files.path("overt.toml"));
  CHECK_FALSE(file.look().kill);
  files.write("KILL", "[off");
  CHECK(told(file));
  CHECK(file.look().kill == true);
  CHECK_FALSE(file.look().kill);
  fs::remove(files.path("KILL"));
  CHECK(file.look().kill == false);
}

TEST_CASE("KILL that goes with its directory is no withdrawal") {
  const test::Directory files;
  fs::create_directory(files.path("d"));
  files.write("d/KILL", "");
  FollowedFile file(files.path("d/overt.toml"));
  CHECK(file.look().kill == true);
  fs::rename(files.path("d"), files.path("old"));
  CHECK_FALSE(file.look().kill);
  fs::create_directory(files.path("d"));
  CHECK_FALSE(file.look().kill);
}

TEST_CASE("a name without a directory is one of the current directory") {
  CHECK(FollowedFile("overt.toml").kill_path() == "./KILL");
}

TEST_CASE("what belongs to another user is refused, what is one's own is not") {
  if (!may_give_away()) return;
  const test::Directory files;
  const auto path = files.write("overt.toml", "x");
  const auto kill = files.write("KILL", "");
  FollowedFile file(path);
  give_away(path);
  give_away(kill);
  auto seen = file.look();
  CHECK(text_of(seen) == "refused: this file belongs to another user");
  CHECK(seen.kill_refused == "it belongs to another user");
  CHECK_FALSE(seen.kill);
  give_away(files.path());
  files.write("overt.toml", "yy");
  seen = file.look();
  CHECK(text_of(seen) == "refused: its directory belongs to another user");
  CHECK(seen.kill_refused == "its directory belongs to another user");
  const AsSomebody now;
  FollowedFile own(path);
  seen = own.look();
  CHECK(text_of(seen) == "yy");
  CHECK(seen.kill == true);
}

TEST_CASE("only a group that is one's own may write to the file") {
  const test::Directory files;
  const auto path = files.write("overt.toml", "x");
  REQUIRE(::chmod(path.c_str(), 0664) == 0);
  FollowedFile file(path);
  CHECK(text_of(file.look()) == "x");
  if (!may_give_away()) return;
  REQUIRE(::chown(path.c_str(), static_cast<uid_t>(-1), kElsewhere) == 0);
  CHECK(text_of(file.look()) == "refused: another group may write to this file; chmod g-w");
}

TEST_CASE("in a directory as /tmp is, a file of one's own counts") {
  const test::Directory files;
  const auto path = files.write("overt.toml", "x");
  files.write("KILL", "");
  REQUIRE(::chmod(files.path().c_str(), 01777) == 0);
  FollowedFile file(path);
  const auto seen = file.look();
  CHECK(text_of(seen) == "x");
  CHECK(seen.kill == true);
}

TEST_CASE("KILL that others could have made by now stays in force") {
  const test::Directory files;
  files.write("KILL", "");
  FollowedFile file(files.path("overt.toml"));
  CHECK(file.look().kill == true);
  fs::permissions(files.path(), fs::perms::all);
  const auto seen = file.look();
  CHECK_FALSE(seen.kill);
  CHECK(seen.kill_refused.starts_with("everybody may write"));
  fs::permissions(files.path(), fs::perms::owner_all);
  CHECK_FALSE(file.look().kill);
  fs::remove(files.path("KILL"));
  CHECK(file.look().kill == false);
}

TEST_CASE("below what is no directory there is nothing, and that is no error") {
  const test::Directory files;
  files.write("d/overt.toml", "one");
  files.write("d/KILL", "");
  FollowedFile file(files.path("d/overt.toml"));
  CHECK(file.look().kill == true);
  fs::remove_all(files.path("d"));
  files.write("d", "a plain file");
  const auto seen = file.look();
  CHECK(seen.gone);
  CHECK(text_of(seen) == "nothing new");
  CHECK_FALSE(seen.kill);
}

TEST_CASE("a directory of another file system that takes the place is followed") {
  const test::Directory files;
  files.write("real/overt.toml", "one");
  fs::create_directory_symlink("/proc", files.path("d"));
  FollowedFile file(files.path("d/overt.toml"));
  CHECK(text_of(file.look()) == "nothing new");
  fs::remove(files.path("d"));
  fs::create_directory_symlink("real", files.path("d"));
  CHECK(text_of(file.look()) == "one");
  files.write("real/overt.toml", "two!");
  CHECK(told(file));
}

TEST_CASE("where nothing can be watched the file is read all the same") {
  if (!may_give_away()) return;
  const test::Directory files;
  const auto path = files.write("overt.toml", "x");
  REQUIRE(::chmod(files.path().c_str(), 0711) == 0);  // can be entered, cannot be listed
  FollowedFile file(path);
  const AsSomebody now;
  CHECK(text_of(file.look()) == "x");
  CHECK(file.descriptor() == -1);
}

TEST_CASE("a forked child watches by itself") {
  const test::Directory files;
  const auto path = files.write("overt.toml", "one");
  FollowedFile file(path);
  file.rewatch();  // it has no watch yet
  CHECK(file.descriptor() == -1);
  CHECK(text_of(file.look()) == "one");
  CHECK(file.descriptor() >= 0);
  file.rewatch();
  CHECK(file.descriptor() == -1);
  CHECK(text_of(file.look()) == "nothing new");
  files.write("overt.toml", "two!");
  CHECK(told(file));
  CHECK(text_of(file.look()) == "two!");
}

TEST_CASE("without a free descriptor nothing is read, and a later look reads it") {
  const test::Directory files;
  FollowedFile file(files.write("overt.toml", "one"));
  {
    const test::Limit no_descriptor(RLIMIT_NOFILE, 0);
    CHECK(text_of(file.look()) == "refused: cannot read this file: Too many open files");
    CHECK(text_of(file.look()) == "nothing new");
    CHECK(file.descriptor() == -1);
  }
  CHECK(text_of(file.look()) == "one");
  CHECK(text_of(file.look()) == "nothing new");
  CHECK(file.descriptor() >= 0);
}

// The kernel's files are plain ones of no size that hold what they like.
TEST_CASE("a plain file that cannot be read, or has more than it says, is refused or cut") {
  FollowedFile memory("/proc/self/mem");
  CHECK(text_of(memory.look()) == "refused: Input/output error");
  constexpr std::size_t kPages = 40'000;
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  auto* const area = static_cast<char*>(::mmap(nullptr, kPages * page, PROT_NONE,
                                               MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0));
  REQUIRE(area != MAP_FAILED);
  for (std::size_t i = 0; i < kPages; i += 2) {  // a line for each
    REQUIRE(::mprotect(area + i * page, page, PROT_READ) == 0);
  }
  FollowedFile maps("/proc/self/maps");
  const auto size = text_of(maps.look()).size();
  ::munmap(area, kPages * page);
  CHECK(size > kLargestFile);
  CHECK(size < 2 * kLargestFile);
}

TEST_CASE("a file that comes and goes is there or gone, and never an error") {
  using Clock = std::chrono::steady_clock;
  const test::Directory files;
  const auto path = files.path("overt.toml");
  files.write("one", "one");
  files.write("two", "two");
  std::atomic<bool> ends = false;
  std::jthread other([&] {
    while (!ends) {
      for (const char* name : {"one", "two"}) {
        fs::rename(files.path(name), path);
        fs::rename(path, files.path(name));
      }
    }
  });
  FollowedFile file(path);
  int seen = 0;
  const auto end = Clock::now() + std::chrono::milliseconds(300);
  while (Clock::now() < end) {
    const auto text = text_of(file.look());
    if (text != "nothing new") ++seen;
    if (text != "one" && text != "two" && text != "nothing new") FAIL_CHECK(text);
  }
  ends = true;
  other.join();
  CHECK(seen > 0);
  file.look();
  CHECK(text_of(file.look()) == "nothing new");
}
