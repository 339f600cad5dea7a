// overt.lock as text: lock.h draws its lines.

#include <algorithm>
#include <array>
#include <map>

#include "overt/lock.h"
#include "overt/text.h"
#include "overt/version.h"
#include "overt/vote.h"

namespace overt {
namespace {

constexpr std::string_view kFirstLine = "overt.lock 1";
constexpr std::string_view kComment = " # ";
constexpr std::string_view kDigits = "0123456789abcdef";
constexpr std::size_t kLargestLock = std::size_t{64} << 20U;

constexpr std::array<std::string_view, 2> kWelcome = {
    "# The patches that this application lives with, as its team has accepted them.",
    "# `overt lock` writes this file, `overt check` compares; behind # stands why."};

void put_byte(std::string& text, unsigned char byte) {
  text.append("\\x").append(1, kDigits[byte >> 4U]).append(1, kDigits[byte & 15U]);
}

// One word of a line. What a terminal or a reader could stumble over goes byte by byte.
std::string word(std::string_view text) {
  const bool plain = printable(text, text.size() + 1) == text;
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool special =
        byte <= ' ' || byte == 0x7f || c == '\\' || c == ',' || (byte >= 0x80 && !plain);
    if (special) {
      put_byte(out, byte);
    } else {
      out += c;
    }
  }
  return out.empty() || out == "#" ? "\\x" + std::string(out.empty() ? "" : "23") : out;
}

std::string with_reason(std::string line, const std::string& reason) {
  if (reason.empty()) return line;
  line += kComment;
  for (const char c : reason) line += static_cast<unsigned char>(c) < ' ' ? ' ' : c;
  return line;
}

int digit(char c) {
  const auto at = kDigits.find(c);
  return at == std::string_view::npos ? -1 : static_cast<int>(at);
}

// Nothing for what word() does not write.
std::optional<std::string> unword(std::string_view text) {
  std::string out;
  if (text == "\\x") return out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      out += text[i];
      continue;
    }
    if (i + 3 >= text.size() || text[i + 1] != 'x') return std::nullopt;
    const int high = digit(text[i + 2]);
    const int low = digit(text[i + 3]);
    if (high < 0 || low < 0) return std::nullopt;
    out += static_cast<char>(high * 16 + low);
    i += 3;
  }
  return out;
}

std::optional<Change> change_of(std::string_view text) {
  for (const auto change :
       {Change::replaced, Change::added, Change::deleted, Change::code, Change::module}) {
    if (text == name(change)) return change;
  }
  return std::nullopt;
}

// The words of one line, with their columns.
class Line {
 public:
  Line(std::string_view text, const std::string& path, int number) : path_(path), number_(number) {
    if (const auto at = text.find(kComment); at != std::string_view::npos) {
      reason_ = text.substr(at + kComment.size());
      text = text.substr(0, at);
    }
    while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
    rest_ = text;
  }

  const std::string& reason() const { return reason_; }
  bool is_at_end() const { return rest_.empty(); }

  std::string_view next() {
    const auto blank = rest_.find(' ');
    auto found = rest_.substr(0, blank);
    begin_ = column_;
    column_ += found.size() + 1;
    rest_ = blank == std::string_view::npos ? std::string_view() : rest_.substr(blank + 1);
    return found;
  }

  bool skip(std::string_view expected) { return next() == expected; }

  tl::unexpected<Error> wrong(std::string what) const {
    return fail(Code::format, std::move(what),
                path_ + ":" + std::to_string(number_) + ":" + std::to_string(begin_));
  }

 private:
  const std::string& path_;
  int number_;
  std::string_view rest_;
  std::string reason_;
  std::size_t column_ = 1;
  std::size_t begin_ = 1;
};

constexpr const char* kShape =
    "a line is `TARGET CHANGE by OWNER RANGE in BOUNDARY`, as `overt lock` writes it";

result<LockedConflict> read_conflict(Line& line, std::string target, int number) {
  LockedConflict conflict{std::move(target), {}, line.reason(), number};
  if (!line.skip("by")) return line.wrong("there is no `by` behind `shared`");
  while (!line.is_at_end()) {
    auto text = line.next();
    if (text.ends_with(',')) text.remove_suffix(1);
    auto owner = unword(text);
    if (!owner || owner->empty()) return line.wrong("this is no owner");
    conflict.owners.push_back(std::move(*owner));
  }
  if (conflict.owners.size() < 2) return line.wrong("two owners or more share a target");
  std::sort(conflict.owners.begin(), conflict.owners.end());
  return conflict;
}

