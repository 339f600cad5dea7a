// The control protocol: newline-delimited JSON-RPC 2.0, a closed list of verbs.
//
//   hello                                        who this is, and how much there is to see
//   list     {"after": id, "limit": n}           patches without their stacks, page by page
//   list     {"registries": true, "from": {"registry": "", "entry": n}, "limit": n}
//                                                registries instead; "next" is the next one's
//                                                "from"
//   show     {"patch": id}                       one patch, with all that is known
//   off      {"on": [selector ...], "reason": "", "including_protected": false,
//             "dry_run": false, "future": false}
//   on       {"on": [selector ...], "reason": "", "dry_run": false, "override_seconds": 0}
//   reset-trip {"on": [selector ...], "reason": ""}    withdraws what budgets voted
//                                                a dry run tells who still holds what was replaced,
//                                                "reach", which is null until Python could look
//   prove    {"patches": [id ...], "reason": ""}    asks that these are taken off and put on again
//                                                at one safe point: {"proof": n, "answered": false}
//   prove    {"proof": n}                        whether that was done; what came of it is the
//                                                "proof" of each patch
//   journal  {"after": sequence, "limit": n}     what happened lately
//   report   {"after": id, "limit": n}           a page of overt.report/1; who holds what is in it
//                                                where "reach_known"
//
// A selector is as in switch_json.h. There is no code, no path, no name of a file and no verb that
// installs anything that was not there: whoever may talk to the socket can do less than with a
// debugger. THREADS: as Switchboard, ProcessView and History; in a process, the native thread.
#pragma once

#include <string>
#include <string_view>

#include "overt/history.h"
#include "overt/process_view.h"
#include "overt/switchboard.h"

namespace overt {

inline constexpr int kProtocol = 1;
inline constexpr std::size_t kLargestFrame = std::size_t{64} * 1024;
inline constexpr std::size_t kLargestPage = 500;

struct Control {
  Switchboard& board;
  const ProcessView& view;
  History& history;
};

struct Answer {
  std::string line;        // with its newline
  bool turns_off = false;  // it was a request to switch off: served also when there is no room
};

// Answers one frame, without its newline. Never throws and never fails to answer.
Answer answer(const Control& control, std::string_view frame, const std::string& actor) noexcept;

// What is said to a client that cannot be served now.
std::string busy_answer();

}  // namespace overt
