// Switching off, and on again, what other code patched.
//
// One mechanism a file behind one small interface. Which one serves a patch depends on what it put
// where: a wrapper function is hooked and its calls go to what it replaced, which works also when
// others wrapped it since; a wrapt-like wrapper by its inner function; a code swap by the code
// object; everything else by the binding, where it still stands.
//
// The first two have calls to look at: armed, they are counted, timed, and switched by one atomic
// of their meter, without the GIL. The others are switched by work at a safe point.
//
// THREADS: with the GIL, at a safe point. PYTHON: writing runs the container's __setattr__ and the
// like.
#pragma once

#include <memory>
#include <string>

#include "overt/patch.h"
#include "overt/patch_meter.h"
#include "records.h"
#include "refusal.h"

namespace overt::py {

class ForeignSwitch {
 public:
  ForeignSwitch() = default;
  virtual ~ForeignSwitch() = default;
  ForeignSwitch(const ForeignSwitch&) = delete;
  ForeignSwitch& operator=(const ForeignSwitch&) = delete;

  // New calls behave as if the patch had never been made. Throws Refusal with what is in the way
  // and what could be done; then nothing has changed.
  virtual void off() = 0;
  // And as with it again: the same objects as before.
  virtual void on() = 0;

  // From here on calls are counted and obey `meter->cell`, until disarm(). False where there are no
  // calls to look at.
  virtual bool arm(const std::shared_ptr<PatchMeter>& /*meter*/) { return false; }
  // PYTHON: runs none, so that it may happen inside a write.
  virtual void disarm() noexcept {}
};

// What a mechanism has to know of a patch. The values are alive.
struct ForeignPatch {
  int id;
  std::string target;
  Change change;
  nb::object old_value;  // invalid: the name was new
  nb::object new_value;  // invalid: the name was deleted
  nb::object holder;     // the class or function that was changed, invalid for a module
  bool shared = false;   // calls of another patch look the same
};

// A mechanism whose patch has calls: they are hooked, and obey a meter's cell. Off without being
// armed is armed for as long as it is off.
class CallSwitch : public ForeignSwitch {
 public:
  void off() final;
  void on() final;
  bool arm(const std::shared_ptr<PatchMeter>& meter) final;

 protected:
  // `kind`: what the patch put there, for people.
  CallSwitch(const ForeignPatch& patch, const char* kind)
      : id_(patch.id), target_(patch.target), kind_(kind) {}

  // Whether what calls become when the patch is off may be kept alive while it is on.
  virtual bool may_stay() const = 0;
  // False where calls do not tell which patch they are of. Throws Refusal.
  virtual bool hook_in(const std::shared_ptr<PatchMeter>& meter) = 0;

 private:
  int id_;
  std::string target_;
  const char* kind_;
};

// Throws Refusal where the patch cannot be switched.
std::unique_ptr<ForeignSwitch> make_switch(const ForeignPatch& patch);

// A patch of the ledger, with its values. Throws Refusal where one of them is gone. PYTHON: follows
// the target, which may run code.
ForeignPatch foreign_patch(int id);

// Gives the name of the patch back what it had, looks whether it is there, and puts the patch back,
// at one go: no code of the program runs meanwhile. Throws Refusal where that cannot be done; then
// the patch stands. nb::python_error: it could not be put back.
void prove_binding(const ForeignPatch& patch);

// The mechanisms; nullptr where one does not apply.
std::unique_ptr<ForeignSwitch> switch_function(const ForeignPatch& patch);
std::unique_ptr<ForeignSwitch> switch_wrapt_like(const ForeignPatch& patch);
std::unique_ptr<ForeignSwitch> switch_code(const ForeignPatch& patch);
std::unique_ptr<ForeignSwitch> switch_binding(const ForeignPatch& patch);

}  // namespace overt::py
