// How the parts of a patch are said to people: shared by the table and the long form.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "overt/report.h"

namespace overt {

std::string counted(std::size_t number, std::string_view noun);  // "1 patch", "2 patches"
std::string joined(const std::vector<std::string>& words, std::string_view separator);
std::string who(const Owner& owner);      // "sentry-sdk 2.75.0"
std::string felt_by(const Patch& patch);  // "3 modules, 1 stale"
std::string calls(const Patch& patch);    // "1200", "-" where they are not looked at
// Own time: "5.3 us" of half of the calls at most, "1.8 s" of all; "<= 5.3 us" where it holds the
// original's, ">= " where lives are not seen; "-" where no call was timed.
std::string own_half(const Patch& patch);
std::string own_total(const Patch& patch);
std::string place(const Site& site);    // "sentry_sdk.integrations.flask:115"
std::string state(const Patch& patch);  // "on", "reverted x7"

// What a report shows, by owner and in the order in which it was made.
std::vector<const Patch*> shown(const Report& report, bool internal);

}  // namespace overt
