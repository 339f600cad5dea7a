// The journal on a disk that is full, and in a program that does as it likes with descriptors.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "journals.h"

namespace overt::test {
namespace {

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

TEST_CASE("a journal is its owner's alone and follows no link") {
  const Directory files;
  Journal journal;
  REQUIRE(journal.open(files.path("7.journal"), head_of(7)));
  struct stat info{};
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

TEST_CASE("the journal keeps away from the numbers that a program uses, where there is room") {
  const Directory files;
  Journal journal;
  REQUIRE(journal.open(files.path("7.journal"), head_of(7)));
  CHECK(descriptor_of(journal.path()) >= 1000);

  const auto opened = [&] {
    const Limit few(RLIMIT_NOFILE, 100);
    return journal.open(files.path("8.journal"), head_of(8));
  }();
  CHECK(opened);
  const int number = descriptor_of(journal.path());
  CHECK((number > STDERR_FILENO && number < 100));
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

}  // namespace
}  // namespace overt::test
