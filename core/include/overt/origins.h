// Where code comes from: the interpreter, its standard library, an installed distribution, the
// application.
//
// Every judgement about a patch compares two origins, that of the code that writes and that of the
// namespace written to, so origins are small, shared and looked up by index.
// THREADS: not synchronised; callers hold the GIL (or are single-threaded).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "overt/distributions.h"

namespace overt {

enum class Place { builtins, stdlib, site, application };

struct Origin {
  Place place = Place::application;
  std::string name;     // what a report prints as owner: "sentry-sdk", "python", "shop.clock"
  std::string version;  // "" for the application
  std::string package;  // top import name: "sentry_sdk"
  std::string party;    // equal for code that may change each other without being called foreign
};

using OriginId = std::uint32_t;
inline constexpr OriginId kNoOrigin = 0xffffffffU;

// What an interpreter says about itself, once, when watching starts.
struct Environment {
  std::string python_version;             // "3.13.0"
  std::vector<std::string> stdlib_names;  // sys.stdlib_module_names and sys.builtin_module_names
  std::string stdlib_directory;           // where os.py lies
  std::vector<std::string> path;          // sys.path
};

class Origins {
 public:
  explicit Origins(Environment environment);

  // The origin of a module by its dotted name and its file ("" for built-in and frozen ones).
  // `main_name` is the real name of __main__ when it was started by `python -m`, else "".
  OriginId of(std::string_view module, std::string_view file, std::string_view main_name = {});

  // The origin that an import name stands for while no module of that name is there: the
  // distribution that provides it, if one does.
  OriginId of_name(std::string_view module);

  const Origin& operator[](OriginId id) const { return all_[id]; }
  bool is_stdlib_name(std::string_view top) const;
  bool same_party(OriginId a, OriginId b) const { return all_[a].party == all_[b].party; }

  // A directory of sys.path: it grows while the interpreter starts, and programs add to it.
  void see_path(const std::string& directory);

  // True when an installed distribution or the standard library provides the import name `top`.
  bool provided(std::string_view top);

 private:
  Origin find(std::string_view module, std::string_view file);
  bool in_stdlib(std::string_view file) const;
  const Distribution* provider_of(std::string_view module);

  Environment environment_;
  std::unordered_set<std::string> stdlib_names_;
  Distributions distributions_;
  std::vector<Origin> all_;
  std::unordered_map<std::string, OriginId> known_;
};

// "a.b.c" -> "a"
std::string_view top_name(std::string_view module);

// The name that code goes by, whether it was imported or started as a program.
inline std::string_view real_name(std::string_view module, std::string_view main_name) {
  if (module == "__mp_main__")
    module = "__main__";  // the program, imported again by multiprocessing
  return module == "__main__" && !main_name.empty() ? main_name : module;
}

}  // namespace overt
