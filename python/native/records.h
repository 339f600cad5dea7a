// What is known of the patches of this process: the ledger, and who is told when it changes.
//
// There is one, for the watcher, which records what others do, and for what is made through Overt.
// THREADS: every caller holds the GIL.
#pragma once

#include <functional>
#include <vector>

#include "layers.h"
#include "overt/ledger.h"

namespace overt::py {

// Told of every change of the ledger, inside the write that made it. Must not run Python code.
struct Listener {
  std::function<void(const Patch&)> patched;
  std::function<void(int id)> reverted;
  std::function<void(int id)> again;  // a reverted patch was made once more
};

// What a patch is about, for whoever asks later who still holds what.
struct Subject {
  Identity old_value;
  Identity new_value;
  Identity holder;  // the class or function that was changed; of nothing for a module

  // While the patch stands: the old value itself, if it is a function, a descriptor of one, code or
  // a type of the interpreter for these. Who switches the patch off needs it, and the patch may
  // have dropped the last reference. Nothing else is kept alive.
  nb::object kept_old = nb::object();

  // Inside the write only: the old value, whatever it is, for whoever is told of the patch.
  PyObject* replaced = nullptr;

  void keep(PyObject* old_object);
};

// Of a function: itself, its code, a descriptor of it.
bool is_function_or_its_parts(PyObject* object);

class Records {
 public:
  void listen(Listener listener) { listener_ = std::move(listener); }

  // Returns the patch's id, 0 when the ledger is full.
  int add(Patch patch, Subject subject);
  void revert(int id);

  // A patch was made again at what its target has become, or could not be and holds no longer.
  void renew(int id, Subject subject);
  void lose(int id, const std::string& why);

  Ledger& ledger() { return ledger_; }
  // Throws Refusal where there is none.
  const Patch& patch(int id) const;
  const std::vector<Subject>& subjects() const { return subjects_; }  // by id - 1

  // The watcher stops: what it saw is forgotten, unless governed patches are listed beside it.
  void stop();

 private:
  Ledger ledger_;
  static int release(void*);
  void let_go(nb::object kept);

  std::vector<Subject> subjects_;
  std::vector<nb::object> released_;  // kept by patches that were undone
  bool releasing_ = false;
  Listener listener_;
};

// Of this process. Never destroyed: daemon threads may still write while the process exits.
Records& records();

}  // namespace overt::py
