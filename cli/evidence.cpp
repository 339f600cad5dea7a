#include "evidence.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>
#include <sstream>

#include "overt/journal.h"

namespace overt::cli {
namespace {

namespace fs = std::filesystem;

// Of the program that runs: what is sent to us is meant for it.
volatile pid_t running = 0;

void pass_on(int signal) {
  if (running > 0) ::kill(running, signal);
}

// A directory that holds a journal for each process of the run, and goes when this one ends.
class Scratch {
 public:
  static result<std::unique_ptr<Scratch>> make() {
    std::error_code error;
    auto name = (fs::temp_directory_path(error) / "overt-XXXXXX").string();
    if (error || ::mkdtemp(name.data()) == nullptr) {
      return fail(Code::io, std::string("cannot make a directory: ") + std::strerror(errno), name);
    }
    return std::make_unique<Scratch>(name);
  }

  explicit Scratch(std::string path) : path_(std::move(path)) {}
  ~Scratch() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

int wait_for(pid_t child) {
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return status;
}

// A terminal's ^C reaches both: the program decides, and we tell what it did until then.
result<int> run(const Words& words) {
  struct sigaction ignore{};
  struct sigaction interrupt{};
  struct sigaction quit{};
  ignore.sa_handler = SIG_IGN;
  ::sigaction(SIGINT, &ignore, &interrupt);
  ::sigaction(SIGQUIT, &ignore, &quit);
  const pid_t child = ::fork();
  if (child == 0) {
    ::sigaction(SIGINT, &interrupt, nullptr);
    ::sigaction(SIGQUIT, &quit, nullptr);
    static_cast<void>(become(words.front(), words));
    ::_exit(127);
  }
  if (child < 0) return fail(Code::io, std::string("cannot fork: ") + std::strerror(errno), "run");
  running = child;
  struct sigaction pass{};
  pass.sa_handler = pass_on;
  pass.sa_flags = SA_RESTART;
  for (const int signal : {SIGTERM, SIGHUP, SIGUSR1, SIGUSR2}) {
    ::sigaction(signal, &pass, nullptr);
  }
  const int status = wait_for(child);
  running = 0;
  ::sigaction(SIGINT, &interrupt, nullptr);
  ::sigaction(SIGQUIT, &quit, nullptr);
  return status;
}

bool is_stop(int signal) { return signal == SIGINT || signal == SIGTERM; }

result<std::string> text_of(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  std::ostringstream text;
  text << stream.rdbuf();
  if (!stream) return fail(Code::io, "cannot read this report", path);
  return text.str();
}

result<void> read_file(const std::string& path, std::vector<Report>& reports) {
  if (path.ends_with(".journal")) {
    auto read = read_journal(path);
    if (!read) return tl::unexpected(read.error());
    reports.push_back(std::move(read->report));
    return {};
  }
  const auto text = text_of(path);
  if (!text) return tl::unexpected(text.error());
  auto report = report_from_json(*text);
  if (!report) return fail(Code::format, report.error().what, path);
  reports.push_back(std::move(*report));
  return {};
}

// Of the processes of a run: the journals, which also those have that were killed; else the
// reports.
result<void> read_directory(const std::string& path, std::vector<Report>& reports) {
  for (const char* ending : {".journal", ".json"}) {
    std::vector<std::string> files;
    std::error_code error;
    for (fs::directory_iterator it(path, error), end; !error && it != end; it.increment(error)) {
      if (it->path().extension() == ending) files.push_back(it->path().string());
    }
    std::sort(files.begin(), files.end());
    for (const auto& file : files) {
      if (auto read = read_file(file, reports); !read) return read;
    }
    if (!files.empty()) return {};
  }
  return {};
}

result<Evidence> read_files(const std::vector<std::string>& files) {
  Evidence evidence;
  std::error_code error;
  for (const auto& file : files) {
    if (!fs::exists(file, error)) return fail(Code::not_found, "there is no such report", file);
    const auto before = evidence.reports.size();
    auto read = fs::is_directory(file, error) ? read_directory(file, evidence.reports)
                                              : read_file(file, evidence.reports);
    if (!read) return tl::unexpected(read.error());
    if (evidence.reports.size() == before) {
      return fail(Code::not_found, "this directory holds no report and no journal", file);
    }
  }
  return evidence;
}

result<Evidence> run_program(const EvidenceOptions& options) {
  auto scratch = Scratch::make();
  if (!scratch) return tl::unexpected(scratch.error());
  Words words = {own_path(), "run", "--report", (*scratch)->path() + "/"};
  if (!options.policy.empty()) words.insert(words.end(), {"--policy", options.policy});
  words.insert(words.end(), options.program.begin(), options.program.end());
  const auto ended = run(words);
  if (!ended) return tl::unexpected(ended.error());
  Evidence evidence;
  const bool killed = WIFSIGNALED(*ended);
  evidence.status = killed ? 128 + WTERMSIG(*ended) : WEXITSTATUS(*ended);
  evidence.stopped = is_stop(evidence.status - 128);
  if (auto read = read_directory((*scratch)->path(), evidence.reports); !read) {
    return tl::unexpected(read.error());
  }
  if (evidence.reports.empty() && evidence.status == 0) {
    return fail(Code::not_found, "no Python was governed in this run: nothing is known of it",
                options.program.size() > 1 ? options.program[1] : "run");
  }
  return evidence;
}

}  // namespace

void add_evidence(CLI::App& verb, EvidenceOptions& options) {
  verb.add_option("--from", options.files,
                  "Run nothing: read this report (.json), journal, or directory of them; may be "
                  "given several times");
  verb.add_option("--policy", options.policy, "As of `overt run`: follow this file");
}

result<void> deliver(const std::string& output, const EvidenceOptions& options,
                     const std::function<std::string(bool colour)>& said) {
  if (!output.empty()) {
    std::ofstream stream(output, std::ios::binary);
    stream << said(false);
    stream.close();
    if (stream) return {};
    return fail(Code::io, "cannot write this file", output);
  }
  const bool ran = options.program.size() > 1;
  const int fd = ran ? STDERR_FILENO : STDOUT_FILENO;
  const bool colour = ::isatty(fd) == 1 && std::getenv("NO_COLOR") == nullptr;
  (ran ? std::cerr : std::cout) << said(colour);
  return {};
}

result<Evidence> gather_evidence(const EvidenceOptions& options, const std::string& verb) {
  const bool runs = options.program.size() > 1;
  if (runs == !options.files.empty()) {
    return fail(Code::usage,
                runs ? "either a command or --from, not both"
                     : "of what? write a command after --, as in `overt " + verb +
                           " -- python app.py`, or --from a report",
                verb);
  }
  return runs ? run_program(options) : read_files(options.files);
}

}  // namespace overt::cli
