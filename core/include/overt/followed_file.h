// Follows overt.toml and the file KILL beside it, by watching their directory.
//
// A watch on the file itself sees nothing of a ConfigMap's swap and follows the wrong file after an
// editor has saved. The directory is watched; once a second it is looked at all the same, as
// watches can be exhausted and overflow. What is no plain file of a trusted owner is not read, and
// never waited for. THREADS: one thread at a time.
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <optional>
#include <string>

#include "overt/result.h"

namespace overt {

// What a look found, if it is other than what the last one found.
struct Sighting {
  std::optional<result<std::string>> text;  // of the file; an error when it is there and not usable
  bool gone = false;                        // the file was there and is not any more
  std::optional<bool> kill;                 // whether KILL is there
  std::string kill_refused;                 // KILL is there, and why it does not count
};

class FollowedFile {
 public:
  explicit FollowedFile(std::string path);
  ~FollowedFile();
  FollowedFile(const FollowedFile&) = delete;
  FollowedFile& operator=(const FollowedFile&) = delete;

  // Becomes readable when something in the directory changed; -1 where nothing can be watched.
  int descriptor() const { return watch_; }

  // REQUIRES: nothing. Costs two or three stat(2) when nothing changed.
  Sighting look();

  // In a forked child: a watch of its own, as the parent would read the child's events.
  void rewatch();

  const std::string& path() const { return path_; }
  const std::string& kill_path() const { return kill_; }

 private:
  struct Stamp {
    dev_t device = 0;
    ino_t inode = 0;
    std::int64_t changed = 0;
    std::int64_t modified = 0;
    off_t size = 0;
    bool operator==(const Stamp&) const = default;
  };
  static Stamp stamp_of(const struct stat& info);
  void drain();
  void look_at_file(Sighting& seen);
  void look_at_kill(Sighting& seen);

  std::string path_;
  std::string directory_;
  std::string kill_;
  int watch_ = -1;
  Stamp watched_;               // the directory that watch_ is on
  std::optional<Stamp> stamp_;  // of the file as last read or refused
  int unopened_ = 0;            // errno of the last look, where it could not be opened
  bool killed_ = false;
  Stamp kill_directory_;
  std::string kill_refused_;
};

}  // namespace overt
