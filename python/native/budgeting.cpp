#include "budgeting.h"

#include <nlohmann/json.hpp>

#include "metering.h"
#include "overt/json_text.h"
#include "overt/patch_name.h"
#include "serving.h"

namespace overt::py {

BudgetWatch& budgets() {
  static auto& all = *new BudgetWatch;
  return all;
}

void keep_within(double mean, int id) {
  Budget budget;
  budget.mean = mean;
  budget.origin = "of " + patch_name(id);
  budgets().set(id, std::move(budget));
}

void take_budgets(std::vector<Budget> of_file) { budgets().set(std::move(of_file)); }

void look_at_budgets(double now) {
  if (budgets().empty()) return;
  for (const auto& trip : budgets().look(now, meters(), switchboard().standings())) {
    const bool off = trip.action == BudgetAction::off;
    history().add("budget", compact_json(nlohmann::json{{"id", trip.id},
                                                        {"target", trip.target},
                                                        {"what", trip.what},
                                                        {"budget", trip.origin},
                                                        {"action", off ? "off" : "warn"}}));
    if (!off) continue;
    Vote vote;
    vote.source = Source::budget;
    vote.on = Selector::of_patch(trip.id);
    vote.by = {"budget " + trip.origin,
               trip.reason.empty() ? trip.what : trip.what + " (" + trip.reason + ")"};
    vote.including_protected = true;  // it names its patch
    static_cast<void>(switchboard().vote(vote));
  }
}

}  // namespace overt::py
