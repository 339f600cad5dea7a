// What a plugin of the test runner exchanges again and again: the standard streams, around each
// phase of each test.
//
// Who makes a write is told by walking the stack. Where a plugin at work has exchanged an object
// for another one, it is told by the two objects from then on: whoever exchanges these two leaves
// what the plugin itself leaves. THREADS: every caller holds the GIL.
#pragma once

#include <nanobind/nanobind.h>

#include <algorithm>
#include <vector>

#include "layers.h"

namespace overt::py {

// Of one namespace.
class Exchanges {
 public:
  void remember(PyObject* name, PyObject* one, PyObject* other) {
    std::erase_if(all_, [name](const Pair& each) { return each.name.is(name); });
    all_.push_back({nb::borrow(name), Identity(one), Identity(other)});
  }

  bool know(PyObject* name, PyObject* before, PyObject* now) const {
    return std::any_of(all_.begin(), all_.end(), [&](const Pair& each) {
      if (!each.name.is(name)) return false;
      return (each.one.is(before) && each.other.is(now)) ||
             (each.one.is(now) && each.other.is(before));
    });
  }

 private:
  struct Pair {
    nb::object name;
    Identity one;
    Identity other;
  };
  std::vector<Pair> all_;  // few: by address of the name, which is interned
};

}  // namespace overt::py
