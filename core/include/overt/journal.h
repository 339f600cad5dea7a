// The journal: what happened to the patches of one process, written as it happens.
//
// A file of JSON lines, appended with one write(2) each, so that a process that is killed leaves a
// valid prefix and whoever is left can make its report:
//
//   {"overt.journal": 1, "run": "6-1790000000000", "pid": 7, "started_by": "fork", "argv": [...],
//    "python": "3.13.0", "fork_of": "6.journal", "fork_at": 8192}
//                                          first line; the last two for a forked child only: what
//                                          happened before the fork stands in its parent's first
//                                          fork_at bytes
//   {"patch": {...}, "modules": 312}       as in overt.report/1, with the modules that were there
//   by then
//   {"revert": 3, "at": 1790000000.25}     also "lost": "why", where nobody took it back
//   {"again": 3, "at": 1790000000.5}       also "times": 2000, where lines were left out
//   {"proof": {"at": 1790000000.5, "actor": "", "reason": "", "patches": [
//     {"id": 3, "proved": true, "busy": false, "said": ""}]}}   removals that were tried on request
//   {"switch": {...}}                      a change of votes, as in switch_json.h
//   {"end": {"modules": 312, "watch_ms": 4.1, "reach": [[3, {...}]], "handlers": [[3, [...]]],
//            "looks": [[3, {...}]], "costs": [...]}}              absent when the process was
//            killed; by patch, the fields
//                                          as in overt.report/1
//
// THREADS: lines may be written by any thread; open() and close() by one that no other runs beside.
// SIGNALS: nothing here runs in a handler.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

#include "overt/report.h"
#include "overt/result.h"

namespace overt {

struct JournalHead {
  std::string run;  // RunSettings::run, so that files of another run are told apart
  int pid = 0;
  std::string started_by;  // "run", "fork" or "spawn"
  std::vector<std::string> argv;
  std::string python;
  std::string fork_of;  // file name beside this one, "" unless forked
  std::uint64_t fork_at = 0;
};

class Journal {
 public:
  Journal() = default;
  ~Journal();
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;

  // Starts a new file, replacing one of the same name. Not inherited by programs that are executed.
  result<void> open(const std::string& path, const JournalHead& head);

  void patch(const Patch& patch, int modules);
  // Undone, and made again for the `times`-th time. A patch that comes and goes at each request
  // would fill the disk: past the first thousand times only each thousandth is written, and a
  // process that is killed then may have left one standing that is told as undone.
  // `lost`: why, where nobody took it back; always written.
  void revert(int id, int times = 1, const std::string& lost = {});
  void again(int id, int times = 2);
  bool switched(const std::string& entry);  // a JSON value; false: it could not be written
  bool proved(const std::string& entry);    // the same
  void end(int modules, double watch_ms, const std::vector<Patch>& patches = {});

  // Closes the file descriptor only; for a forked child that starts its own.
  void close();

  bool is_open() const { return fd_ >= 0; }
  const std::string& path() const { return path_; }
  std::uint64_t size() const { return size_; }  // bytes written so far
  std::uint64_t lost() const { return lost_; }  // lines that could not be written

 private:
  bool line(const std::string& text);
  bool attach(int flags);  // opens path_
  bool is_ours() const;    // the descriptor is open and still the file that attach() opened

  std::mutex mutex_;  // one line at a time
  std::string path_;
  std::string head_;  // the first line, kept until it is known to be in the file
  int fd_ = -1;
  dev_t device_ = 0;
  ino_t inode_ = 0;
  std::uint64_t size_ = 0;
  std::uint64_t lost_ = 0;
};

struct Journalled {
  JournalHead head;
  Report report;
  bool ended = false;  // false: the process was killed, or still runs
};

// Reads a journal, with what it inherited from its parent's. A torn last line is ignored.
result<Journalled> read_journal(const std::string& path);

}  // namespace overt
