// The switchboard: the votes of a process, and what they make of each of its patches.
//
// The effective state of an armed patch is stored in its cell at once, with no GIL; what needs
// structural work (a binding to restore, a function to redirect) is handed to the listener, which
// does it at the interpreter's next safe point and says how far it came.
// THREADS: any thread may call anything. One mutex, never held while a listener runs, so that a
// listener may call back. FORK: before_fork() and after_fork() around it; the child keeps the
// votes.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "overt/ballot.h"
#include "overt/cell.h"
#include "overt/clock.h"
#include "overt/vote.h"

namespace overt {

// How far a switch has come. A caller can wait for accepted, drained or removed.
enum class Level {
  refused,   // cannot be switched: Standing::why says what is in the way
  queued,    // structural work waits for the interpreter's next safe point
  accepted,  // every new call sees it
  drained,   // and no call is inside any more
  removed,   // and the target is the baseline object again
};

std::string_view name(Level level);
std::optional<Level> parse_level(std::string_view text);

// How a patch is switched.
enum class Means {
  none,   // not at all, for the reason given
  cell,   // by `off` of its cell, which the call path reads
  queue,  // by work at a safe point
};

// Where one patch stands.
struct Standing {
  int id = 0;
  Facts facts;
  bool off = false;               // what the votes say
  Level level = Level::accepted;  // how much of that is true by now
  bool is_off() const { return off && level >= Level::accepted; }
  std::string why;       // of refused
  bool metered = false;  // the counts below are counts
  std::uint64_t calls = 0;
  std::uint64_t errors = 0;
  std::uint64_t inside = 0;
  std::vector<Vote> votes;   // all that hold it off
  std::vector<Vote> lifted;  // that would, if they were not lifted
};

// One change of votes, for the journal.
struct SwitchEntry {
  std::uint64_t sequence = 0;
  double at = 0;     // seconds since the epoch
  std::string verb;  // "off", "on", "lift", "expire", "set" (a source replaced all its votes)
  Source source = Source::api;
  std::vector<Selector> on;
  By by;
  std::vector<int> turned_off;  // patches whose effective state changed
  std::vector<int> turned_on;
  std::vector<Vote> held;  // votes that still hold over what was named
};

struct SwitchListener {
  // Keeps an entry. False: it could not be kept, and what would turn patches on is refused.
  std::function<bool(const SwitchEntry&)> journal;
  // Structural work is wanted: settle(id, ...) says what came of it. May be told the same twice.
  std::function<void(int id, bool off)> work;
  // The votes are others now: what a child has to inherit.
  std::function<void()> changed;
};

// How many patches votes of a source have turned off, or on, so far.
struct Transitions {
  Source source = Source::api;
  bool off = false;
  std::uint64_t count = 0;
};

class Switchboard {
 public:
  // `boot_time`: the boot-time clock in seconds, which goes on while the machine sleeps.
  explicit Switchboard(SwitchListener listener = {}, std::function<double()> boot_time = {});
  ~Switchboard() = default;
  Switchboard(const Switchboard&) = delete;
  Switchboard& operator=(const Switchboard&) = delete;

  // For whoever is made before its listener can be.
  void listen(SwitchListener listener);

  // Makes a patch known, before its first call. One that matches a vote starts off; returns whether
  // it does. REQUIRES: the cell lives until withdraw_patch(id) or arm() with another one.
  bool enroll(int id, Facts facts, Cell* cell);

  // As above for a patch that is switched otherwise: by queued work, or, with a reason, not at all.
  bool enroll_queued(int id, Facts facts);
  void enroll_fixed(int id, Facts facts, std::string why);

  // A patch that was enrolled gets its means later, or loses them. Wanted work is handed on at
  // once.
  void arm(int id, Cell* cell);
  void arm_queued(int id);
  void disarm(int id, std::string why);

  // The patch is gone. Votes that name it stay: it may come back under the same id.
  void withdraw_patch(int id);

