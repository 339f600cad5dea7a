#include "overt/version.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <tuple>
#include <vector>

namespace overt {
namespace {

constexpr std::int64_t kNone = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t kEnd = std::numeric_limits<std::int64_t>::max();

struct Version {
  std::int64_t epoch = 0;
  std::vector<std::int64_t> release;                   // without zeros at its end
  std::pair<std::int64_t, std::int64_t> pre{kEnd, 0};  // kind, number; kEnd: none; kNone: dev only
  std::int64_t post = kNone;
  std::int64_t dev = kEnd;
  std::vector<std::int64_t> written;  // the release as it is written

  bool is_before_release() const { return pre.first != kEnd || dev != kEnd; }
  auto key() const { return std::tie(epoch, release, pre, post, dev); }
};

class Parser {
 public:
  explicit Parser(std::string_view text) {
    for (const char c : text.substr(0, text.find('+'))) {
      text_ += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    }
  }

  std::optional<Version> parse() {
    Version version;
    if (at_ < text_.size() && text_[at_] == 'v') ++at_;
    auto first = number();
    if (!first) return std::nullopt;
    if (take("!")) {
      version.epoch = *first;
      first = number();
      if (!first) return std::nullopt;
    }
    version.release.push_back(*first);
    while (at_ + 1 < text_.size() && text_[at_] == '.' && is_digit(text_[at_ + 1])) {
      ++at_;
      version.release.push_back(number().value_or(0));
    }
    version.written = version.release;
    while (version.release.size() > 1 && version.release.back() == 0) version.release.pop_back();
    suffixes(version);
    if (at_ != text_.size()) return std::nullopt;
    return version;
  }

 private:
  static bool is_digit(char c) { return c >= '0' && c <= '9'; }

  bool take(std::string_view word) {
    if (!std::string_view(text_).substr(at_).starts_with(word)) return false;
    at_ += word.size();
    return true;
  }

  // A number of more digits than anybody counts to stands for the largest there is.
  std::optional<std::int64_t> number() {
    const auto from = at_;
    std::int64_t value = 0;
    for (; at_ < text_.size() && is_digit(text_[at_]); ++at_) {
      constexpr std::int64_t kLimit = kEnd / 100;
      value = value > kLimit ? kLimit : value * 10 + (text_[at_] - '0');
    }
    if (at_ == from) return std::nullopt;
    return value;
  }

  // One of the words, with a separator before and behind it; its number, 0 where none is written.
  template <std::size_t N>
  std::optional<std::int64_t> suffix(const std::array<std::string_view, N>& words) {
    const auto from = at_;
    separator();
    for (const auto word : words) {
      if (!take(word)) continue;
      const auto behind = at_;
      separator();
      const auto value = number();
      if (!value) at_ = behind;
      return value.value_or(0);
    }
    at_ = from;
    return std::nullopt;
  }

  void separator() {
    if (at_ < text_.size() && (text_[at_] == '.' || text_[at_] == '-' || text_[at_] == '_')) ++at_;
  }

  void suffixes(Version& version) {
    constexpr std::array<std::string_view, 2> kAlpha = {"alpha", "a"};
    constexpr std::array<std::string_view, 2> kBeta = {"beta", "b"};
    constexpr std::array<std::string_view, 4> kCandidate = {"rc", "preview", "pre", "c"};
    constexpr std::array<std::string_view, 3> kPost = {"post", "rev", "r"};
    constexpr std::array<std::string_view, 1> kDev = {"dev"};
    if (const auto alpha = suffix(kAlpha)) {
      version.pre = {1, *alpha};
    } else if (const auto beta = suffix(kBeta)) {
      version.pre = {2, *beta};
    } else if (const auto candidate = suffix(kCandidate)) {
      version.pre = {3, *candidate};
    }
    if (const auto post = suffix(kPost)) {
      version.post = *post;
    } else if (at_ + 1 < text_.size() && text_[at_] == '-' && is_digit(text_[at_ + 1])) {
      ++at_;
      version.post = number().value_or(0);
    }
    if (const auto dev = suffix(kDev)) {
      version.dev = *dev;
      if (version.pre.first == kEnd && version.post == kNone) version.pre = {kNone, 0};
    }
  }

  std::string text_;
  std::size_t at_ = 0;
};

// A version that is none can hold anything: a range must still be one word.
bool is_one_word(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return c > ' ' && c < 0x7f && c != ',' && c != '\\'; });
}

struct Specifier {
  std::string_view operation;
  std::string_view version;
};

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

std::vector<Specifier> specifiers(std::string_view range) {
  constexpr std::array<std::string_view, 6> kOperations = {">=", "<=", "==", "!=", ">", "<"};
  std::vector<Specifier> all;
  while (!range.empty()) {
    const auto comma = range.find(',');
    const auto one = trimmed(range.substr(0, comma));
    range = comma == std::string_view::npos ? std::string_view() : range.substr(comma + 1);
    Specifier specifier{{}, one};
    for (const auto operation : kOperations) {
      if (!one.starts_with(operation)) continue;
      specifier = {operation, trimmed(one.substr(operation.size()))};
      break;
    }
    all.push_back(specifier);
  }
  return all;
}

bool holds(const Specifier& specifier, std::string_view version) {
  const auto ours = Parser(version).parse();
  const auto bound = Parser(specifier.version).parse();
  const auto& operation = specifier.operation;
  if (!ours || !bound) return (version == specifier.version) == (operation != "!=");
  const auto order = ours->key() <=> bound->key();
  if (operation == ">=") return order >= 0;
  if (operation == "<=") return order <= 0;
  if (operation == "==") return order == 0;
  if (operation == "!=") return order != 0;
  if (operation == ">") return order > 0;
  const bool of_the_bound = ours->epoch == bound->epoch && ours->release == bound->release;
  if (of_the_bound && ours->is_before_release() && !bound->is_before_release()) return false;
  return order < 0;
}

}  // namespace

std::optional<std::strong_ordering> compare_versions(std::string_view a, std::string_view b) {
  const auto first = Parser(a).parse();
  const auto second = Parser(b).parse();
  if (!first || !second) return std::nullopt;
  return first->key() <=> second->key();
}

std::string compatible_range(std::string_view text) {
  if (text.empty()) return {};
  const auto version = Parser(text).parse();
  const auto written = text.substr(0, text.find('+'));
  if (!version) return is_one_word(text) ? "==" + std::string(text) : std::string();
  const auto epoch = version->epoch == 0 ? "" : std::to_string(version->epoch) + "!";
  const auto& release = version->written;
  const bool young = release[0] == 0 && release.size() > 1;
  const auto next = young ? "0." + std::to_string(release[1] + 1) : std::to_string(release[0] + 1);
  return ">=" + std::string(written) + ",<" + epoch + next;
}

result<void> check_range(std::string_view range) {
  for (const auto& [operation, version] : specifiers(range)) {
    if (operation.empty() || version.empty()) {
      return fail(Code::format, "a range of versions is written as in >=2.75.0,<3",
                  std::string(range));
    }
  }
  return {};
}

bool in_range(std::string_view range, std::string_view version) {
  for (const auto& specifier : specifiers(range)) {
    if (!holds(specifier, version)) return false;
  }
  return true;
}

}  // namespace overt
