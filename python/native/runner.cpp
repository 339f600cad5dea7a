#include "runner.h"

#include <nanobind/nanobind.h>

#include "frames.h"
#include "namespaces.h"
#include "overt/origins.h"

namespace overt::py {
namespace {

namespace nb = nanobind;

bool is_import_system(std::string_view module) {
  return module == "importlib" || module.starts_with("importlib.") ||
         module.starts_with("_frozen_importlib") || module == "zipimport";
}

// Who called it does not matter to tests.
bool is_runner(std::string_view module) {
  return calls_hooks(module) || module == "unittest.case" || module == "unittest.suite";
}

// Calls visit(globals, module name) for each frame, from the innermost, until it returns false.
template <class Visit>
void walk(Visit visit) {
  auto frame = nb::steal(reinterpret_cast<PyObject*>(PyThreadState_GetFrame(PyThreadState_Get())));
  while (frame.is_valid()) {
    auto* raw = reinterpret_cast<PyFrameObject*>(frame.ptr());
    const auto globals = nb::steal(PyFrame_GetGlobals(raw));
    if (!visit(globals.ptr(), text_of(item(globals.ptr(), names().name)))) return;
    frame = frame_behind(frame.ptr());
  }
}

}  // namespace

bool calls_hooks(std::string_view module) { return top_name(module) == "pluggy"; }

bool is_below_import() {
  bool found = false;
  walk([&](PyObject* /*globals*/, std::string_view module) {
    found = is_import_system(module);
    return !found && !is_runner(module);
  });
  return found;
}

std::string_view plugin_at_work(Namespaces& namespaces, Origins& origins) {
  std::string_view plugin;  // top name
  std::string_view outermost;
  bool called = false;
  walk([&](PyObject* globals, std::string_view module) {
    called = calls_hooks(module);
    if (called) return false;
    outermost = module;
    if (!plugin.empty() && top_name(module) == plugin) return true;
    const auto place = origins[namespaces.origin_of_globals(globals, origins)].place;
    if (place == Place::stdlib || place == Place::builtins) return module != "unittest.case";
    const bool first = plugin.empty() && place == Place::site;
    if (first) plugin = top_name(module);
    return first;
  });
  // A conftest.py of an installed package is test code.
  const bool own = called && top_name(outermost) == plugin && !outermost.ends_with(".conftest");
  return own ? plugin : std::string_view();
}

}  // namespace overt::py
