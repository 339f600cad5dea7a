#include "overt/run.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

#include "bounded_json.h"
#include "overt/json_text.h"
#include "overt/output.h"
#include "overt/policy.h"
#include "overt/review.h"

namespace overt {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

tl::unexpected<Error> cannot_write(const std::string& path) {
  return fail(Code::io, std::string("cannot write the report: ") + std::strerror(errno), path);
}

result<void> write_file(const std::string& path, std::string_view text) {
  const std::string temporary = path + "." + std::to_string(::getpid()) + ".tmp";
  const int fd = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (fd < 0) return cannot_write(path);
  result<void> done;
  if (!write_all(fd, text)) done = cannot_write(path);
  ::close(fd);
  if (done && ::rename(temporary.c_str(), path.c_str()) != 0) done = cannot_write(path);
  if (!done) ::unlink(temporary.c_str());
  return done;
}

// The same patch in two processes: what a reader would call "the same line of the table".
std::string sameness(const Patch& patch) {
  return patch.target + "\n" + patch.owner.name + "\n" + std::string(name(patch.change)) + "\n" +
         patch.site.file + ":" + std::to_string(patch.site.line);
}

void note_elsewhere(Report& root, const std::vector<Report>& others, bool internal) {
  std::map<std::string, std::size_t>
      seen;  // -> index into root.elsewhere, or npos for the root's own
  constexpr auto kRoot = static_cast<std::size_t>(-1);
  for (const auto& patch : root.patches) seen.emplace(sameness(patch), kRoot);
  for (const auto& other : others) {
    for (const auto& patch : other.patches) {
      if (patch.internal && !internal) continue;
      const auto [at, fresh] = seen.try_emplace(sameness(patch), root.elsewhere.size());
      if (fresh) root.elsewhere.push_back({patch, {}});
      if (at->second == kRoot) continue;
      auto& pids = root.elsewhere[at->second].pids;
      if (pids.empty() || pids.back() != other.pid) pids.push_back(other.pid);
    }
  }
}

bool is_alive(int pid) { return ::kill(pid, 0) == 0 || errno == EPERM; }

}  // namespace

std::string RunSettings::encode() const {
  const json out = {{"version", version},     {"run", run},           {"pid", pid},
                    {"directory", directory}, {"report", report},     {"command", command},
                    {"children", children},   {"internal", internal}, {"leads", leads},
                    {"runtime", runtime},     {"file", file},         {"service", service},
                    {"meter", meter}};
  return compact_json(out);
}

RunSettings RunSettings::lead(int leader) const {
  RunSettings led = *this;
  led.leads = true;
  led.pid = leader;
  led.run += "." + std::to_string(leader);
  if (directory != report) led.directory += "/" + std::to_string(leader);
  return led;
}

result<RunSettings> RunSettings::decode(std::string_view text) {
  const auto in = parse_json(text);
  try {
    RunSettings settings;
    settings.version = in.at("version");
    settings.run = in.at("run");
    settings.pid = whole<int>(in.at("pid"));
    settings.directory = in.at("directory");
    settings.report = in.at("report");
    settings.command = in.at("command");
    settings.children = in.at("children");
    settings.internal = in.at("internal");
    settings.leads = in.at("leads");
    settings.runtime = in.at("runtime");
    settings.file = in.at("file");
    settings.service = in.at("service");
    settings.meter = in.at("meter");
    return settings;
  } catch (const json::exception&) {
    return fail(Code::format, "the environment variable OVERT_RUN was not written by `overt run`",
                std::string(text.substr(0, 80)));
  }
}

result<ReportKind> report_kind(const std::string& path) {
  std::error_code ignored;
  if (path.empty()) return ReportKind::table;
  if (path.ends_with('/') || fs::is_directory(path, ignored)) return ReportKind::directory;
  if (path.ends_with(".json")) return ReportKind::json;
  if (path.ends_with(".txt")) return ReportKind::text;
  if (path.ends_with(".html")) return ReportKind::page;
  return fail(Code::usage, "a report's name ends in .json, .txt or .html, or it is a directory",
              path);
}

std::string journal_path(const RunSettings& settings, int pid) {
  return settings.directory + "/" + std::to_string(pid) + ".journal";
}

std::string report_path(const RunSettings& settings, int pid) {
  if (report_kind(settings.report) == ReportKind::directory) {
    return (fs::path(settings.report) / (std::to_string(pid) + ".json")).string();
  }
  if (settings.report.empty() || (pid == settings.pid && !settings.leads)) return settings.report;
  const fs::path path(settings.report);
  const auto name = path.stem().string() + "." + std::to_string(pid) + path.extension().string();
  return path.parent_path() / name;
}

namespace {

// The review of one process, by the policy that it followed.
std::string page_of(const RunSettings& settings, const Report& report) {
  Accepted accepted;
  std::ifstream stream(settings.file, std::ios::binary);
  std::ostringstream text;
  text << stream.rdbuf();
  if (auto policy = parse_policy(text.str(), settings.file)) accepted.policy = std::move(*policy);
  const char* phase = std::getenv("OVERT_PHASE");
  accepted.phase = parse_phase(phase == nullptr ? "" : phase);
  return to_html(review_of({report}, accepted));
}

}  // namespace

result<void> deliver(const RunSettings& settings, const Report& report) {
  const auto kind = report_kind(settings.report).value_or(ReportKind::table);
  if (kind == ReportKind::table) {
    const bool colour = ::isatty(STDERR_FILENO) == 1 && std::getenv("NO_COLOR") == nullptr;
    const auto text = to_table(report, {.colour = colour, .internal = settings.internal});
    if (!write_all(STDERR_FILENO, "\n" + text)) return cannot_write("standard error");
    return {};
  }
  const auto path = report_path(settings, report.pid);
  if (kind == ReportKind::text) {
    return write_file(path, to_text(report, {.colour = false, .internal = settings.internal}));
  }
  if (kind == ReportKind::page) return write_file(path, page_of(settings, report));
  return write_file(path, to_json(report, settings.internal));
}

void gather(const RunSettings& settings, Report& report) {
  std::vector<Report> others;
  std::error_code error;
  for (fs::directory_iterator it(settings.directory, error), end; !error && it != end;
       it.increment(error)) {
    if (it->path().extension() != ".journal") continue;
    auto read = read_journal(it->path().string());
    if (!read || read->head.run != settings.run || read->head.pid == report.pid) continue;
    auto& other = read->report;
    const bool running = !read->ended && is_alive(other.pid);
    const auto path = report_path(settings, other.pid);
    if (!read->ended && !running && !path.empty()) {
      if (!deliver(settings, other)) continue;
    }
    const auto patches =
        std::count_if(other.patches.begin(), other.patches.end(),
                      [&](const auto& patch) { return settings.internal || !patch.internal; });
    report.children.push_back(
        {other.pid, read->head.started_by, other.argv, static_cast<int>(patches), path, !running});
    others.push_back(std::move(other));
  }
  const auto by_pid = [](const auto& a, const auto& b) { return a.pid < b.pid; };
  std::sort(report.children.begin(), report.children.end(), by_pid);
  std::sort(others.begin(), others.end(), by_pid);
  if (settings.report.empty()) note_elsewhere(report, others, settings.internal);
  if (settings.directory == settings.report) return;
  fs::remove_all(settings.directory, error);
  // The last leader turns off the light; others still need the directory that holds theirs.
  if (settings.leads) ::rmdir(fs::path(settings.directory).parent_path().c_str());
}

}  // namespace overt
