#include "overt/distributions.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <utility>

#include "bounded_json.h"

namespace overt {
namespace {

namespace fs = std::filesystem;

// Metadata is small; a file beyond this size is not what it claims to be and is not read.
constexpr std::uintmax_t kLargestFile = 64U << 20U;

bool is_readable(const fs::path& path) {
  std::error_code ignored;
  return fs::is_regular_file(path, ignored) && fs::file_size(path, ignored) <= kLargestFile;
}

std::string read_file(const fs::path& path) {
  if (!is_readable(path)) return {};
  std::ifstream stream(path, std::ios::binary);
  std::ostringstream text;
  text << stream.rdbuf();
  return std::move(text).str();
}

template <class Visit>
void each_line(std::string_view text, Visit visit) {
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    auto line = text.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (!line.empty()) visit(line);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

// The path of a RECORD line, which is CSV: path,hash,size; a path with a comma is quoted.
std::string record_path(std::string_view line) {
  if (!line.starts_with('"')) return std::string(line.substr(0, line.find(',')));
  std::string path;
  for (std::size_t i = 1; i < line.size(); ++i) {
    if (line[i] == '"') {
      ++i;  // a quote inside the path is written twice
      if (i == line.size() || line[i] != '"') break;
    }
    path += line[i];
  }
  return path;
}

// "six.py" and "six.cpython-313-x86_64-linux-gnu.so" and "six/moves.py" all belong to "six".
std::string_view import_name(std::string_view relative) {
  return relative.substr(0, relative.find_first_of("/."));
}

// A '%' without two hexadecimal digits stands for itself.
std::string percent_decoded(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto digits = text.substr(i + 1, 2);
    unsigned char byte = 0;
    const auto* end = std::from_chars(digits.data(), digits.data() + digits.size(), byte, 16).ptr;
    if (text[i] == '%' && end - digits.data() == 2) {
      plain += static_cast<char>(byte);
      i += 2;
    } else {
      plain += text[i];
    }
  }
  return plain;
}

bool inside(std::string_view path, std::string_view directory) {
  return path.size() > directory.size() && path.starts_with(directory) &&
         path[directory.size()] == '/';
}

}  // namespace

// One import root: who claims which top import name, and, where several claim the same one
// (namespace packages such as google or opentelemetry), who installed each file and directory of
// it.
class Distributions::Root {
 public:
  explicit Root(const std::string& directory) : directory_(directory) {
    std::vector<fs::path> found;
    std::error_code error;
    for (fs::directory_iterator it(directory, error), end; !error && it != end;
         it.increment(error)) {
      const auto extension = it->path().extension();
      if (extension == ".dist-info" || extension == ".egg-info") found.push_back(it->path());
    }
    // Of several claims to one file the first counts: the same one on every file system.
    std::sort(found.begin(), found.end());
    for (const auto& path : found) add(path);
  }

  const Distribution* owner(std::string_view relative) {
    const auto claim = claims_.find(std::string(import_name(relative)));
    if (claim == claims_.end()) return nullptr;
    if (claim->second.size() == 1) return &known_[claim->second.front()].distribution;
    return among(claim->first, claim->second, relative);
  }

  const Distribution* outside(const std::string& path) const {
    if (const auto script = scripts_.find(path); script != scripts_.end()) {
      return &known_[script->second].distribution;
    }
    for (const auto& [directory, index] : editable_) {
      if (inside(path, directory)) return &known_[index].distribution;
    }
    return nullptr;
  }

 private:
  struct Known {
    Distribution distribution;
    fs::path record;
  };

  void add(const fs::path& metadata) {
    const bool wheel = metadata.extension() == ".dist-info";
    Known known;
    read_names(metadata, wheel, known.distribution);
    if (known.distribution.name.empty()) return;
    // Build tools leave egg-info beside the sources of a checkout; installers leave it in
    // site-packages.
    const auto place = fs::path(directory_).filename();
    known.distribution.editable = !wheel && place != "site-packages" && place != "dist-packages";
    const auto index = known_.size();
    known.record = metadata / "RECORD";
    std::string record = wheel ? read_file(known.record) : std::string();
    known_.push_back(std::move(known));
    if (wheel) read_editable(metadata, index);
    if (record.empty()) {
      each_line(read_file(metadata / "top_level.txt"), [&](auto line) { claim(line, index); });
      return;
    }
    std::string last;
    each_line(record, [&](std::string_view line) {
      const auto path = line.substr(line.starts_with('"') ? 1 : 0);
      if (path.starts_with("../") || path.starts_with('/')) return add_script(line, index);
      const auto top = import_name(path);
      if (top == last || top.empty()) return;  // files of a package stand together
      last = top;
      claim(top, index);
    });
  }

