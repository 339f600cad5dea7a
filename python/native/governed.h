// One governed patch: what was asked for, and what became of it.
//
// Inert until it is installed. It waits when its target is not imported yet. While it is installed
// the process keeps it, with or without a handle.
// THREADS: with the GIL. PYTHON: installing resolves the target and writes, which may run code of
// the containers; switching a call off or on runs none.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "attribution.h"
#include "spot.h"

namespace overt::py {

enum class Reach : std::uint8_t { name, everywhere };

// As overt.patch() and the like are given; checked there.
struct Wish {
  Advice advice = Advice::around;
  Target target;
  nb::object function;  // replacement of any kind, advice, or `before`; moved to the layer
  nb::object after;
  nb::object failed;
  std::string owner;  // "" for the calling distribution
  std::string reason;
  Reach reach = Reach::name;
  ScopeKind scope = ScopeKind::process;
  double ttl = 0;     // seconds, 0 for none
  double budget = 0;  // mean own time of a call, ns, 0 for none
  Order order = Order::installation;
  bool fail_patched = false;  // in doubt, stay patched
  bool notes = false;
  bool again = false;     // also beside the same patch by the same owner
  bool as_value = false;  // of replace: bind it as it is, also where it is a function
  nb::object root;        // look for `attribute` here; invalid: follow the target from its module
  std::string attribute;
};

enum class PatchState : std::uint8_t {
  idle,
  pending,  // its target is not imported yet
  on,
  off,
  buried,  // something else was put at the name
  lost,    // the target came back from another import as something that it does not fit
};
std::string_view name(PatchState state);

class GovernedPatch final : public IdleListener,
                            public std::enable_shared_from_this<GovernedPatch> {
 public:
  explicit GovernedPatch(Wish wish);
  ~GovernedPatch() override;
  GovernedPatch(const GovernedPatch&) = delete;
  GovernedPatch& operator=(const GovernedPatch&) = delete;

  // Throws Refusal or nb::python_error; then nothing has changed. Under OVERT=0 the ledger has the
  // patch, off, and that is all. `block`: for the length of a `with` block.
  void install(bool block = false);
  // Nothing is left of the patch, or, where it is buried, a pass-through. Idempotent.
  void remove();
  // The same, also where the patch is open in several contexts.
  void remove_entirely();
  // A vote of this handle, and its withdrawal: other votes may hold the patch off all the same.
  void set_off(bool off);

  // Takes it off and puts it on again, at one go. Returns what that proved; throws Refusal as
  // Spot::prove() does. Where it cannot be put back it is lost.
  std::string prove();

  PatchState state() const;
  int id() const { return id_; }
  // Whoever made `other` made this one.
  void made_as(const GovernedPatch& other) { maker_ = other.maker_; }
  // The native thread keeps the time of a ttl, and looks at a budget.
  bool needs_thread() const { return wish_.ttl > 0 || wish_.budget > 0; }
  const Wish& wish() const { return wish_; }
  const Caller& maker() const { return maker_; }
  LayerState& layer() const { return *layer_->state; }
  // Why it is lost, "" unless it is.
  const std::string& lost() const { return lost_; }
  nb::object original() const;

  void idle() noexcept override;

  // For the garbage collector: what an idle patch refers to.
  int traverse(visitproc visit, void* arg) const;
  void clear();

  // The switchboard changed its mind about a patch: what needs structural work is done. False when
  // there is no governed patch of that id.
  static bool refresh(int id);

  // Fills in what a report says of governed patches as of now: its state.
  static void tell_states(std::vector<Patch>& patches);

  // The installed patch of that id in the ledger, or nullptr.
  static std::shared_ptr<GovernedPatch> of(int id);

  // The module of that name was executed again, or another one has taken the name: patches of it
  // that are left behind are made at what their targets lead to now, or are lost. Never throws.
  static void imported_again(const std::string& name, const nb::object& module);

  // Every patch that is installed or pending, oldest first.
  static std::vector<std::shared_ptr<GovernedPatch>> all();

 private:
  using Clock = std::chrono::steady_clock;

  bool is_present() const { return spot_ || import_hook_ != 0 || plain_ || !lost_.empty(); }
  [[noreturn]] void refuse_presence() const;
  void put_on();
  void take_off();
  void vote_off(bool off);
  void note();  // of a process that is plain
  void forget();
  void known_as(int id);  // in the ledger
  void strike_out();      // of it
  void keep();
  void let_go();
  void let_go_of_link();
  void attach(const nb::object& module);
  Found find(const nb::object& module) const;
  std::shared_ptr<Spot> spot_for(const Found& found) const;
  void place_at(const Found& found, const nb::object& module);
  void leave_spot();
  void follow(const nb::object& module);
  void move_to(const nb::object& module);
  void lose(const std::string& why);
  void prepare(const Found& found);
  void prepare_call(const nb::object& target, bool replaces, bool method);
  bool is_same_as(const GovernedPatch& other) const;
  void refuse_twice() const;
  void record(const Found& found);
  void record_again(const Found& found);
  Patch as_recorded(bool builtin) const;
  void settle(bool settled);
  bool is_left_behind() const;
  bool is_elsewhere() const;
  void apply_switch();
  void start_ttl();
  void stop_ttl();

  Wish wish_;
  Caller maker_;
  std::shared_ptr<GovernedLayer> layer_ = std::make_shared<GovernedLayer>();
  std::shared_ptr<Spot> spot_;     // while it is installed
  nb::object module_;              // where it was found, while it is installed
  std::optional<Found> class_;     // while it is installed on a class that stays at its name
  std::uint64_t import_hook_ = 0;  // while it is pending
  bool followed_ = false;          // later imports of its module are told of
  std::string lost_;
  int entered_ = 0;           // scopes that are open, of a context
  std::uint64_t serial_ = 0;  // while the process keeps it
  int id_ = 0;
  bool block_ = false;       // installed for the length of a block
  bool plain_ = false;       // installed under OVERT=0: in the ledger only
  bool voted_off_ = false;   // by the handle
  std::uint64_t timer_ = 0;  // of its ttl
  Clock::time_point off_since_{};
};

}  // namespace overt::py
