// [policy] and [[budget]] of overt.toml: taken as a whole or refused with the place of the mistake.

#include "fuzz.h"
#include "overt/budget.h"
#include "overt/policy.h"

namespace {

template <class Result>
bool told_where(const Result& read) {
  return read || (read.error().subject.starts_with("overt.toml:") && !read.error().what.empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace overt;
  const auto text = fuzz::text_of(data, size);
  const auto policy = parse_policy(text, "overt.toml");
  fuzz::promise(told_where(policy), "an error of a policy has its place");
  if (policy) {
    PolicyFacts facts;
    facts.target = "http.client:HTTPConnection.send";
    facts.owner = {"acme", "1.0", "acme"};
    const auto decision = decide(*policy, facts);
    fuzz::promise(policy->stated || decision.action == Action::allow, "no policy decides nothing");
    fuzz::promise(decision.rule <= static_cast<int>(policy->rules.size()), "a rule that is there");
    fuzz::promise(!sentence(decision, facts).empty(), "a decision can be said");
  }
  const auto budgets = parse_budgets(text, "overt.toml");
  fuzz::promise(told_where(budgets), "an error of a budget has its place");
  if (!budgets) return 0;
  for (const auto& budget : *budgets) {
    fuzz::promise(budget.window > 0, "a window takes time");
    fuzz::promise(budget.mean || budget.p99 || budget.share || budget.errors, "something is bound");
    fuzz::promise(budget.mean.value_or(1) > 0 && budget.p99.value_or(1) > 0, "times above zero");
  }
  return 0;
}
