// The budgets of this process: those of overt.toml, and those that governed patches came with.
//
// THREADS: any; none needs the GIL.
#pragma once

#include <vector>

#include "overt/budget.h"

namespace overt::py {

BudgetWatch& budgets();

// What a patch or a decorator came with: calls take so long at the mean, in nanoseconds.
void keep_within(double mean, int id);

// As overt.toml says from now on.
void take_budgets(std::vector<Budget> of_file);

// Looks at what was measured since the last time, and votes off what trips. On the native thread.
void look_at_budgets(double now);

}  // namespace overt::py
