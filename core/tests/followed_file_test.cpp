#include "overt/followed_file.h"

#include <doctest/doctest.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "files.h"

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
