// What tests touch: the changes of the ledger, in order, until somebody asks for them.
//
// The pytest plugin asks at the end of a test and looks only at what was touched, so a test that
// patches nothing costs a comparison of two numbers. Nothing is recorded before the first start().
// THREADS: every caller holds the GIL; touched() is called inside the write that made the change.
#pragma once

#include <nanobind/nanobind.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "layers.h"
#include "place.h"

namespace overt::py {

// One change of the ledger: a patch was made (or made again), or it was undone.
struct Touch {
  int patch = 0;
  bool made = false;
  bool imported = false;  // by the body of a module that was being imported, or below one
  bool governed = false;
  std::string target;
  std::uintptr_t place = 0;  // address of the module, class or function; of nothing when unknown
  Identity before;           // what stood at the target: for an undone patch, what it had put there
  bool present = false;      // something did
  nb::object kept;  // the same, alive, where it may be needed and holding it changes nothing
};

// Told by Records. `before` is what a patch replaces, nullptr for nothing.
void touched(int id, bool made, PyObject* before) noexcept;

void start_touches(bool keep_all);  // keep_all: everything that is replaced can be put back
void stop_touches();
std::vector<std::shared_ptr<Touch>> take_touches();

// A number that moves with each touch, each new entry of a registry and each patch that begins to
// wait for an import: while it stands still, no test has anything to answer for.
std::uint64_t changes();

// What stands at the target of a touch now. `found` is false when nobody gets there any more: the
// module was imported again, or the class is gone.
struct Now {
  bool found = false;
  nb::object value;  // invalid: nothing
};
Now now_at(const Touch& touch);

// Whether that is what stood there before the touch.
bool is_back(const Touch& touch);

// Writes back what stood there before the touch; the patches `ids` of that target are undone with
// it. Throws Refusal where that is not possible. PYTHON: runs the container's __setattr__.
void put_back(const Touch& touch, const std::vector<int>& ids);

}  // namespace overt::py