result<LockedPatch> read_patch(Line& line, std::string target, Change change, int number) {
  LockedPatch patch{std::move(target), change, {}, {}, {}, false, line.reason(), number};
  if (!line.skip("by")) return line.wrong(kShape);
  auto owner = unword(line.next());
  if (!owner || owner->empty()) return line.wrong("this is no owner");
  patch.owner = std::move(*owner);
  auto text = line.next();
  if (text != "in") {
    auto range = std::string(text);
    if (!check_range(range) || range.empty()) {
      return line.wrong("this is no range of versions, as in >=2.75.0,<3");
    }
    patch.range = std::move(range);
    text = line.next();
  }
  if (text != "in") return line.wrong(kShape);
  text = line.next();
  if (text.ends_with(',')) {
    text.remove_suffix(1);
    patch.everywhere = true;
  }
  const auto boundary = parse_boundary(text);
  if (!boundary) {
    return line.wrong(
        "there is no such boundary; there are own, application, third-party, stdlib and builtins");
  }
  patch.boundary = *boundary;
  if (patch.everywhere && !line.skip("everywhere")) {
    return line.wrong("behind a boundary stands nothing but `, everywhere`");
  }
  if (!line.is_at_end()) {
    line.next();
    return line.wrong("the line goes on where it should end; a reason stands behind ` # `");
  }
  return patch;
}

class LockReader {
 public:
  explicit LockReader(const std::string& path) : path_(path) {}

  result<void> take(std::string_view text, int number) {
    if (text.empty()) return {};
    if (text.starts_with('#')) {
      lock_.comments.emplace_back(text);
      return {};
    }
    Line line(text, path_, number);
    auto target = unword(line.next());
    if (!target || target->empty()) return line.wrong("this is no target");
    const auto verb = line.next();
    if (verb == "shared") {
      auto conflict = read_conflict(line, std::move(*target), number);
      if (!conflict) return tl::unexpected(conflict.error());
      lock_.conflicts.push_back(std::move(*conflict));
      return {};
    }
    const auto change = change_of(verb);
    if (!change) {
      return line.wrong(
          "a target was replaced, added, deleted, code, module, or is shared: nothing else");
    }
    auto patch = read_patch(line, std::move(*target), *change, number);
    if (!patch) return tl::unexpected(patch.error());
    auto& same = by_target_[patch->target];
    for (const auto& other : same) {
      if (is_same_patch(other, *patch)) {
        return fail(Code::format,
                    "this patch stands here twice: see line " + std::to_string(other.line),
                    path_ + ":" + std::to_string(number) + ":1");
      }
    }
    same.push_back(*patch);
    lock_.patches.push_back(std::move(*patch));
    return {};
  }

  Lock take_lock() { return std::move(lock_); }

 private:
  const std::string& path_;
  Lock lock_;
  std::map<std::string, std::vector<LockedPatch>> by_target_;
};

}  // namespace

std::string to_line(const LockedPatch& patch) {
  std::string line =
      word(patch.target) + " " + std::string(name(patch.change)) + " by " + word(patch.owner);
  if (!patch.range.empty()) line += " " + patch.range;
  line += " in " + std::string(name(patch.boundary));
  if (patch.everywhere) line += ", everywhere";
  return with_reason(std::move(line), patch.reason);
}

std::string to_line(const LockedConflict& conflict) {
  std::string line = word(conflict.target) + " shared by";
  const char* separator = " ";
  for (const auto& owner : conflict.owners) {
    line += separator + word(owner);
    separator = ", ";
  }
  return with_reason(std::move(line), conflict.reason);
}

std::string to_text(const Lock& lock) {
  std::string text = std::string(kFirstLine) + "\n";
  if (lock.comments.empty()) {
    for (const auto line : kWelcome) text.append(line).append("\n");
  }
  for (const auto& comment : lock.comments) text += comment + "\n";
  std::vector<std::string> lines;
  lines.reserve(lock.patches.size() + lock.conflicts.size());
  for (const auto& patch : lock.patches) lines.push_back(to_line(patch));
  for (const auto& conflict : lock.conflicts) lines.push_back(to_line(conflict));
  std::sort(lines.begin(), lines.end());
  for (const auto& line : lines) text += line + "\n";
  return text;
}

result<Lock> parse_lock(std::string_view text, const std::string& path) {
  if (text.size() > kLargestLock) {
    return fail(Code::format, "this file is larger than 64 MiB", path + ":1:1");
  }
  LockReader reader(path);
  int number = 0;
  while (!text.empty()) {
    const auto end = text.find('\n');
    auto line = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (++number == 1) {
      if (line == kFirstLine) continue;
      const bool newer = line.starts_with("overt.lock ");
      return fail(Code::format,
                  newer ? "this lock is of another version; this overt reads `overt.lock 1`"
                        : "this is no overt.lock: its first line is not `overt.lock 1`",
                  path + ":1:1");
    }
    if (auto taken = reader.take(line, number); !taken) return tl::unexpected(taken.error());
  }
  if (number == 0) {
    return fail(Code::format, "this is no overt.lock: it is empty", path + ":1:1");
  }
  return reader.take_lock();
}

}  // namespace overt
