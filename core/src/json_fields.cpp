#include "json_fields.h"

#include <algorithm>
#include <array>

#include "bounded_json.h"

namespace overt {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

ordered_json optional_text(const std::string& text) {
  return text.empty() ? ordered_json(nullptr) : ordered_json(text);
}

std::string text_or_empty(const json& in) {
  return in.is_null() ? std::string() : in.get<std::string>();
}

ordered_json site_to_json(const Site& site) {
  return {{"module", site.module},
          {"function", site.function},
          {"file", site.file},
          {"line", site.line}};
}

Site site_from_json(const json& in) {
  return {in.at("module"), in.at("function"), in.at("file"), whole<int>(in.at("line"))};
}

ordered_json owner_to_json(const Owner& owner) {
  return {
      {"name", owner.name}, {"version", optional_text(owner.version)}, {"package", owner.package}};
}

Owner owner_from_json(const json& in) {
  return {in.at("name"), text_or_empty(in.at("version")), in.at("package")};
}

// An absent value is {}: nothing was there before an addition, nothing is there after a deletion.
ordered_json value_to_json(const Description& value) {
  if (value.type.empty()) return ordered_json::object();
  return {{"type", value.type},
          {"module", optional_text(value.module)},
          {"qualname", optional_text(value.qualname)}};
}

Description value_from_json(const json& in) {
  if (in.empty()) return {};
  return {in.at("type"), text_or_empty(in.at("module")), text_or_empty(in.at("qualname"))};
}

// Absent in reports of the first version.
std::uint64_t count_from(const json& in, const char* field) {
  const auto at = in.find(field);
  return at == in.end() || at->is_null() ? 0 : whole<std::uint64_t>(*at);
}

Change change_from(const std::string& text) {
  constexpr std::array kAll = {Change::replaced, Change::added, Change::deleted, Change::code,
                               Change::module};
  for (const auto change : kAll) {
    if (name(change) == text) return change;
  }
  return Change::replaced;
}

constexpr std::array<std::string_view, 5> kHandlings = {"swallows", "replaces", "drops_cause",
                                                        "raises_again", "leaves_it"};

ordered_json cost_to_json(const Cost& cost) {
  return {{"mean", cost.own.mean},       {"p50", cost.own.p50},
          {"p99", cost.own.p99},         {"max", cost.own.max},
          {"total", cost.own.total},     {"sampled", cost.own.sampled},
          {"at_most", cost.at_most},     {"uncertainty", cost.uncertainty},
          {"share_of_wall", cost.share}, {"at_least", cost.at_least}};
}

ordered_json timing_to_json(const Timing& timing) {
  return {{"mean", timing.mean},
          {"p50", timing.p50},
          {"p99", timing.p99},
          {"max", timing.max},
          {"total", timing.total}};
}

Timing timing_from_json(const json& in) {
  Timing timing;
  timing.sampled = count_from(in, "sampled");
  timing.total = in.value("total", 0.0);
  timing.mean = in.value("mean", 0.0);
  timing.p50 = in.value("p50", 0.0);
  timing.p99 = in.value("p99", 0.0);
  timing.max = in.value("max", 0.0);
  return timing;
}

// null: no call was looked at.
ordered_json evidence_to_json(const std::optional<ErrorsSeen>& seen) {
  if (!seen) return nullptr;
  return {{"probed", seen->probed},
          {"raised", seen->raised},
          {"swallowed", seen->swallowed},
          {"replaced", seen->replaced},
          {"hidden", seen->hidden}};
}

std::optional<ErrorsSeen> evidence_from_json(const json& patch) {
  const auto in = patch.value("evidence", json());
  if (!in.is_object()) return std::nullopt;
  return ErrorsSeen{count_from(in, "probed"), count_from(in, "raised"), count_from(in, "swallowed"),
                    count_from(in, "replaced"), count_from(in, "hidden")};
}

// Of a patch that has never been timed: all zero.
std::optional<Cost> cost_from_json(const json& patch) {
  Cost cost;
  const auto own = patch.value("own_ns", json::object());
  cost.own = timing_from_json(own);
  if (cost.own.sampled == 0) return std::nullopt;
  cost.original = timing_from_json(patch.value("original_ns", json::object()));
  cost.at_most = own.value("at_most", false);
  cost.at_least = own.value("at_least", false);
  cost.uncertainty = own.value("uncertainty", 0.0);
  cost.share = own.value("share_of_wall", 0.0);
  return cost;
}

ordered_json proof_to_json(const Proof& proof) {
  return {{"proved", proof.proved}, {"busy", proof.busy}, {"said", proof.said}, {"at", proof.at}};
}

}  // namespace

