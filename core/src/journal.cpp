#include "overt/journal.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "json_fields.h"
#include "overt/ledger.h"

namespace overt {

using nlohmann::json;
using nlohmann::ordered_json;

Journal::~Journal() { close(); }

result<void> Journal::open(const std::string& path, const JournalHead& head) {
  close();
  path_ = path;
  size_ = 0;
  fd_ = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd_ < 0) {
    return fail(Code::io, std::string("cannot write the journal: ") + std::strerror(errno), path);
  }
  ordered_json out = {{"overt.journal", 1},
                      {"run", head.run},
                      {"pid", head.pid},
                      {"started_by", head.started_by},
                      {"argv", head.argv},
                      {"python", head.python}};
  if (!head.fork_of.empty()) {
    out["fork_of"] = head.fork_of;
    out["fork_at"] = head.fork_at;
  }
  line(out.dump(-1, ' ', false, json::error_handler_t::replace));
  return {};
}

void Journal::line(const std::string& text) {
  if (fd_ < 0) return;
  const std::string whole = text + "\n";
  ssize_t written = 0;
  do {
    written = ::write(fd_, whole.data(), whole.size());
  } while (written < 0 && errno == EINTR);
  if (written == static_cast<ssize_t>(whole.size())) {
    size_ += whole.size();
    return;
  }
  ++lost_;
  // A torn line would hide the next one: take back what got through. Where even that fails the reader
  // stops at the tear.
  if (written > 0 && ::ftruncate(fd_, static_cast<off_t>(size_)) != 0) close();
}

void Journal::patch(const Patch& patch, int modules) {
  const ordered_json out = {{"patch", patch_to_json(patch)}, {"modules", modules}};
  line(out.dump(-1, ' ', false, json::error_handler_t::replace));
}

void Journal::revert(int id) { line(R"({"revert": )" + std::to_string(id) + "}"); }

void Journal::again(int id) { line(R"({"again": )" + std::to_string(id) + "}"); }

void Journal::end(int modules, double watch_ms) {
  line(json{{"end", {{"modules", modules}, {"watch_ms", watch_ms}}}}.dump());
}

void Journal::close() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

namespace {

// A child of a child of ... a fork: deeper chains than this are a loop in damaged files.
constexpr int kDeepest = 64;

result<std::string> read_up_to(const std::string& path, std::uint64_t limit) {
  std::ifstream stream(path, std::ios::binary);
  if (!stream) return fail(Code::not_found, "there is no such journal", path);
  std::ostringstream text;
  text << stream.rdbuf();
  auto whole = std::move(text).str();
  if (whole.size() > limit) whole.resize(limit);
  return whole;
}

// Replays lines into a ledger; ids are positions, so a replay gives every patch the id that it had.
class Replay {
 public:
  result<void> file(const std::string& path, std::uint64_t limit, int depth) {
    const auto text = read_up_to(path, limit);
    if (!text) return tl::unexpected(text.error());
    std::istringstream lines(*text);
    std::string line;
    if (!std::getline(lines, line)) return fail(Code::format, "the journal is empty", path);
    const auto first = json::parse(line, nullptr, false);
    if (!first.is_object() || first.value("overt.journal", 0) != 1) {
      return fail(Code::format, "this is no journal of overt (its first line does not say so)", path);
    }
    try {
      read_head(first);
      if (!head.fork_of.empty() && depth < kDeepest) {
        const auto mine = head;
        const auto parent = std::filesystem::path(path).replace_filename(mine.fork_of);
        if (auto read = file(parent.string(), mine.fork_at, depth + 1); !read) return read;
        head = mine;
      }
      while (std::getline(lines, line)) {
        const auto entry = json::parse(line, nullptr, false);
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
    head = {in.at("run"), in.at("pid"), in.at("started_by"), in.at("argv"), in.at("python"), "", 0};
    if (in.contains("fork_of")) {
      head.fork_of = in.at("fork_of");
      head.fork_at = in.at("fork_at");
    }
  }

  void apply(const json& entry, bool own) {
    if (const auto it = entry.find("patch"); it != entry.end()) {
      auto patch = patch_from_json(*it);
      report.modules = entry.at("modules");
      const int times = patch.times;
      if (const int id = ledger.add(std::move(patch)); id != 0) ledger.patch(id).times = times;
    } else if (const auto undone = entry.find("revert"); undone != entry.end()) {
      if (const int id = *undone; known(id)) ledger.revert(id);
    } else if (const auto again = entry.find("again"); again != entry.end()) {
      if (const int id = *again; known(id)) ledger.add(ledger.patch(id));
    } else if (const auto end = entry.find("end"); end != entry.end() && own) {
      report.modules = end->at("modules");
      report.watch_ms = end->at("watch_ms");
      ended = true;
    }
  }

  bool known(int id) const {
    return id >= 1 && static_cast<std::size_t>(id) <= ledger.patches().size();
  }

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
