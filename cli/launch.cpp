#include "launch.h"

#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>

#include "overt/run.h"

namespace overt::cli {
namespace {

namespace fs = std::filesystem;

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

std::vector<std::string> split(const std::string& text) {
  std::istringstream stream(text);
  std::vector<std::string> words;
  for (std::string word; stream >> word;) words.push_back(word);
  return words;
}

// An interpreter with the options that stand before the program.
struct Python {
  std::string path;
  std::vector<std::string> options;
};

// pip and uv start a script through a shell when the interpreter's path is too long for a "#!" line:
//   #!/bin/sh
//   '''exec' '/a/long/path/python' "$0" "$@"
std::optional<Python> behind_shell(const std::string& script, const std::string& second) {
  if (!second.starts_with("'''exec'")) return std::nullopt;
  std::string path = second.substr(8);
  path = path.substr(0, path.find("\"$0\""));
  std::string plain;
  for (const char c : path) {
    if (c != '\'' && c != '"' && c != ' ') plain += c;
  }
  if (is_program(plain)) return Python{plain, {}};
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
  if (is_python_name(words.front())) return Python{words.front(), {words.begin() + 1, words.end()}};
  return behind_shell(path, second);
}

std::optional<Python> python_of(const std::string& path, const std::vector<std::string>& words) {
  if (is_python_name(path)) return Python{path, {words.begin() + 1, words.end()}};
  return python_of_script(path);
}

// The option among -I, -E and -S that stands before the program, if one does.
std::optional<char> isolating_option(const std::vector<std::string>& options) {
  for (std::size_t i = 0; i < options.size(); ++i) {
    const auto& word = options[i];
    if (word == "--check-hash-based-pycs") {
      ++i;
      continue;
    }
    if (word.starts_with("--")) continue;
    if (word.size() < 2 || word[0] != '-') return std::nullopt;
    for (std::size_t at = 1; at < word.size(); ++at) {
      const char letter = word[at];
      if (letter == 'I' || letter == 'E' || letter == 'S') return letter;
      if (letter == 'c' || letter == 'm') return std::nullopt;
      if (letter == 'W' || letter == 'X') {
        if (at + 1 == word.size()) ++i;  // its argument is the next word
        break;
      }
    }
  }
  return std::nullopt;
}

// What an interpreter says of itself: "3 13 cpython True". Empty when it cannot be started.
std::string ask(const std::string& interpreter) {
  constexpr auto kQuestion =
      "import sys; print('%d %d %s %s' % (sys.version_info[0], sys.version_info[1], "
      "getattr(getattr(sys, 'implementation', None), 'name', 'cpython'), 'overt._boot' in sys.modules))";
  std::array<int, 2> pipe{};
  if (::pipe(pipe.data()) != 0) return {};
  const pid_t child = ::fork();
  if (child == 0) {
    ::dup2(pipe[1], STDOUT_FILENO);
    ::close(pipe[0]);
    ::close(pipe[1]);
    ::setenv(kRunVariable, "probe", 1);
    ::execl(interpreter.c_str(), interpreter.c_str(), "-c", kQuestion, nullptr);
    ::_exit(127);
  }
  ::close(pipe[1]);
  std::string answer;
  std::array<char, 256> buffer{};
  for (ssize_t got = 0; child > 0 && (got = ::read(pipe[0], buffer.data(), buffer.size())) > 0;) {
    answer.append(buffer.data(), static_cast<std::size_t>(got));
  }
  ::close(pipe[0]);
  int status = 0;
  if (child > 0) ::waitpid(child, &status, 0);
  return status == 0 ? answer : std::string();
}

bool is_beside_us(const std::string& interpreter) {
  std::error_code ignored;
  const auto theirs = fs::weakly_canonical(fs::path(interpreter).parent_path(), ignored);
  return !theirs.empty() && theirs == fs::path(own_path()).parent_path();
}

result<void> check_interpreter(const std::string& interpreter) {
  if (is_beside_us(interpreter)) return {};
  std::istringstream answer(ask(interpreter));
  int major = 0;
  int minor = 0;
  std::string kind;
  std::string hooked;
  answer >> major >> minor >> kind >> hooked;
  if (!answer) return fail(Code::not_found, "this interpreter does not start", interpreter);
  const auto version = std::to_string(major) + "." + std::to_string(minor);
  if (kind != "cpython" || major != 3 || minor < 12) {
    return fail(Code::not_found, "this is " + kind + " " + version + "; overt supports CPython 3.12 and newer",
                interpreter);
  }
  if (hooked != "True") {
    return fail(Code::not_found,
                "overt is not installed for this interpreter; run `" + interpreter +
                    " -m pip install overt`, or start your program with the python beside " + own_path(),
                interpreter);
  }
  return {};
}

}  // namespace

std::string own_path() {
  std::error_code ignored;
  return fs::read_symlink("/proc/self/exe", ignored).string();
}

result<std::string> find_program(const std::string& word) {
  if (word.find('/') == std::string::npos) {
    if (auto found = on_path(word)) return *found;
    std::string what = "there is no such command on PATH";
    if (fs::exists(word)) what += "; there is a file of that name here: write ./" + word + " or python " + word;
    return fail(Code::not_found, what, word);
  }
  if (is_program(word)) return word;
  const bool there = fs::exists(word);
  return fail(Code::not_found,
              !there ? "there is no such file"
                     : "this file is not executable; for a Python program write python " + word,
              word);
}

result<void> check_program(const std::string& path, const std::vector<std::string>& words) {
  const auto python = python_of(path, words);
  if (!python) return {};
  if (const auto option = isolating_option(python->options)) {
    std::string what = "python is told to ignore its ";
    what += *option == 'S' ? "site directories" : "environment";
    what += ", and overt starts through it; leave out -";
    return fail(Code::usage, what + *option, path);
  }
  return check_interpreter(python->path);
}

}  // namespace overt::cli
