#include "proof.h"

#include <deque>
#include <mutex>
#include <nlohmann/json.hpp>
#include <utility>

#include "chain.h"
#include "foreign_switch.h"
#include "governed.h"
#include "overt/clock.h"
#include "overt/json_text.h"
#include "serving.h"
#include "soon.h"

namespace overt::py {
namespace {

// Who asked has gone by then: a patch is not taken off for nobody.
constexpr double kPatience = 10;
constexpr std::size_t kMostWaiting = 64;

struct Request {
  std::uint64_t number;
  std::vector<int> ids;
  By by;
  double until;  // boot time
};

struct State {
  std::mutex mutex;  // of all of this; never held while anything is done
  std::deque<Request> waiting;
  std::uint64_t last = 0;
  std::uint64_t answered = 0;
};

State& state() {
  static auto& all = *new State;
  return all;
}

std::string prove_foreign(const Patch& patch) {
  const auto standing = switchboard().standing(patch.id);
  if (standing && standing->is_off()) refuse(Code::refused, "it is off", patch.target);
  if (patch.change == Change::code) {
    refuse(Code::refused,
           "the interpreter tells audit hooks when the code of a function is exchanged, and then "
           "others could see it off",
           patch.target);
  }
  const auto foreign = foreign_patch(patch.id);
  if (standing && standing->metered) check_quiet(standing->inside);
  prove_binding(foreign);
  return "its name took back the very object that was there, and then the patch";
}

Proof prove_one(int id) {
  Proof proof;
  try {
    const auto patch = records().ledger().patch(id);
    if (patch.reverted) refuse(Code::refused, "it was undone already", patch.target);
    const auto governed = GovernedPatch::of(id);
    proof.said = governed ? governed->prove() : prove_foreign(patch);
    proof.proved = true;
  } catch (const Refusal& refusal) {
    proof.said = refusal.what();
    proof.busy = refusal.error().code == Code::misuse;
  } catch (const std::exception& error) {
    proof.said = error.what();
  }
  proof.at = seconds_now();
  return proof;
}

int work_off(void* /*unused*/) {
  PyObject* error = PyErr_GetRaisedException();
  while (true) {
    Request request;
    {
      const std::lock_guard lock(state().mutex);
      if (state().waiting.empty()) break;
      request = std::move(state().waiting.front());
      state().waiting.pop_front();
    }
    if (boot_seconds() < request.until) prove(request.ids, request.by);
    const std::lock_guard lock(state().mutex);
    state().answered = request.number;
  }
  PyErr_SetRaisedException(error);
  return 0;
}

}  // namespace

void prove(const std::vector<int>& ids, const By& by) {
  auto told = nlohmann::json::array();
  for (const int id : ids) {
    auto proof = prove_one(id);
    told.push_back(
        {{"id", id}, {"proved", proof.proved}, {"busy", proof.busy}, {"said", proof.said}});
    records().ledger().note_proof(id, std::move(proof));
  }
  const nlohmann::json entry = {{"at", seconds_now()},
                                {"actor", by.actor},
                                {"reason", by.reason},
                                {"patches", std::move(told)}};
  keep_proof(compact_json(entry));
}

std::uint64_t want_proof(const std::vector<int>& ids, const By& by) {
  std::uint64_t number = 0;
  {
    const std::lock_guard lock(state().mutex);
    if (state().waiting.size() >= kMostWaiting) return 0;
    number = ++state().last;
    state().waiting.push_back({number, ids, by, boot_seconds() + kPatience});
  }
  call_soon(work_off);
  return number;
}

bool is_proof_answered(std::uint64_t number) {
  {
    const std::lock_guard lock(state().mutex);
    if (number <= state().answered) return true;
  }
  call_soon(work_off);  // the first call may not have found room
  return false;
}

}  // namespace overt::py
