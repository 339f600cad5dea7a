// Marks the writes that Overt makes itself, so that the watcher does not take them for somebody
// else's patches.
// THREADS: with the GIL; a write of another thread meanwhile is still somebody else's.
#pragma once

#include <nanobind/nanobind.h>

namespace overt::py {

class OwnWrite {
 public:
  OwnWrite() : outer_(writer) { writer = PyThread_get_thread_ident(); }
  ~OwnWrite() { writer = outer_; }
  OwnWrite(const OwnWrite&) = delete;
  OwnWrite& operator=(const OwnWrite&) = delete;

  static bool is_going_on() { return writer != 0 && writer == PyThread_get_thread_ident(); }

 private:
  inline static unsigned long writer = 0;
  unsigned long outer_;
};

}  // namespace overt::py
