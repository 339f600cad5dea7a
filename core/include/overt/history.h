// What happened in this process lately, in memory: it survives a full disk and needs no file.
//
// Bounded: the oldest is dropped, and that is counted. The journal file (journal.h) has all of it.
// THREADS: any thread; one mutex, held for the copy of a few strings. FORK: as the switchboard.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <vector>

namespace overt {

struct Event {
  std::uint64_t sequence = 0;  // from 1, without a gap
  double at = 0;               // seconds since the epoch
  std::string kind;            // "patch", "revert", "again", "switch", "proof", "file", "control"
  std::string body;            // a JSON value
};

// One event as people read it: "off owner sentry-sdk, by control: uid 0 (slow); off: p3 p4".
std::string event_words(const Event& event);

class History {
 public:
  static constexpr std::size_t kCapacity = 4096;

  void add(std::string kind, std::string body);

  // At most `limit` events with a sequence above `after`, oldest first.
  std::vector<Event> after(std::uint64_t sequence, std::size_t limit) const;
  std::uint64_t last() const;  // the newest sequence, 0 when there is none

  void before_fork() { mutex_.lock(); }
  void after_fork() { mutex_.unlock(); }

 private:
  mutable std::mutex mutex_;
  std::deque<Event> events_;
  std::uint64_t sequence_ = 0;
};

}  // namespace overt
