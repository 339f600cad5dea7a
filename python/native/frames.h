// The stack of the running thread, as evidence.
// THREADS: every caller holds the GIL. PYTHON: runs no Python code, sets no error.
#pragma once

#include <nanobind/nanobind.h>

#include <vector>

#include "overt/patch.h"
#include "overt/write.h"

namespace overt::py {

namespace nb = nanobind;

class Namespaces;

// The frame that called this one; invalid for the outermost, or without memory.
nb::object frame_behind(PyObject* frame);

class Stack {
 public:
  // Takes the stack of this thread, innermost first, as far as judge() looks: to the nearest frame
  // of the import system, since whoever merely imports a module did not ask for what that module
  // does.
  Stack(Namespaces& namespaces, Origins& origins);

  // Views into the frames, valid while this object lives.
  const std::vector<Frame>& frames() const { return frames_; }

  // One frame for a report, with its line. REQUIRES: index < frames().size().
  Site site(std::size_t index) const;

  // The stack for a report: also beyond the import system, whose own frames are left out. Of a test
  // it is of no interest how the runner came to it.
  std::vector<Site> sites(bool of_test = false) const;

 private:
  void add_extension_being_loaded(PyFrameObject* frame, Origins& origins);
  void add_wrapped_function(PyFrameObject* frame, Namespaces& namespaces, Origins& origins);

  std::vector<Frame> frames_;
  std::vector<nb::object>
      held_;              // what the views belong to: a frame, a function, or an extension's names
  nb::object outermost_;  // the last frame that was looked at
};

}  // namespace overt::py