  // What came of structural work, or that an off patch was drained or removed: said by the
  // mechanism. Ignored when the votes want something else by now. A patch that was removed from the
  // call path needs work to come on again, also where it has a cell.
  void settle(int id, bool off, Level level, std::string why = {});

  // The same vote again refreshes who and why. Errors: usage, when it includes protected patches
  // without a reason.
  result<void> vote(const Vote& vote);

  // Withdraws votes of `source`: the one on `selector`, and narrower ones that it covers (an
  // owner's patches; all, for everything). Journalled before it takes effect; error io when that
  // fails.
  result<void> unvote(Source source, const Selector& selector, const By& by);

  // All votes of a source at once, as a file or the environment states them.
  result<void> replace(Source source, std::vector<Vote> votes, const By& by);

  // For at most an hour, votes of control, api and budget on what is selected do not count; those
  // of policy, environment and file do. Errors: usage without a reason or with a wrong duration.
  result<void> lift(const Selector& selector, double seconds, const By& by);

  // Ends lifts whose time has come. Returns the boot time of the next end, if there is one.
  std::optional<double> expire();

  bool is_off(int id) const;
  bool has_votes(Source source, const Selector& selector) const;  // that unvote() would withdraw

  // The patches that are meant, by id, and whether new calls go past each of them.
  std::map<int, bool> states(const std::vector<Selector>& selectors) const;
  std::vector<Vote> votes_on(int id) const;
  std::vector<Vote> all_votes() const;
  std::optional<Standing> standing(int id) const;
  std::vector<Standing> standings(const Selector& selector) const;
  std::vector<Standing> standings() const { return standings(Selector::everything()); }
  bool is_lifted() const;  // a lift is in force
  std::vector<Transitions> transitions() const;
  void forget_transitions();  // in a forked child: they are its parent's

  // What a program that is started by this one has to inherit, as text for its environment; "" when
  // there is nothing. Votes of environment and file are left out: the child has those of its own.
  std::string for_children() const;
  result<void> inherit(std::string_view text);

  void before_fork() { mutex_.lock(); }
  void after_fork() { mutex_.unlock(); }  // in parent and child

 private:
  struct Enrolled {
    Facts facts;
    Means means = Means::none;
    Cell* cell = nullptr;
    std::string why;
    bool off = false;
    Level level = Level::accepted;
  };
  struct Lift {
    Selector on;
    double until = 0;
    By by;
  };
  using Edit = std::function<void(Ballot&, std::vector<Lift>&)>;
  using Patches = std::map<int, Enrolled>;

  bool put(int id, Enrolled enrolled);
  static bool wanted(int id, const Facts& facts, const Ballot& votes,
                     const std::vector<Lift>& lifts);
  // Visits the patches that a selector means: one look-up where it names its patch.
  template <class All, class Visit>
  static void for_each(All& patches, const Selector& selector, const Visit& visit);
  std::vector<int> meant(const std::vector<Selector>& selectors) const;  // ascending
  // Whether `on` is about something of what was named: in words, or by a patch in common.
  // `ids`: meant(named).
  bool is_about(const Selector& on, const std::vector<Selector>& named,
                const std::vector<int>& ids) const;
  bool is_named(const Selector& selector, const Vote& vote) const;
  Standing stand(int id, const Enrolled& enrolled) const;
  Ballot about(const Selector& touched) const;
  std::vector<Vote> held_over(const std::vector<Selector>& named, const Ballot& votes) const;
  // `touched`: all patches that the edit can change the state of.
  void foresee(SwitchEntry& entry, const Selector& touched, const Ballot& votes,
               const std::vector<Lift>& lifts) const;
  result<void> commit(SwitchEntry entry, Selector touched, const Edit& edit);

  mutable std::mutex mutex_;
  SwitchListener listener_;
  std::function<double()> boot_time_;
  Patches patches_;
  Ballot votes_;
  std::vector<Lift> lifts_;
  std::uint64_t sequence_ = 0;
  std::map<std::pair<Source, bool>, std::uint64_t> transitions_;  // by source and off
};

// As the journal keeps it: a JSON object in one line.
std::string to_json(const SwitchEntry& entry);

}  // namespace overt
