// overt run: becomes the program, with OVERT_RUN set, so that every Python in it is governed.

#include "overt/run.h"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <iostream>
#include <memory>

#include "../config.h"
#include "../rundir.h"
#include "../verbs.h"
#include "overt/runtime_dir.h"
#include "overt/text.h"

namespace overt::cli {
namespace {

struct Options {
  std::string report;
  std::string policy;
  std::string name;
  bool no_children = false;
  bool no_control = false;
  bool internal = false;
  bool no_meter = false;
  Words program;
};

int complain(const Error& error) {
  std::cerr << "overt: " << printable(error.subject) << ": " << printable(error.what, 4000) << '\n';
  return exit_status(error.code);
}

std::string name_of_run(int pid) {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::to_string(pid) + "-" +
         std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(now).count());
}

// "gunicorn" of `gunicorn shop:app`, "app.py" of `python -X dev app.py`, "celery" of `python -m
// celery`.
std::string name_of_program(const Words& program) {
  const auto base = [](const std::string& word) {
    return std::filesystem::path(word).filename().string();
  };
  auto first = base(program.front());
  if (!first.starts_with("python") && !first.starts_with("pypy")) return first;
  for (auto at = program.begin() + 1; at != program.end(); ++at) {
    if (*at == "-m" && at + 1 != program.end()) return *(at + 1);
    if (*at == "-c") break;
    if (*at == "-W" || *at == "-X") {
      if (++at == program.end()) break;
    } else if (!at->starts_with('-')) {
      return base(*at);
    }
  }
  return first;
}

result<RunSettings> settings_for(const Options& options) {
  RunSettings settings;
  settings.version = OVERT_VERSION;
  settings.pid = ::getpid();
  settings.run = name_of_run(settings.pid);
  settings.command = own_path();
  settings.children = !options.no_children;
  settings.internal = options.internal;
  settings.meter = !options.no_meter;
  settings.service = options.name.empty() ? name_of_program(options.program) : options.name;
  auto file = config_file(options.policy);
  if (!file) return tl::unexpected(file.error());
  settings.file = std::move(*file);
  const auto kind = report_kind(options.report);
  if (!kind) return tl::unexpected(kind.error());
  if (*kind == ReportKind::directory) {
    auto directory = make_report_directory(options.report);
    if (!directory) return tl::unexpected(directory.error());
    settings.report = settings.directory = *directory;
    // The only way of a run that needs no runtime directory: it goes on without control.
    const auto runtime = options.no_control ? result<std::string>() : runtime_directory();
    if (!runtime) complain(runtime.error());
    settings.runtime = runtime.value_or("");
    return settings;
  }
  if (*kind != ReportKind::table) {
    auto report = check_report_file(options.report);
    if (!report) return tl::unexpected(report.error());
    settings.report = *report;
  }
  auto directory = make_run_directory(settings.pid);
  if (!directory) return tl::unexpected(directory.error());
  settings.directory = *directory;
  if (!options.no_control) settings.runtime = runtime_directory_path();
  return settings;
}

// What a program's environment cannot carry must be known before the program starts.
result<void> check_paths(const RunSettings& settings) {
  const auto read = RunSettings::decode(settings.encode());
  for (const auto part : {&RunSettings::report, &RunSettings::directory, &RunSettings::command,
                          &RunSettings::runtime, &RunSettings::file, &RunSettings::service}) {
    if (read && (*read).*part == settings.*part) continue;
    return fail(Code::usage, "overt cannot use this path: it is not UTF-8", settings.*part);
  }
  return {};
}

void remove_private_directory(const RunSettings& settings) {
  std::error_code ignored;
  if (settings.directory != settings.report)
    std::filesystem::remove_all(settings.directory, ignored);
}

// `overt run -- overt run -- CMD`: the outer run has become this one, and nobody else ends it.
void end_outer_run() {
  const char* variable = std::getenv(kRunVariable);
  const auto outer = RunSettings::decode(variable == nullptr ? "" : variable);
  if (outer && outer->pid == ::getpid()) remove_private_directory(*outer);
  ::unsetenv(kRunVariable);
}

int run(const Options& options) {
  if (options.program.empty()) {
    return complain({Code::usage,
                     "which command? write it after --, as in `overt run -- python app.py`",
                     "run"});
  }
  const auto path = find_program(options.program.front());
  if (!path) return complain(path.error());
  const char* no_magic = std::getenv("OVERT");
  if (no_magic != nullptr && std::string_view(no_magic) == "0") {
    end_outer_run();
    return complain(become(*path, options.program));
  }
  if (const auto checked = check_program(*path, options.program); !checked)
    return complain(checked.error());
  const auto settings = settings_for(options);
  if (!settings) return complain(settings.error());
  end_outer_run();
  const auto checked_paths = check_paths(*settings);
  ::setenv(kRunVariable, settings->encode().c_str(), 1);
  const auto error = checked_paths ? become(*path, options.program) : checked_paths.error();
  remove_private_directory(*settings);
  return complain(error);
}

class Usage : public CLI::Formatter {
 public:
  std::string make_usage(const CLI::App* /*app*/, std::string /*name*/) const override {
    return "Usage: overt run [OPTIONS] -- CMD [ARGUMENT ...]\n";
  }
};

}  // namespace

void add_run(CLI::App& app, const Words& program, int& status) {
  auto options = std::make_shared<Options>();
  auto* verb = app.add_subcommand("run", "Start a program and see every patch that is made in it.");
  verb->add_option(
      "--report", options->report,
      "Write the report to this file (.json, .txt or .html) or directory, not to standard error. "
      "Children insert their pid into the file's name; a directory also gets a journal for "
      "each process, which survives a kill");
  verb->add_flag("--no-children", options->no_children,
                 "Leave processes that the program starts alone");
  verb->add_option(
      "--policy", options->policy,
      "Follow this file, by default the one that OVERT_CONFIG names or ./overt.toml where "
      "there is one: its [policy] is in force, its [off] table, and a file KILL "
      "beside it, switch patches off");
  verb->add_option(
      "--name", options->name,
      "Call the processes of this run so in `overt list`; by default after the program");
  verb->add_flag("--no-control", options->no_control,
                 "Open no socket: `overt list`, `off` and `on` do not reach this run");
  verb->add_flag("--no-meter", options->no_meter,
                 "Do not count and time the calls of patches; switching them then waits for the "
                 "interpreter's next safe point");
  verb->add_flag("--internal", options->internal,
                 "Also show what a distribution changes in itself");
  verb->prefix_command();
  verb->formatter(std::make_shared<Usage>());
  verb->callback([&status, &program, options, verb] {
    options->program = verb->remaining();
    if (!options->program.empty() && options->program.front().starts_with('-')) {
      status = complain({Code::usage, "`overt run` has no such option", options->program.front()});
      return;
    }
    // `overt run pytest -- tests` is fine too; then the -- belongs to the program.
    const auto skip = options->program.empty() && !program.empty() ? 1 : 0;
    options->program.insert(options->program.end(), program.begin() + skip, program.end());
    status = run(*options);
  });
}

}  // namespace overt::cli