  static void read_names(const fs::path& metadata, bool wheel, Distribution& distribution) {
    auto file = wheel ? metadata / "METADATA" : metadata / "PKG-INFO";
    std::error_code ignored;
    if (!wheel && fs::is_regular_file(metadata, ignored))
      file = metadata;  // Debian's flat egg-info
    if (!is_readable(file)) return;
    std::ifstream stream(file);
    for (std::string line; std::getline(stream, line) && !line.empty() && line != "\r";) {
      if (line.ends_with('\r')) line.pop_back();
      if (line.starts_with("Name: ")) distribution.name = line.substr(6);
      if (line.starts_with("Version: ")) distribution.version = line.substr(9);
    }
  }

  void read_editable(const fs::path& metadata, std::size_t index) {
    const auto text = read_file(metadata / "direct_url.json");
    if (text.empty()) return;
    using nlohmann::json;
    const auto given = parse_json(text);
    if (!given.is_object() || !given.contains("url") || !given["url"].is_string()) return;
    const auto info = given.value("dir_info", json());
    if (!info.is_object() || info.value("editable", json()) != true) return;
    const auto url = given["url"].get<std::string>();
    constexpr std::string_view kFile = "file://";
    if (!url.starts_with(kFile)) return;
    auto directory = percent_decoded(std::string_view(url).substr(kFile.size()));
    while (directory.ends_with('/')) directory.pop_back();
    if (directory.empty()) return;  // everything there is would be inside
    editable_.emplace_back(std::move(directory), index);
    known_[index].distribution.editable = true;
  }

  void add_script(std::string_view line, std::size_t index) {
    const auto path = fs::path(directory_) / record_path(line);
    scripts_.emplace(path.lexically_normal().string(), index);
  }

  void claim(std::string_view top, std::size_t index) {
    auto& claimants = claims_[std::string(top)];
    if (claimants.empty() || claimants.back() != index) claimants.push_back(index);
  }

  // Several distributions share this top name: the RECORDs of all of them say who owns what.
  const Distribution* among(const std::string& top, const std::vector<std::size_t>& claimants,
                            std::string_view relative) {
    auto& files = shared_[top];
    if (files.empty()) {
      for (const auto index : claimants) {
        each_line(read_file(known_[index].record), [&](std::string_view line) {
          const auto path = record_path(line);
          if (import_name(path) != top) return;
          files.emplace(path, index);
          files.emplace(path.substr(0, path.rfind('/')), index);
        });
      }
      files.emplace("", claimants.front());
    }
    for (std::string path(relative);;
         path.resize(path.rfind('/') == std::string::npos ? 0 : path.rfind('/'))) {
      if (const auto found = files.find(path); found != files.end()) {
        return &known_[found->second].distribution;
      }
    }
  }

  std::string directory_;
  std::vector<Known> known_;
  std::unordered_map<std::string, std::vector<std::size_t>> claims_;
  std::unordered_map<std::string, std::unordered_map<std::string, std::size_t>> shared_;
  std::unordered_map<std::string, std::size_t> scripts_;
  std::vector<std::pair<std::string, std::size_t>> editable_;
};

Distributions::Distributions(std::vector<std::string> roots) : roots_(std::move(roots)) {}
Distributions::~Distributions() = default;

Distributions::Root& Distributions::root(const std::string& directory) {
  auto& root = read_[directory];
  if (!root) root = std::make_unique<Root>(directory);
  return *root;
}

const Distribution* Distributions::owner(const std::string& directory, std::string_view relative) {
  return root(directory).owner(relative);
}

const Distribution* Distributions::outside(const std::string& path) {
  for (const auto& directory : roots_) {
    if (const auto* found = root(directory).outside(path)) return found;
  }
  return nullptr;
}

}  // namespace overt
