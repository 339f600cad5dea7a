// One patch as the ledger knows it and as a report prints it.
//
// Everything is text and numbers, so that a patch can be written to a journal by one process and
// read by another. THREADS: values; no shared state.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "overt/boundary.h"
#include "overt/meter.h"
#include "overt/write.h"

namespace overt {

struct Owner {
  std::string name;     // distribution, or the application's module
  std::string version;  // "" for the application
  std::string package;  // top import name
  bool operator==(const Owner&) const = default;
};

struct Site {
  std::string module;
  std::string function;
  std::string file;
  int line = 0;
  bool operator==(const Site&) const = default;
};

// What a value was, for people: enough to recognise it, nothing that keeps it alive.
struct Description {
  std::string type;  // "" when there was no value
  std::string module;
  std::string qualname;
};

// How far a patch is felt: how many modules hold the new value, and which still hold the old one.
struct Reach {
  int modules = 0;
  std::vector<std::string> stale;
  // Modules of the application that refer to the target, its class or its module, by the name that
  // they do it by: "shop.http:requests". And classes that inherit from the target's class. The
  // first kNamed of each, with the number of all.
  static constexpr std::size_t kNamed = 12;
  std::vector<std::string> users = {};
  int user_modules = 0;
  std::vector<std::string> subclasses = {};
  int subclass_count = 0;
};

// What a handler in the code of a patch does with an error of a call.
enum class Handling { swallows, replaces, drops_cause, raises_again, leaves_it };

std::string_view name(Handling handling);

struct Handler {
  Handling what = Handling::swallows;
  int line = 0;
  bool operator==(const Handler&) const = default;
};

// How a function that was replaced and what stands there now look to whoever asks for their doc,
// signature and `__wrapped__`.
struct Looks {
  bool same_doc = false;
  std::optional<bool> same_signature;  // nothing: one of the two has none that could be read
  bool leads_back = false;             // by `__wrapped__`
  std::string signature_before;        // where they differ
  std::string signature_now;
  bool operator==(const Looks&) const = default;
};

// What became of the errors of what was patched, in the calls that were looked at. The rest of
// `raised` went on as it was.
struct ErrorsSeen {
  std::uint64_t probed = 0;  // calls
  std::uint64_t raised = 0;  // of these, those in which the original raised
  std::uint64_t swallowed = 0;
  std::uint64_t replaced = 0;  // the other one leads to it, as cause or context
  std::uint64_t hidden = 0;    // the other one does not
  bool operator==(const ErrorsSeen&) const = default;
};

// What came of taking a patch off and putting it on again, on request.
struct Proof {
  bool proved = false;
  bool busy = false;  // not proved since calls were inside: it may be later
  std::string said;   // what was compared, or why it was not
  double at = 0;      // seconds since the epoch
  bool operator==(const Proof&) const = default;
};

struct Patch {
  int id = 0;
  std::string target;
  Change change = Change::replaced;
  Owner owner;
  std::vector<std::string> via;
  Boundary boundary = Boundary::third_party;
  std::optional<Reach> reach;  // known only when a report is made by the living process
  bool internal = false;       // a distribution that changes itself
  bool governed = false;       // made through Overt
  bool fail_patched = false;   // in doubt it stays: switching everything off spares it
  bool everywhere = false;     // reach: the function itself, not one name
  std::string reason;          // of a governed patch, as are the next two; "" for none
  std::string lifetime;        // "scope", "ttl" or "process"
  std::string scope;           // "process", "thread" or "context"
  std::string state;           // of one that stands, where known: "on", "off" or "buried"
  // Of the Python code that it runs; nothing where none was read.
  std::optional<std::vector<Handler>> handlers;
  std::optional<Looks> looks;  // of a Python function that took the place of a function
  bool metered = false;        // calls and errors are counts
  std::uint64_t calls = 0;
  std::uint64_t errors = 0;
  std::optional<Cost> cost;  // of the calls that were timed
  std::optional<ErrorsSeen> evidence;
  std::optional<Proof> proof;  // of its removal, where somebody asked for it
  bool reverted = false;
  std::optional<bool> switchable;  // as a living process has said; `why_not` where it is not
  std::string why_not;
  std::string lost;  // why it holds no longer, where nobody took it back; "" else
  int layer = 1;     // 1 is the innermost patch of its target
  int times = 1;     // how often the same line made the same patch again after it had been reverted
  double at = 0;     // seconds since the epoch, of the first time
  std::uint64_t thread = 0;  // native thread id
  Site site;
  std::vector<Site> stack;  // of the last time; innermost first, from the write outwards
  Description old_value;
  Description new_value;
};

}  // namespace overt
