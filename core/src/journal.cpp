#include "overt/journal.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <unordered_map>

#include "bounded_json.h"
#include "json_fields.h"
#include "overt/clock.h"
#include "overt/json_text.h"
#include "overt/ledger.h"
#include "overt/output.h"

namespace overt {

using nlohmann::json;
using nlohmann::ordered_json;

Journal::~Journal() { close(); }

result<void> Journal::open(const std::string& path, const JournalHead& head) {
  close();
  path_ = path;
  head_.clear();
  size_ = 0;
  lost_ = 0;
  if (!attach(O_CREAT | O_TRUNC)) {
    return fail(Code::io, std::string("cannot write the journal: ") + std::strerror(errno), path);
  }
  ordered_json out = {{"overt.journal", 1}, {"run", head.run},
                      {"pid", head.pid},    {"started_by", head.started_by},
                      {"argv", head.argv},  {"python", head.python}};
  if (!head.fork_of.empty()) {
    out["fork_of"] = head.fork_of;
    out["fork_at"] = head.fork_at;
  }
  const auto first = compact_json(out);
  line(first);
  if (size_ == 0) head_ = first + "\n";
  return {};
}

// Far from the numbers that a program expects for its own files, and from 0 to 2 where those are
// closed.
constexpr int kLowest = 1000;

bool Journal::attach(int flags) {
  fd_ = ::open(path_.c_str(), flags | O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd_ < 0) return false;
  for (const int lowest : {kLowest, STDERR_FILENO + 1}) {
    const int high = ::fcntl(fd_, F_DUPFD_CLOEXEC, lowest);
    if (high < 0) continue;
    ::close(fd_);
    fd_ = high;
    break;
  }
  struct stat info{};
  ::fstat(fd_, &info);
  if ((flags & O_CREAT) == 0 && (info.st_dev != device_ || info.st_ino != inode_)) {
    ::close(fd_);  // somebody has put another file in its place
    fd_ = -1;
    return false;
  }
  device_ = info.st_dev;
  inode_ = info.st_ino;
  ::flock(fd_,
          LOCK_SH | LOCK_NB);  // tells others that this file is still written; see cli/rundir.cpp
  return true;
}

bool Journal::is_ours() const {
  struct stat info{};
  return fd_ >= 0 && ::fstat(fd_, &info) == 0 && info.st_dev == device_ && info.st_ino == inode_;
}

bool Journal::line(const std::string& text) {
  const std::lock_guard lock(mutex_);
  // Daemons close every descriptor there is; the number may be a file of the program's by now.
  if (fd_ >= 0 && !is_ours()) attach(0);
  if (fd_ < 0) {
    ++lost_;
    return false;
  }
  // When the disk was full at first, the head goes in front of the first line that gets through.
  const std::string whole = head_ + text + "\n";
  const auto written = write_some(fd_, whole);
  if (written == static_cast<ssize_t>(whole.size())) {
    size_ += whole.size();
    head_.clear();
    return true;
  }
  ++lost_;
  // A torn line would hide the next one: take back what got through. Where even that fails the
  // reader stops at the tear.
  if (written > 0 && ::ftruncate(fd_, static_cast<off_t>(size_)) != 0) close();
  return false;
}

void Journal::patch(const Patch& patch, int modules) {
  const ordered_json out = {{"patch", patch_to_json(patch)}, {"modules", modules}};
  line(compact_json(out));
}

static bool is_written(int times) {
  constexpr int kEach = 1000;
  return times <= kEach || times % kEach == 0;
}

void Journal::revert(int id, int times, const std::string& lost) {
  if (!is_written(times) && lost.empty()) return;
  ordered_json out = {{"revert", id}, {"at", seconds_now()}};
  if (!lost.empty()) out["lost"] = lost;
  line(compact_json(out));
}

void Journal::again(int id, int times) {
  if (!is_written(times)) return;
  line(ordered_json({{"again", id}, {"at", seconds_now()}, {"times", times}}).dump());
}

bool Journal::switched(const std::string& entry) { return line(R"({"switch": )" + entry + "}"); }

bool Journal::proved(const std::string& entry) { return line(R"({"proof": )" + entry + "}"); }

void Journal::end(int modules, double watch_ms, const std::vector<Patch>& patches) {
  auto reach = json::array();
  auto costs = json::array();
  auto handlers = json::array();
  auto looks = json::array();
  for (const auto& patch : patches) {
    if (patch.metered) costs.push_back(json(calls_to_json(patch)));
    if (patch.reach) reach.push_back({patch.id, reach_to_json(*patch.reach)});
    if (patch.handlers) handlers.push_back({patch.id, handlers_to_json(patch.handlers)});
    if (patch.looks) looks.push_back({patch.id, looks_to_json(patch.looks)});
  }
  const json out = {{"end",
                     {{"modules", modules},
                      {"watch_ms", watch_ms},
                      {"reach", std::move(reach)},
                      {"handlers", std::move(handlers)},
                      {"looks", std::move(looks)},
                      {"costs", std::move(costs)}}}};
  line(compact_json(out));
}

void Journal::close() {
  if (is_ours()) ::close(fd_);
  fd_ = -1;
}

namespace {

// A child of a child of ... a fork: deeper chains than this are a loop in damaged files.
constexpr int kDeepest = 64;

result<std::string> read_up_to(const std::string& path, std::uint64_t limit) {
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) {
    return fail(Code::usage, "this is a directory; which of its .journal files?", path);
  }
  std::ifstream stream(path, std::ios::binary);
  if (!stream) {
    if (errno == ENOENT || errno == ENOTDIR)
      return fail(Code::not_found, "there is no such journal", path);
    return fail(Code::io, std::string("cannot read this journal: ") + std::strerror(errno), path);
  }
  std::ostringstream text;
  text << stream.rdbuf();
  auto whole = std::move(text).str();
  if (whole.size() > limit) whole.resize(limit);
  return whole;
}

// Replays lines into a ledger. Ids are positions, so a replay gives every patch the id that it had,
// unless lines are missing because a disk was full: then the patches after the gap move up.
class Replay {
 public:
  result<void> file(const std::string& path, std::uint64_t limit, int depth) {
    const auto run = head.run;
    const auto text = read_up_to(path, limit);
    if (!text) return tl::unexpected(text.error());
    std::istringstream lines(*text);
    std::string line;
    if (!std::getline(lines, line)) return fail(Code::format, "the journal is empty", path);
    const auto first = parse_json(line);
    if (!first.is_object() || first.value("overt.journal", json()) != 1) {
      return fail(Code::format, "this is no journal of overt (its first line does not say so)",
                  path);
    }
    try {
      read_head(first);
      if (depth > 0 && head.run != run) {
        return fail(Code::format, "the journal that this one continues is of another run", path);
      }
      if (head.fork_of.find('/') != std::string::npos) {
        return fail(Code::format, "the journal that this one continues is not beside it", path);
      }
      if (!head.fork_of.empty() && head.fork_at > 0 && depth < kDeepest) {
        const auto mine = head;
        const auto parent = std::filesystem::path(path).replace_filename(mine.fork_of);
        if (auto read = file(parent.string(), mine.fork_at, depth + 1); !read) return read;
        head = mine;
      }
      while (std::getline(lines, line)) {
        const auto entry = parse_json(line);
        if (entry.is_discarded()) break;  // torn: the process was killed while it wrote this
        apply(entry, depth == 0);
      }
    } catch (const json::exception& error) {
      return fail(Code::format, std::string("damaged journal: ") + error.what(), path);
    }
    return {};
  }