std::string_view name(Handling handling) { return kHandlings[static_cast<std::size_t>(handling)]; }

ordered_json handlers_to_json(const std::optional<std::vector<Handler>>& handlers) {
  if (!handlers) return nullptr;
  auto all = ordered_json::array();
  for (const auto& handler : *handlers) {
    all.push_back({{"does", name(handler.what)}, {"line", handler.line}});
  }
  return all;
}

std::optional<std::vector<Handler>> handlers_from_json(const json& in) {
  if (!in.is_array()) return std::nullopt;
  std::vector<Handler> all;
  for (const auto& each : in) {
    const auto at = std::find(kHandlings.begin(), kHandlings.end(),
                              each.at("does").get_ref<const std::string&>());
    if (at == kHandlings.end()) continue;  // of a later version
    all.push_back({static_cast<Handling>(at - kHandlings.begin()), whole<int>(each.at("line"))});
  }
  return all;
}

ordered_json looks_to_json(const std::optional<Looks>& looks) {
  if (!looks) return nullptr;
  const auto& same = looks->same_signature;
  return {{"same_doc", looks->same_doc},
          {"same_signature", same ? ordered_json(*same) : ordered_json(nullptr)},
          {"leads_back", looks->leads_back},
          {"signature_before", optional_text(looks->signature_before)},
          {"signature_now", optional_text(looks->signature_now)}};
}

std::optional<Looks> looks_from_json(const json& in) {
  if (!in.is_object()) return std::nullopt;
  Looks looks;
  looks.same_doc = in.at("same_doc");
  if (const auto& same = in.at("same_signature"); !same.is_null()) looks.same_signature = same;
  looks.leads_back = in.at("leads_back");
  looks.signature_before = text_or_empty(in.at("signature_before"));
  looks.signature_now = text_or_empty(in.at("signature_now"));
  return looks;
}

std::optional<Proof> proof_from_json(const json& in) {
  if (!in.is_object()) return std::nullopt;
  return Proof{in.value("proved", false), in.value("busy", false), in.value("said", ""),
               in.value("at", 0.0)};
}

ordered_json reach_to_json(const Reach& reach) {
  return {{"modules", reach.modules},       {"stale", reach.stale},
          {"users", reach.users},           {"user_modules", reach.user_modules},
          {"subclasses", reach.subclasses}, {"subclass_count", reach.subclass_count}};
}

Reach reach_from_json(const json& in) {
  Reach reach{whole<int>(in.at("modules")), in.at("stale")};
  // Absent in reports of the first version.
  reach.users = in.value("users", reach.users);
  reach.subclasses = in.value("subclasses", reach.subclasses);
  reach.user_modules = static_cast<int>(count_from(in, "user_modules") % INT32_MAX);
  reach.subclass_count = static_cast<int>(count_from(in, "subclass_count") % INT32_MAX);
  return reach;
}

ordered_json calls_to_json(const Patch& patch) {
  const auto cost = patch.cost.value_or(Cost());
  return {{"id", patch.id},
          {"metered", patch.metered},  // else nobody counted
          {"calls", patch.calls},
          {"errors", patch.errors},
          {"evidence", evidence_to_json(patch.evidence)},
          {"own_ns", cost_to_json(cost)},
          {"original_ns", timing_to_json(cost.original)}};
}

void calls_from_json(const json& in, Patch& patch) {
  patch.metered = in.value("metered", false);
  patch.calls = count_from(in, "calls");
  patch.errors = count_from(in, "errors");
  patch.cost = cost_from_json(in);
  patch.evidence = evidence_from_json(in);
}

