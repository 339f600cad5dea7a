// Where the policy of overt.toml meets the patches of this process.
//
// Governed patches are asked for before they happen. Those of others are judged when they have been
// seen: warned about on standard error, once each, or, with `enforce`, voted off by the source
// `policy`, which the mechanisms of switching carry out at the next safe point.
// THREADS: take_policy() is called by the native thread or with the GIL held, the others with the
// GIL held. One mutex, under which no code of Python runs.
#pragma once

#include <string>
#include <string_view>

#include "attribution.h"
#include "overt/patch.h"
#include "overt/policy.h"
#include "overt/review.h"

namespace overt::py {

// The followed file states this from now on: policy votes are those that it asks for, no others.
void take_policy(Policy policy);

// This process follows the file given, or none at all (""), and tells what is wrong with it. Where
// nobody says so, the file that OVERT_CONFIG names, or ./overt.toml, is read at the first patch.
void policy_is_followed(const std::string& file);

// Throws a PolicyRefusal where the policy denies a governed patch; warns where it says so.
void check_policy(const Patch& patch);

// A patch of others was recorded. Runs no Python and leaves no error set.
void judge_foreign(const Patch& patch) noexcept;

// By which the patches of this process are judged.
Accepted what_is_allowed();

}  // namespace overt::py
