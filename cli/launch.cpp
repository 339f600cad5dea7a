#include "launch.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>

#include "overt/run.h"

namespace overt::cli {
namespace {

namespace fs = std::filesystem;

bool exists(const std::string& path) {
  std::error_code ignored;
  return fs::exists(path, ignored);
}

bool is_program(const fs::path& path) {
  std::error_code ignored;
  return fs::is_regular_file(path, ignored) && ::access(path.c_str(), X_OK) == 0;
}

std::optional<std::string> on_path(const std::string& name) {
  const char* path = std::getenv("PATH");
  std::istringstream directories(path == nullptr ? "/usr/local/bin:/usr/bin:/bin" : path);
  for (std::string directory; std::getline(directories, directory, ':');) {
    const auto candidate = fs::path(directory.empty() ? "." : directory) / name;
    if (is_program(candidate)) return candidate.string();
  }
  return std::nullopt;
}

// "python", "python3", "python3.13", "python3.13t", "pypy3"
bool is_python_name(const std::string& path) {
  const auto name = fs::path(path).filename().string();
  std::string_view rest = name;
  if (rest.starts_with("python")) {
    rest.remove_prefix(6);
  } else if (rest.starts_with("pypy")) {
    rest.remove_prefix(4);
  } else {
    return false;
  }
  return rest.find_first_not_of("0123456789.td") == std::string_view::npos;
}

// Also under a name that somebody gave to it by a symbolic link.
bool is_python(const std::string& path) {
  std::error_code ignored;
  return is_python_name(path) || is_python_name(fs::canonical(path, ignored).string());
}

Words split(const std::string& text) {
  std::istringstream stream(text);
  Words words;
  for (std::string word; stream >> word;) words.push_back(word);
  return words;
}

// An interpreter with the options that stand before the program.
struct Python {
  std::string path;
  Words options;
};

// pip and uv start a script through a shell when the interpreter's path is too long for a "#!"
// line:
//   #!/bin/sh
//   '''exec' '/a/long/path/python' "$0" "$@"
std::optional<Python> behind_shell(const std::string& script, const std::string& second) {
  if (!second.starts_with("'''exec'")) return std::nullopt;
  const auto end = second.find(" \"$0\"");
  const auto start = second.find_first_not_of(" '\"", 8);
  if (start < end && end != std::string::npos) {
    const auto last = second.find_last_not_of(" '\"", end - 1);
    const auto path = second.substr(start, last + 1 - start);
    if (is_program(path)) return Python{path, {}};
  }
  const auto sibling = fs::path(script).parent_path() / "python";  // a path relative to the script
  if (is_program(sibling)) return Python{sibling.string(), {}};
  return std::nullopt;
}

std::optional<Python> python_of_script(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  std::string first(2, '\0');
  stream.read(first.data(), 2);
  if (!stream || first != "#!") return std::nullopt;
  std::string second;
  std::getline(stream, first);
  std::getline(stream, second);
  auto words = split(first);
  if (words.empty()) return std::nullopt;
  if (fs::path(words.front()).filename() == "env") {
    words.erase(words.begin());
    while (!words.empty() && words.front().starts_with('-')) words.erase(words.begin());
    if (words.empty() || !is_python_name(words.front())) return std::nullopt;
    words.front() = on_path(words.front()).value_or(words.front());
  }
  if (is_python(words.front())) return Python{words.front(), {words.begin() + 1, words.end()}};
  return behind_shell(path, second);
}

std::optional<Python> python_of(const std::string& path, const Words& words) {
  if (is_python(path)) return Python{path, {words.begin() + 1, words.end()}};
  return python_of_script(path);
}

// The options that stand before the program: "-X importtime -u" of "python -X importtime -u app.py
// -v".
Words leading_options(const Words& words) {
  Words options;
  for (auto at = words.begin(); at != words.end(); ++at) {
    if (at->size() < 2 || at->front() != '-') break;
    options.push_back(*at);
    const bool long_option = at->starts_with("--");
    const auto letter = long_option ? std::string::npos : at->find_first_of("cmWX", 1);
    const bool starts_program =
        letter != std::string::npos && ((*at)[letter] == 'c' || (*at)[letter] == 'm');
    if (starts_program) {
      options.back().resize(letter);
      if (letter == 1) options.pop_back();
      break;
    }
    const bool takes_next = letter + 1 == at->size() || *at == "--check-hash-based-pycs";
    if (takes_next && at + 1 != words.end()) options.push_back(*++at);
  }
  return options;
}

// The letter of an option that keeps python from starting overt.
std::optional<char> isolating_option(const Words& options) {
  for (const auto& word : options) {
    if (!word.starts_with('-') || word.starts_with("--")) continue;
    const auto letters = std::string_view(word).substr(0, word.find_first_of("WX"));
    const auto at = letters.find_first_of("IES");
    if (at != std::string_view::npos) return letters[at];
  }
  return std::nullopt;
}

// Runs in the child. What an interpreter's startup prints or reads is none of the program's
// business yet.
[[noreturn]] void become_probe(const Python& python, int answer) {
  constexpr auto kQuestion =
      "import sys; print('\\novert: %d %d %s %s' % (sys.version_info[0], sys.version_info[1], "
      "getattr(getattr(sys, 'implementation', None), 'name', 'cpython'), 'overt._boot' in "
      "sys.modules))";
  std::vector<const char*> arguments{python.path.c_str()};
  for (const auto& option : python.options) arguments.push_back(option.c_str());
  for (const char* last : {"-c", kQuestion, static_cast<const char*>(nullptr)})
    arguments.push_back(last);
  const int nothing = ::open("/dev/null", O_RDWR);
  if (nothing < 0) ::_exit(127);
  ::dup2(nothing, STDIN_FILENO);
  ::dup2(nothing, STDERR_FILENO);
  ::dup2(answer, STDOUT_FILENO);
  ::setenv(kRunVariable, "probe", 1);
  ::execv(python.path.c_str(), const_cast<char**>(arguments.data()));
  ::_exit(127);
}

// What an interpreter says of itself: "3 13 cpython True". Empty when it cannot be started.
std::string ask(const Python& python) {
  std::array<int, 2> pipe{};
  if (::pipe2(pipe.data(), O_CLOEXEC) != 0) return {};
  const pid_t child = ::fork();
  if (child == 0) become_probe(python, pipe[1]);
  ::close(pipe[1]);
  std::string answer;
  std::array<char, 256> buffer{};
  for (ssize_t got = 0; child > 0 && (got = ::read(pipe[0], buffer.data(), buffer.size())) > 0;) {
    answer.append(buffer.data(), static_cast<std::size_t>(got));
  }
  ::close(pipe[0]);
  int status = 0;
  if (child > 0) ::waitpid(child, &status, 0);
  constexpr std::string_view kMark = "\novert: ";
  const auto at = answer.rfind(kMark);
  return status == 0 && at != std::string::npos ? answer.substr(at + kMark.size()) : std::string();
}

bool is_beside_us(const std::string& interpreter) {
  std::error_code ignored;
  const auto theirs = fs::weakly_canonical(fs::path(interpreter).parent_path(), ignored);
  return !theirs.empty() && theirs == fs::path(own_path()).parent_path();
}

result<void> check_interpreter(const Python& python) {
  const auto& interpreter = python.path;
  if (is_beside_us(interpreter)) return {};
  std::istringstream answer(ask(python));
  int major = 0;
  int minor = 0;
  std::string kind;
  std::string hooked;
  answer >> major >> minor >> kind >> hooked;
  if (!answer) return fail(Code::not_found, "this interpreter does not start", interpreter);
  const auto version = std::to_string(major) + "." + std::to_string(minor);
  if (kind != "cpython" || major != 3 || minor < 12) {
    return fail(Code::not_found,
                "this is " + kind + " " + version + "; overt supports CPython 3.12 and newer",
                interpreter);
  }
  if (hooked != "True") {
    return fail(Code::not_found,
                "overt is not installed for this interpreter; run `" + interpreter +
                    " -m pip install overt`, or start your program with the python beside " +
                    own_path(),
                interpreter);
  }
  return {};
}

}  // namespace

Error become(const std::string& path, const Words& words) {
  std::vector<char*> arguments;
  arguments.reserve(words.size() + 1);
  for (const auto& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  ::execv(path.c_str(), arguments.data());
  const std::string why = errno == ENOEXEC
                              ? "this file is no program; does its first line start with #! ?"
                              : std::string("cannot be started: ") + std::strerror(errno);
  return {Code::not_found, why, path};
}

std::string own_path() {
  std::error_code ignored;
  return fs::read_symlink("/proc/self/exe", ignored).string();
}

result<std::string> find_program(const std::string& word) {
  if (word.find('/') == std::string::npos) {
    if (auto found = on_path(word)) return *found;
    std::string what = "there is no such command on PATH";
    if (exists(word))
      what += "; there is a file of that name here: write ./" + word + " or python " + word;
    return fail(Code::not_found, what, word);
  }
  if (is_program(word)) return word;
  return fail(Code::not_found,
              !exists(word)
                  ? "there is no such file"
                  : "this file is not executable; for a Python program write python " + word,
              word);
}

result<void> check_program(const std::string& path, const Words& words) {
  auto python = python_of(path, words);
  if (!python) return {};
  python->options = leading_options(python->options);
  if (const auto option = isolating_option(python->options)) {
    std::string what = "python is told to ignore its ";
    what += *option == 'S' ? "site directories" : "environment";
    what += ", and overt starts through it; leave out -";
    return fail(Code::usage, what + *option, path);
  }
  return check_interpreter(*python);
}

}  // namespace overt::cli