ordered_json patch_to_json(const Patch& patch) {
  ordered_json reach = {
      {"kind", patch.everywhere ? "everywhere" : "name"}, {"modules", nullptr}, {"stale", nullptr}};
  if (patch.reach) reach.update(reach_to_json(*patch.reach));
  ordered_json stack = ordered_json::array();
  for (const auto& site : patch.stack) stack.push_back(site_to_json(site));
  const std::string on = patch.state.empty() ? "on" : patch.state;
  ordered_json out = {
      {"id", patch.id},
      {"target", patch.target},
      {"change", name(patch.change)},
      {"origin", patch.governed ? "governed" : "foreign"},
      {"owner", owner_to_json(patch.owner)},
      {"via", patch.via},
      {"boundary", name(patch.boundary)},
      {"reach", std::move(reach)},
      {"internal", patch.internal},
      {"state", !patch.lost.empty() ? "lost"
                : patch.reverted    ? "reverted"
                                    : on},
      {"layer", patch.layer},
      {"reverted", patch.reverted},
      {"times", patch.times},
      {"at", patch.at},
      {"thread", patch.thread},
      {"site", site_to_json(patch.site)},
      {"stack", std::move(stack)},
      {"old", value_to_json(patch.old_value)},
      {"new", value_to_json(patch.new_value)},
  };
  out["handlers"] = handlers_to_json(patch.handlers);
  out["looks"] = looks_to_json(patch.looks);
  if (patch.proof) out["proof"] = proof_to_json(*patch.proof);
  auto calls = calls_to_json(patch);
  calls.erase("id");
  out.update(calls);
  if (patch.governed) {
    out["reason"] = patch.reason;
    out["lifetime"] = patch.lifetime;
    out["scope"] = patch.scope;
    if (!patch.lost.empty()) out["lost"] = patch.lost;
  }
  return out;
}

Patch patch_from_json(const json& in) {
  Patch patch;
  patch.id = whole<int>(in.at("id"));
  patch.target = in.at("target");
  patch.change = change_from(in.at("change"));
  patch.owner = owner_from_json(in.at("owner"));
  patch.via = in.at("via");
  patch.boundary =
      parse_boundary(in.at("boundary").get<std::string>()).value_or(Boundary::third_party);
  if (const auto& reach = in.at("reach"); !reach.at("modules").is_null()) {
    patch.reach = reach_from_json(reach);
  }
  patch.handlers = handlers_from_json(in.value("handlers", json()));
  patch.looks = looks_from_json(in.value("looks", json()));
  patch.proof = proof_from_json(in.value("proof", json()));
  patch.internal = in.at("internal");
  patch.governed = in.value("origin", "foreign") == "governed";
  patch.everywhere = in.at("reach").value("kind", "name") == "everywhere";
  patch.reason = in.value("reason", "");
  patch.lifetime = in.value("lifetime", "");
  patch.lost = in.value("lost", "");
  patch.scope = in.value("scope", "");
  patch.state = in.value("state", "");
  if (const auto can = in.find("switchable"); can != in.end()) {
    patch.switchable = can->get<bool>();
    patch.why_not = in.value("why", "");
  }
  calls_from_json(in, patch);
  patch.layer = whole<int>(in.at("layer"));
  patch.reverted = in.at("reverted");
  patch.times = whole<int>(in.at("times"));
  patch.at = in.at("at");
  patch.thread = whole<std::uint64_t>(in.at("thread"));
  patch.site = site_from_json(in.at("site"));
  for (const auto& site : in.at("stack")) patch.stack.push_back(site_from_json(site));
  patch.old_value = value_from_json(in.at("old"));
  patch.new_value = value_from_json(in.at("new"));
  return patch;
}

ordered_json registry_to_json(const RegistryState& registry) {
  ordered_json entries = ordered_json::array();
  for (const auto& entry : registry.entries) {
    entries.push_back({{"id", entry.id},
                       {"name", entry.name},
                       {"group", optional_text(entry.group)},
                       {"priority", entry.priority},
                       {"owner", owner_to_json(entry.owner)},
                       {"site", site_to_json(entry.site)},
                       {"value", entry.value},
                       {"entry_point", optional_text(entry.entry_point)}});
  }
  return {{"name", registry.name},
          {"order", name(registry.order.value_or(Order::registration))},
          {"listed", registry.listed},
          {"duplicates", name(registry.duplicates.value_or(Duplicates::refuse))},
          {"entries", std::move(entries)}};
}

RegistryState registry_from_json(const json& in) {
  RegistryState registry;
  registry.name = in.at("name");
  registry.order = parse_order(in.at("order").get<std::string>()).value_or(Order::registration);
  registry.listed = in.at("listed");
  registry.duplicates =
      parse_duplicates(in.at("duplicates").get<std::string>()).value_or(Duplicates::refuse);
  for (const auto& each : in.at("entries")) {
    Entry entry;
    entry.id = whole<std::uint64_t>(each.at("id"));
    entry.name = each.at("name");
    entry.group = text_or_empty(each.at("group"));
    entry.priority = whole<int>(each.at("priority"));
    entry.owner = owner_from_json(each.at("owner"));
    entry.site = site_from_json(each.at("site"));
    entry.value = each.at("value");
    entry.entry_point = text_or_empty(each.at("entry_point"));
    registry.entries.push_back(std::move(entry));
  }
  return registry;
}

}  // namespace overt
