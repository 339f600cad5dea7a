// Budgets: what a patch may cost, and what happens when it costs more.
//
//   # overt.toml
//   [[budget]]
//   owner = "sentry-sdk"       # as in [off]; left out: any
//   target = "http.client:*"   # a glob; left out: any
//   mean = "50us"              # own time a call, without the slowest hundredth of the calls
//   p99 = "1ms"                # the slowest hundredth may be above this
//   share = 0.02               # of the wall time
//   errors = 10                # a second
//   window = "10s"             # what is looked at together; 1 s if left out
//   calls = 100                # a window with fewer calls says nothing; 50 if left out
//   action = "off"             # or "warn"
//   reason = "agreed 2026-11"
//
// A budget trips when two windows in a row are above it, and both together by more than chance
// explains. A trip is a vote of source `budget` on the patch, which stands until somebody withdraws
// it.
// THREADS: values and pure functions; a BudgetWatch belongs to one thread at a time.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "overt/patch_meter.h"
#include "overt/switchboard.h"

namespace overt {

enum class BudgetAction { warn, off };

struct Budget {
  std::string owner;  // "" for any
  std::string target = "*";
  std::optional<double> mean;    // ns
  std::optional<double> p99;     // ns
  std::optional<double> share;   // of the wall time
  std::optional<double> errors;  // a second
  double window = 1;             // seconds
  std::uint64_t calls = 50;
  BudgetAction action = BudgetAction::off;
  std::string reason;
  std::string origin;  // "overt.toml:12", "budget= of p12"
  int patch = 0;       // of this patch only

  bool means(int id, const Facts& facts) const;
};

// The [[budget]] tables of a file. Errors: format, with "path:line:column" as subject.
result<std::vector<Budget>> parse_budgets(std::string_view text, const std::string& path);

// What happened in one window.
struct Window {
  double seconds = 0;
  std::uint64_t calls = 0;
  std::uint64_t errors = 0;
  Meter::Counts own;

  void add(const Window& other);
};

// Why two windows in a row are above a budget, with the numbers: "mean 61 us over 50 us in 1200
// calls of 2 s". Nothing where they are not, or where chance may have done it.
std::optional<std::string> exceeded(const Budget& budget, const Window& first,
                                    const Window& second);

struct Trip {
  int id = 0;
  std::string target;
  BudgetAction action = BudgetAction::off;
  std::string what;    // as exceeded() says it
  std::string origin;  // of the budget
  std::string reason;
};

// Looks at the meters again and again.
class BudgetWatch {
 public:
  // Those of the file, all at once; or the one of a governed patch. Any thread.
  void set(std::vector<Budget> of_file);
  void set(int patch, Budget budget);
  void forget(int patch);
  bool empty() const;

  // What is above its budget by now. Each says so once: until the vote that followed is withdrawn,
  // or, with a warning, for good. `now` is monotonic, in seconds.
  std::vector<Trip> look(double now, const Meters& meters, const std::vector<Standing>& patches);

 private:
  struct Watched {
    double since = 0;
    std::uint64_t calls = 0;
    std::uint64_t errors = 0;
    Meter::Counts own;
    std::optional<Window> last;
    bool tripped = false;
  };
  using Key = std::pair<int, std::string>;  // a patch and the origin of its budget

  mutable std::mutex mutex_;
  std::vector<Budget> budgets_;
  std::map<int, Budget> of_patches_;
  std::map<Key, Watched> watched_;
};

}  // namespace overt
