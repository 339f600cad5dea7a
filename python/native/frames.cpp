#include "frames.h"

#include <array>
#include <unordered_map>

#include "layers.h"
#include "namespaces.h"
#include "overt/helpers.h"
#include "runner.h"

namespace overt::py {
namespace {

// Deeper stacks are runaway recursions; what made the write stands near the top.
constexpr std::size_t kDeepest = 2000;

// As deep as a test is called.
constexpr std::size_t kExpected = 64;

// A report shows so many frames of a stack.
constexpr std::size_t kShown = 32;

bool is_machinery(std::string_view module) {
  constexpr std::array<std::string_view, 8> kModules = {"importlib._bootstrap",
                                                        "importlib._bootstrap_external",
                                                        "_frozen_importlib",
                                                        "_frozen_importlib_external",
                                                        "importlib",
                                                        "importlib.util",
                                                        "zipimport",
                                                        "importlib._abc"};
  for (const auto name : kModules) {  // asked for each frame: sizes and first letters first
    if (module.size() == name.size() && module.front() == name.front() && module == name)
      return true;
  }
  return false;
}

// Everything but the origin. The views belong to the code object and the globals, which the frame
// keeps.
Frame look_at(PyFrameObject* frame, PyObject* globals) {
  const auto code = nb::steal(reinterpret_cast<PyObject*>(PyFrame_GetCode(frame)));
  const auto* source = reinterpret_cast<PyCodeObject*>(code.ptr());
  Frame seen;
  seen.module = text_of(item(globals, names().name));
  seen.function = text_of(source->co_qualname);
  seen.file = text_of(source->co_filename);
  seen.body = seen.function == "<module>";
  seen.machinery = is_machinery(seen.module);
  return seen;
}

const PyCodeObject* code_of(PyObject* function) {
  return reinterpret_cast<PyCodeObject*>(PyFunction_GET_CODE(function));
}

// The interpreter finds a line by walking the table of the code from its start, which for the 32
// frames of a stack takes longer than all else. Stacks are much alike: lines are known by place.
int line_of(PyFrameObject* frame) {
  struct Known {
    Identity code;
    std::unordered_map<int, int> lines;  // by instruction
  };
  constexpr std::size_t kMost = 4096;
  // Never destroyed: daemon threads may still write while the process exits.
  static auto& all = *new std::unordered_map<PyObject*, Known>;
  const auto code = nb::steal(reinterpret_cast<PyObject*>(PyFrame_GetCode(frame)));
  if (all.size() >= kMost) all.clear();
  auto& known = all[code.ptr()];
  if (!known.code.is(code.ptr())) known = {Identity(code.ptr()), {}};
  const auto [at, fresh] = known.lines.try_emplace(PyFrame_GetLasti(frame), 0);
  if (fresh) at->second = PyFrame_GetLineNumber(frame);
  return at->second;
}

Site site_of(const Frame& frame, PyObject* object) {
  Site site{std::string(frame.module), std::string(frame.function), std::string(frame.file), 0};
  if (PyFrame_Check(object)) {
    site.line = line_of(reinterpret_cast<PyFrameObject*>(object));
  } else if (PyFunction_Check(object)) {
    site.line = code_of(object)->co_firstlineno;
  }
  return site;
}

}  // namespace

nb::object frame_behind(PyObject* frame) {
  auto behind = nb::steal(
      reinterpret_cast<PyObject*>(PyFrame_GetBack(reinterpret_cast<PyFrameObject*>(frame))));
  if (!behind.is_valid()) PyErr_Clear();
  return behind;
}

Stack::Stack(Namespaces& namespaces, Origins& origins) {
  auto frame = nb::steal(reinterpret_cast<PyObject*>(PyThreadState_GetFrame(PyThreadState_Get())));
  frames_.reserve(kExpected);
  held_.reserve(kExpected);
  while (frame.is_valid() && frames_.size() < kDeepest) {
    auto* raw = reinterpret_cast<PyFrameObject*>(frame.ptr());
    const auto globals = nb::steal(PyFrame_GetGlobals(raw));
    auto seen = look_at(raw, globals.ptr());
    if (frames_.empty() && seen.machinery && seen.function == "_call_with_frames_removed") {
      add_extension_being_loaded(raw, origins);
    }
    seen.origin = namespaces.origin_of_globals(globals.ptr(), origins);
    frames_.push_back(seen);
    held_.push_back(frame);
    outermost_ = std::move(frame);
    if (seen.machinery || (seen.body && !seen.module.empty())) break;
    if (is_helper(seen.module)) add_wrapped_function(raw, namespaces, origins);
    frame = frame_behind(outermost_.ptr());
  }
}

// An extension module initialises itself in C, so the innermost Python frame is the import
// system's. What happens then is the extension's doing: a frame that stands for its module body
// says so.
void Stack::add_extension_being_loaded(PyFrameObject* frame, Origins& origins) {
  const auto caller = frame_behind(reinterpret_cast<PyObject*>(frame));
  if (!caller.is_valid()) return;
  const auto loader =
      nb::steal(PyFrame_GetVarString(reinterpret_cast<PyFrameObject*>(caller.ptr()), "self"));
  if (!loader.is_valid() ||
      std::string_view(Py_TYPE(loader.ptr())->tp_name) != "ExtensionFileLoader") {
    return PyErr_Clear();
  }
  auto name = nb::steal(PyObject_GetAttrString(loader.ptr(), "name"));
  auto path = nb::steal(PyObject_GetAttrString(loader.ptr(), "path"));
  PyErr_Clear();
  if (!name.is_valid() || !path.is_valid()) return;
  Frame extension;
  extension.module = text_of(name.ptr());
  extension.function = "<module>";
  extension.file = text_of(path.ptr());
  extension.body = true;
  extension.origin = origins.of(extension.module, extension.file);
  frames_.push_back(extension);
  held_.push_back(nb::make_tuple(std::move(name), std::move(path)));
}

// A helper's wrapper acts for the function that it wraps, whoever calls it: @mock.patch() on a test
// is the test's doing, not the test runner's. That function is among the wrapper's free variables.
void Stack::add_wrapped_function(PyFrameObject* frame, Namespaces& namespaces, Origins& origins) {
  const auto code = nb::steal(reinterpret_cast<PyObject*>(PyFrame_GetCode(frame)));
  const auto free_names =
      nb::steal(PyCode_GetFreevars(reinterpret_cast<PyCodeObject*>(code.ptr())));
  if (!free_names.is_valid()) return PyErr_Clear();
  for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(free_names.ptr()); ++i) {
    auto value = nb::steal(PyFrame_GetVar(frame, PyTuple_GET_ITEM(free_names.ptr(), i)));
    if (!value.is_valid()) PyErr_Clear();
    if (!value.is_valid() || !PyFunction_Check(value.ptr())) continue;
    PyObject* globals = PyFunction_GET_GLOBALS(value.ptr());
    Frame wrapped;
    wrapped.module = text_of(item(globals, names().name));
    wrapped.origin = namespaces.origin_of_globals(globals, origins);
    const auto place = origins[wrapped.origin].place;
    if (is_helper(wrapped.module) || place == Place::stdlib || place == Place::builtins) continue;
    wrapped.function = text_of(code_of(value.ptr())->co_qualname);
    wrapped.file = text_of(code_of(value.ptr())->co_filename);
    frames_.push_back(wrapped);
    held_.push_back(std::move(value));
    return;
  }
}

Site Stack::site(std::size_t index) const { return site_of(frames_[index], held_[index].ptr()); }

std::vector<Site> Stack::sites(bool of_test) const {
  std::vector<Site> sites;
  for (std::size_t i = 0; i < frames_.size() && sites.size() < kShown; ++i) {
    if (!frames_[i].machinery) sites.push_back(site(i));
    if (of_test && calls_hooks(frames_[i].module)) return sites;
  }
  auto frame = outermost_;
  while (frame.is_valid() && sites.size() < kShown) {
    frame = frame_behind(frame.ptr());
    if (!frame.is_valid()) break;
    auto* raw = reinterpret_cast<PyFrameObject*>(frame.ptr());
    const auto globals = nb::steal(PyFrame_GetGlobals(raw));
    const auto seen = look_at(raw, globals.ptr());
    if (!seen.machinery) sites.push_back(site_of(seen, frame.ptr()));
    if (of_test && calls_hooks(seen.module)) break;
  }
  return sites;
}

}  // namespace overt::py
