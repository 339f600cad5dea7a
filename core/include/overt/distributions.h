// Which installed distribution a file belongs to, read from the metadata that installers leave.
//
// This reads what importlib.metadata reads (*.dist-info with METADATA and RECORD, *.egg-info,
// direct_url.json of editable installs; see
// packaging.python.org/specifications/recording-installed-packages) without a Python call: it must
// work inside a watcher, and importing importlib.metadata would add some sixty modules to a program
// that is only being watched. tests/python/test_owners.py holds it against importlib.metadata for
// every distribution of the environment.
//
// An import root is a directory of sys.path. Each root is read once, when something in it is first
// asked for, so that a program without patches pays nothing. THREADS: not synchronised; callers
// hold the GIL (or are single-threaded).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace overt {

struct Distribution {
  std::string name;     // as METADATA writes it: "sentry-sdk"
  std::string version;  // "" when the metadata does not say
  bool editable = false;
};

class Distributions {
 public:
  // `roots` are the directories of sys.path, searched for console scripts and editable installs.
  explicit Distributions(std::vector<std::string> roots);
  ~Distributions();
  Distributions(const Distributions&) = delete;
  Distributions& operator=(const Distributions&) = delete;

  void add_root(std::string directory) { roots_.push_back(std::move(directory)); }

  // The distribution that installed `relative` ("flask/app.py") into `root`, or nullptr.
  const Distribution* owner(const std::string& root, std::string_view relative);

  // The distribution that an absolute path belongs to although it is in no import root of its own:
  // a console script, or a file of an editable install. nullptr when there is none.
  const Distribution* outside(const std::string& path);

 private:
  class Root;
  Root& root(const std::string& directory);

  std::vector<std::string> roots_;
  std::unordered_map<std::string, std::unique_ptr<Root>> read_;
};

}  // namespace overt
