#include "living.h"

#include <algorithm>
#include <chrono>
#include <functional>
#include <thread>

#include "overt/json_text.h"
#include "processes.h"

namespace overt::cli {
namespace {

using Clock = std::chrono::steady_clock;

// Who holds what is found out at the interpreter's next safe point, which a process that hangs does
// not reach.
constexpr auto kPatience = std::chrono::milliseconds(1500);
constexpr int kPartly = 5;
constexpr std::size_t kAtOnce = 100;  // patches: between them the program runs
constexpr int kTries = 5;
constexpr auto kBetweenTries = std::chrono::milliseconds(50);

result<void> wait_for_reach(Client& client) {
  const auto end = Clock::now() + kPatience;
  while (true) {
    const auto page = client.call("report", {{"limit", 1}});
    if (!page) return tl::unexpected(page.error());
    if (page->value("reach_known", true) || Clock::now() > end) return {};
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
}

result<std::vector<Event>> events_of(Client& client) {
  std::vector<Event> events;
  while (true) {
    const auto after = events.empty() ? 0 : events.back().sequence;
    const auto page = client.call("journal", {{"after", after}});
    if (!page) return tl::unexpected(page.error());
    const auto more = page->value("events", Json::array());
    if (more.empty()) break;
    for (const auto& event : more) {
      events.push_back({event.value("sequence", after + 1), event.value("at", 0.0),
                        event.value("kind", ""), compact_json(event.value("what", Json()))});
    }
    if (events.back().sequence <= after) break;
  }
  // That it was made is told by the patch itself.
  std::erase_if(events, [](const auto& event) { return event.kind == "patch"; });
  return events;
}

result<Report> report_of(Client& client) {
  if (auto waited = wait_for_reach(client); !waited) return tl::unexpected(waited.error());
  Json whole;
  auto patches = Json::array();
  for (bool more = true; more;) {
    const int after = patches.empty() ? 0 : patches.back().value("id", 0);
    auto page = client.call("report", {{"after", after}});
    if (!page) return tl::unexpected(page.error());
    for (auto& patch : (*page)["patches"]) patches.push_back(std::move(patch));
    more = page->value("more", false);
    whole = std::move(*page);
  }
  whole["patches"] = std::move(patches);
  // What only a process itself says of itself, at its end.
  whole.update({{"modules", 0}, {"watch_ms", 0.0}, {"children", Json::array()}});
  auto report = report_from_json(compact_json(whole));
  if (!report) return report;
  auto events = events_of(client);
  if (!events) return tl::unexpected(events.error());
  report->events = std::move(*events);
  return report;
}

using Ids = std::vector<int>;

// Those that stand and were not proved; `busy`: only those that calls were inside of.
result<Ids> unproved(Client& client, bool busy) {
  std::vector<Json> patches;
  if (auto read = read_patches(client, patches); !read) return tl::unexpected(read.error());
  Ids ids;
  for (const auto& patch : patches) {
    const auto proof = patch.value("proof", Json::object());
    if (patch.value("reverted", false)) continue;
    if (!busy || proof.value("busy", false)) ids.push_back(patch.value("id", 0));
  }
  return ids;
}

result<void> wait_for_proof(Client& client, const Json& number, Clock::time_point end) {
  while (true) {
    const auto answer = client.call("prove", {{"proof", number}});
    if (!answer) return tl::unexpected(answer.error());
    if (answer->value("answered", false)) return {};
    if (Clock::now() > end) {
      return fail(Code::io, "Python came to no safe point, so nothing more was proved",
                  client.name());
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

result<void> prove(Client& client, const Ids& ids, const std::string& reason) {
  const auto end = Clock::now() + kPatience;
  for (std::size_t from = 0; from < ids.size(); from += kAtOnce) {
    const auto first = ids.begin() + static_cast<std::ptrdiff_t>(from);
    const auto size = std::min(kAtOnce, ids.size() - from);
    const Ids some(first, first + static_cast<std::ptrdiff_t>(size));
    const auto asked = client.call("prove", {{"patches", some}, {"reason", reason}});
    if (!asked) return tl::unexpected(asked.error());
    auto waited = wait_for_proof(client, asked->value("proof", Json()), end);
    if (!waited) return waited;
  }
  return {};
}

// A call that is inside may be out a moment later.
result<void> prove_all(Client& client, const std::string& reason) {
  auto ids = unproved(client, false);
  for (int i = 0; ids && !ids->empty(); ++i) {
    if (auto done = prove(client, *ids, reason); !done) return done;
    if (i == kTries) break;
    ids = unproved(client, true);
    if (ids && !ids->empty()) std::this_thread::sleep_for(kBetweenTries);
  }
  if (!ids) return tl::unexpected(ids.error());
  return {};
}

using Prepare = std::function<result<void>(Client&)>;

result<Evidence> read(const std::string& word, const Prepare& prepare) {
  auto clients = find_processes(word);
  if (!clients) return tl::unexpected(clients.error());
  Evidence evidence;
  for (auto& client : *clients) {
    if (const auto ready = prepare(client); !ready) evidence.status = complain(ready.error());
    auto report = report_of(client);
    if (report) {
      evidence.reports.push_back(std::move(*report));
    } else if (clients->size() == 1) {
      return tl::unexpected(report.error());
    } else {
      evidence.status = complain(report.error());
    }
  }
  if (evidence.reports.empty()) return fail(Code::not_found, "none of its processes answers", word);
  if (evidence.status != 0) evidence.status = kPartly;
  return evidence;
}

}  // namespace

result<Evidence> read_living(const std::string& word) {
  return read(word, [](Client&) { return result<void>(); });
}

result<Evidence> prove_living(const std::string& word, const std::string& reason) {
  return read(word, [&](Client& client) { return prove_all(client, reason); });
}

}  // namespace overt::cli
