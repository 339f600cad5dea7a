// How what the protocol says is said to people.
#pragma once

#include <string>

#include "client.h"

namespace overt::cli {

std::string counted(std::size_t number, const std::string& noun);  // "1 patch", "2 patches"
std::string who(const Json& owner);                                // "sentry-sdk 2.75.0"
std::string owner_heading(const Json& patch);                      // "..., via wrapt"
std::string place(const Json& site);                               // "sentry_sdk.hub:115"
std::string selector_words(const Json& selector);                  // "owner sentry-sdk"
std::string vote_words(const Json& vote);                          // "control: everything (why)"
std::string state_words(const Json& patch);                        // "on", "off", "queued", ...
std::string number_words(const Json& number);                      // "-" for what is not counted
std::string clock_words(double at, bool date);                     // local time

}  // namespace overt::cli
