#include "frames.h"

#include <array>

#include "namespaces.h"

namespace overt::py {
namespace {

// Deeper stacks are runaway recursions; what made the write stands near the top.
constexpr std::size_t kDeepest = 2000;

// A report shows so many frames of a stack.
constexpr std::size_t kShown = 32;

bool is_machinery(std::string_view module) {
  constexpr std::array<std::string_view, 8> kModules = {
      "importlib._bootstrap", "importlib._bootstrap_external",
      "_frozen_importlib",    "_frozen_importlib_external",
      "importlib",            "importlib.util",
      "zipimport",            "importlib._abc"};
  for (const auto name : kModules) {
    if (module == name) return true;
  }
  return false;
}

// Everything but the origin. The views belong to the code object and the globals, which the frame keeps.
Frame look_at(PyFrameObject* frame, PyObject* globals) {
  const auto code = nb::steal(reinterpret_cast<PyObject*>(PyFrame_GetCode(frame)));
  const auto* source = reinterpret_cast<PyCodeObject*>(code.ptr());
  Frame seen;
  seen.module = text_of(item(globals, "__name__"));
  seen.function = text_of(source->co_qualname);
  seen.file = text_of(source->co_filename);
  seen.body = seen.function == "<module>";
  seen.machinery = is_machinery(seen.module);
  return seen;
}

Site site_of(const Frame& frame, PyObject* object) {
  Site site{std::string(frame.module), std::string(frame.function), std::string(frame.file), 0};
  if (PyFrame_Check(object)) {
    site.line = PyFrame_GetLineNumber(reinterpret_cast<PyFrameObject*>(object));
  }
  return site;
}

}  // namespace

Stack::Stack(Namespaces& namespaces, Origins& origins) {
  auto frame = nb::steal(reinterpret_cast<PyObject*>(PyThreadState_GetFrame(PyThreadState_Get())));
  while (frame.is_valid() && frames_.size() < kDeepest) {
    auto* raw = reinterpret_cast<PyFrameObject*>(frame.ptr());
    const auto globals = nb::steal(PyFrame_GetGlobals(raw));
    auto seen = look_at(raw, globals.ptr());
    const bool machinery = seen.machinery;
    if (frames_.empty() && machinery && seen.function == "_call_with_frames_removed") {
      add_extension_being_loaded(raw, origins);
    }
    auto* space = namespaces.find(globals.ptr());
    seen.origin = space != nullptr ? namespaces.details(*space, globals.ptr(), origins).origin
                                   : origin_of_globals(globals.ptr(), origins);
    frames_.push_back(seen);
    auto back = nb::steal(reinterpret_cast<PyObject*>(PyFrame_GetBack(raw)));
    held_.push_back(std::move(frame));
    if (machinery) break;
    frame = std::move(back);
  }
}

// An extension module initialises itself in C, so the innermost Python frame is the import system's. What
// happens then is the extension's doing: a frame that stands for its module body says so.
void Stack::add_extension_being_loaded(PyFrameObject* frame, Origins& origins) {
  const auto caller = nb::steal(reinterpret_cast<PyObject*>(PyFrame_GetBack(frame)));
  if (!caller.is_valid()) return;
  const auto loader =
      nb::steal(PyFrame_GetVarString(reinterpret_cast<PyFrameObject*>(caller.ptr()), "self"));
  if (!loader.is_valid() || std::string_view(Py_TYPE(loader.ptr())->tp_name) != "ExtensionFileLoader") {
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

Site Stack::site(std::size_t index) const { return site_of(frames_[index], held_[index].ptr()); }

std::vector<Site> Stack::sites() const {
  std::vector<Site> sites;
  for (std::size_t i = 0; i < frames_.size() && sites.size() < kShown; ++i) {
    if (!frames_[i].machinery) sites.push_back(site(i));
  }
  if (held_.empty() || !PyFrame_Check(held_.back().ptr())) return sites;
  auto frame = nb::borrow(held_.back());
  while (sites.size() < kShown) {
    auto* raw = reinterpret_cast<PyFrameObject*>(frame.ptr());
    frame = nb::steal(reinterpret_cast<PyObject*>(PyFrame_GetBack(raw)));
    if (!frame.is_valid()) break;
    raw = reinterpret_cast<PyFrameObject*>(frame.ptr());
    const auto globals = nb::steal(PyFrame_GetGlobals(raw));
    if (const auto seen = look_at(raw, globals.ptr()); !seen.machinery) {
      sites.push_back(site_of(seen, frame.ptr()));
    }
  }
  return sites;
}

}  // namespace overt::py