  JournalHead head;
  Ledger ledger;
  Report report;
  bool ended = false;

 private:
  void read_head(const json& in) {
    head = {in.at("run"),
            whole<int>(in.at("pid")),
            in.at("started_by"),
            in.at("argv"),
            in.at("python"),
            "",
            0};
    if (in.contains("fork_of")) {
      head.fork_of = in.at("fork_of");
      head.fork_at = whole<std::uint64_t>(in.at("fork_at"));
    }
  }

  void note(const char* kind, const json& entry, int id) {
    json what = {{"id", id}, {"target", ledger.patch(id).target}};
    if (const auto lost = entry.find("lost"); lost != entry.end()) what["lost"] = *lost;
    report.events.push_back(
        {report.events.size() + 1, entry.value("at", 0.0), kind, compact_json(what)});
  }

  void apply(const json& entry, bool own) {
    if (const auto it = entry.find("patch"); it != entry.end()) {
      auto patch = patch_from_json(*it);
      report.modules = whole<int>(entry.at("modules"));
      const int times = patch.times;
      const int written = patch.id;
      const int id = ledger.add(std::move(patch));
      if (id == 0) return;
      ids_[written] = id;
      ledger.patch(id).times = times;
    } else if (const auto undone = entry.find("revert"); undone != entry.end()) {
      const auto id = ids_.find(whole<int>(*undone));
      if (id == ids_.end()) return;
      ledger.lose(id->second, entry.value("lost", ""));
      ledger.revert(id->second);
      note("revert", entry, id->second);
    } else if (const auto again = entry.find("again"); again != entry.end()) {
      const auto id = ids_.find(whole<int>(*again));
      if (id == ids_.end()) return;
      ledger.revert(id->second);  // its own line may be missing
      ledger.add(ledger.patch(id->second));
      auto& times = ledger.patch(id->second).times;
      times = std::max(times, entry.value("times", 0));
      note("again", entry, id->second);
    } else if (const auto votes = entry.find("switch"); votes != entry.end()) {
      report.events.push_back(
          {report.events.size() + 1, votes->value("at", 0.0), "switch", compact_json(*votes)});
    } else if (const auto proof = entry.find("proof"); proof != entry.end()) {
      apply_proof(*proof);
    } else if (const auto end = entry.find("end"); end != entry.end() && own) {
      report.modules = whole<int>(end->at("modules"));
      report.watch_ms = end->at("watch_ms");
      const auto each = [&](const json& pairs, const auto& take) {
        for (const auto& pair : pairs) {
          const auto id = ids_.find(whole<int>(pair.at(0)));
          if (id != ids_.end()) take(ledger.patch(id->second), pair.at(1));
        }
      };
      each(end->at("reach"), [](auto& patch, auto& in) { patch.reach = reach_from_json(in); });
      each(end->value("handlers", json::array()),
           [](auto& patch, auto& in) { patch.handlers = handlers_from_json(in); });
      each(end->value("looks", json::array()),
           [](auto& patch, auto& in) { patch.looks = looks_from_json(in); });
      for (const auto& costs : end->value("costs", json::array())) {
        const auto id = ids_.find(costs.at("id"));
        if (id != ids_.end()) calls_from_json(costs, ledger.patch(id->second));
      }
      ended = true;
    }
  }

  void apply_proof(const json& entry) {
    auto named = entry;
    for (auto& each : named.at("patches")) {
      const auto id = ids_.find(whole<int>(each.at("id")));
      if (id == ids_.end()) continue;
      each["id"] = id->second;
      auto proof = proof_from_json(each);
      if (proof) proof->at = entry.value("at", 0.0);
      ledger.patch(id->second).proof = std::move(proof);
    }
    report.events.push_back(
        {report.events.size() + 1, entry.value("at", 0.0), "proof", compact_json(named)});
  }

  std::unordered_map<int, int> ids_;  // as the lines name patches -> as the ledger does
};

}  // namespace

result<Journalled> read_journal(const std::string& path) {
  Replay replay;
  if (auto read = replay.file(path, UINT64_MAX, 0); !read) return tl::unexpected(read.error());
  Report report = std::move(replay.report);
  report.python = replay.head.python;
  report.pid = replay.head.pid;
  report.argv = replay.head.argv;
  report.dropped = replay.ledger.dropped();
  report.patches = replay.ledger.patches();
  report.conflicts = replay.ledger.conflicts();
  return Journalled{std::move(replay.head), std::move(report), replay.ended};
}

}  // namespace overt
