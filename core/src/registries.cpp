#include "overt/registries.h"

#include <algorithm>
#include <array>
#include <utility>

namespace overt {
namespace {

constexpr std::array kOrders = {Order::registration, Order::name, Order::priority, Order::listed};
constexpr std::array kDuplicates = {Duplicates::refuse, Duplicates::replace, Duplicates::ignore,
                                    Duplicates::keep};

template <class Word, std::size_t N>
result<Word> parse(std::string_view text, const std::array<Word, N>& words, std::string_view what) {
  std::string choice;
  for (const auto word : words) {
    if (name(word) == text) return word;
    choice += (choice.empty() ? "" : ", ") + std::string(name(word));
  }
  return fail(Code::usage,
              "'" + std::string(text) + "' is no " + std::string(what) + ": take one of " + choice,
              std::string(text));
}

std::size_t index_in(const std::vector<std::string>& listed, const std::string& name) {
  return static_cast<std::size_t>(std::find(listed.begin(), listed.end(), name) - listed.begin());
}

// Whether `a` comes before `b`. Places are unique among entries of one name, and ids always.
bool before(const RegistryState& registry, const Entry& a, const Entry& b) {
  switch (registry.order.value_or(Order::registration)) {
    case Order::name:
      if (a.name != b.name) return a.name < b.name;
      break;
    case Order::priority:
      if (a.priority != b.priority) return a.priority > b.priority;
      break;
    case Order::listed: {
      const auto at = index_in(registry.listed, a.name);
      const auto other = index_in(registry.listed, b.name);
      if (at != other) return at < other;
      break;
    }
    case Order::registration:
      break;
  }
  return a.place != b.place ? a.place < b.place : a.id < b.id;
}

void sort(RegistryState& registry) {
  std::sort(registry.entries.begin(), registry.entries.end(),
            [&](const Entry& a, const Entry& b) { return before(registry, a, b); });
}

std::string who(const Entry& entry) {
  std::string text = entry.owner.name;
  if (!entry.owner.version.empty()) text += " " + entry.owner.version;
  if (!entry.site.file.empty())
    text += " (" + entry.site.file + ":" + std::to_string(entry.site.line) + ")";
  return text;
}

tl::unexpected<Error> taken(const RegistryState& registry, const Entry& by) {
  std::string what = "'" + by.name + "' is taken in registry '" + registry.name + "'";
  if (!by.group.empty()) what += ", group '" + by.group + "'";
  what += ", by " + who(by) +
          ": choose another name, or say duplicates= replace, ignore or keep to mean it";
  return fail(Code::duplicate, std::move(what), by.name);
}

template <class Option>
bool contradicts(const std::optional<Option>& wanted, const std::optional<Option>& stated) {
  return wanted && stated && *wanted != *stated;
}

tl::unexpected<Error> stated_before(const RegistryState& registry, std::string_view option,
                                    std::string_view value) {
  return fail(Code::usage,
              "registry '" + registry.name + "' is open with " + std::string(option) + " '" +
                  std::string(value) + "': say the same, or leave it out",
              registry.name);
}

}  // namespace

std::string_view name(Order order) {
  switch (order) {
    case Order::registration:
      return "registration";
    case Order::name:
      return "name";
    case Order::priority:
      return "priority";
    case Order::listed:
      return "listed";
  }
  return "registration";
}

std::string_view name(Duplicates duplicates) {
  switch (duplicates) {
    case Duplicates::refuse:
      return "error";
    case Duplicates::replace:
      return "replace";
    case Duplicates::ignore:
      return "ignore";
    case Duplicates::keep:
      return "keep";
  }
  return "error";
}

result<Order> parse_order(std::string_view text) { return parse(text, kOrders, "order"); }

result<Duplicates> parse_duplicates(std::string_view text) {
  return parse(text, kDuplicates, "rule for duplicates");
}

RegistryState& Registries::find(std::string_view registry) {
  return registries_.try_emplace(std::string(registry)).first->second;
}

const RegistryState& Registries::find(std::string_view registry) const {
  static const RegistryState none;
  const auto it = registries_.find(registry);
  return it == registries_.end() ? none : it->second;
}

result<void> Registries::open(const RegistryState& wanted) {
  if (wanted.name.empty()) return fail(Code::usage, "a registry needs a name");
  const std::lock_guard lock(mutex_);
  auto& registry = find(wanted.name);
  registry.name = wanted.name;
  const auto order = registry.order.value_or(Order::registration);
  if (contradicts(wanted.order, registry.order) ||
      (wanted.order == Order::listed && registry.order && wanted.listed != registry.listed)) {
    return stated_before(registry, "order", overt::name(order));
  }
  if (contradicts(wanted.duplicates, registry.duplicates)) {
    const auto duplicates = registry.duplicates.value_or(Duplicates::refuse);
    return stated_before(registry, "duplicates", overt::name(duplicates));
  }
  if (wanted.duplicates) registry.duplicates = wanted.duplicates;
  if (wanted.order && !registry.order) {
    registry.order = wanted.order;
    registry.listed = wanted.listed;
    sort(registry);
  }
  return {};
}

result<Registries::Added> Registries::add(std::string_view registry, Entry entry,
                                          std::optional<Duplicates> duplicates) {
  const std::lock_guard lock(mutex_);
  auto& into = find(registry);
  Added added;
  entry.place = last_ + 1;
  const EntryFilter same{entry.group, entry.name};
  const auto there = std::find_if(into.entries.begin(), into.entries.end(),
                                  [&](const Entry& each) { return same.matches(each); });
  if (there != into.entries.end()) {
    switch (duplicates.value_or(into.duplicates.value_or(Duplicates::refuse))) {
      case Duplicates::refuse:
        return taken(into, *there);
      case Duplicates::ignore:
        return Added{there->id, true, {}};
      case Duplicates::replace:
        entry.place = there->place;
        std::erase_if(into.entries, [&](const Entry& each) {
          if (!same.matches(each)) return false;
          entry.place = std::min(entry.place, each.place);
          added.replaced.push_back(each.id);
          return true;
        });
        break;
      case Duplicates::keep:
        break;
    }
  }
  entry.id = added.id = ++last_;
  const auto at =
      std::upper_bound(into.entries.begin(), into.entries.end(), entry,
                       [&](const Entry& a, const Entry& b) { return before(into, a, b); });
  into.entries.insert(at, std::move(entry));
  return added;
}

bool Registries::remove(std::string_view registry, std::uint64_t id) {
  const std::lock_guard lock(mutex_);
  return std::erase_if(find(registry).entries, [&](const Entry& each) { return each.id == id; }) !=
         0;
}

std::vector<std::uint64_t> Registries::reset(std::string_view registry, const EntryFilter& which) {
  const std::lock_guard lock(mutex_);
  std::vector<std::uint64_t> gone;
  std::erase_if(find(registry).entries, [&](const Entry& each) {
    if (which.matches(each)) gone.push_back(each.id);
    return which.matches(each);
  });
  return gone;
}

void Registries::reorder(std::string_view registry, Order order, std::vector<std::string> listed) {
  const std::lock_guard lock(mutex_);
  auto& found = find(registry);
  found.order = order;
  found.listed = std::move(listed);
  sort(found);
}

std::vector<Entry> Registries::entries(std::string_view registry, const EntryFilter& which) const {
  const std::lock_guard lock(mutex_);
  std::vector<Entry> out;
  for (const auto& entry : find(registry).entries) {
    if (which.matches(entry)) out.push_back(entry);
  }
  return out;
}

std::vector<std::uint64_t> Registries::ids(std::string_view registry,
                                           const EntryFilter& which) const {
  const std::lock_guard lock(mutex_);
  std::vector<std::uint64_t> out;
  for (const auto& entry : find(registry).entries) {
    if (which.matches(entry)) out.push_back(entry.id);
  }
  return out;
}

RegistryState Registries::state(std::string_view registry) const {
  const std::lock_guard lock(mutex_);
  return find(registry);
}

void Registries::restore(const RegistryState& state) {
  const std::lock_guard lock(mutex_);
  find(state.name) = state;
}

std::vector<RegistryState> Registries::states() const {
  const std::lock_guard lock(mutex_);
  std::vector<RegistryState> out;
  out.reserve(registries_.size());
  for (const auto& [name, registry] : registries_) out.push_back(registry);
  return out;
}

RegistryPage Registries::page(const RegistryPlace& from, std::size_t limit) const {
  const std::lock_guard lock(mutex_);
  RegistryPage page;
  for (auto it = registries_.lower_bound(from.registry); it != registries_.end(); ++it) {
    const auto& [name, whole] = *it;
    const auto first = name == from.registry ? std::min(from.entry, whole.entries.size()) : 0;
    const auto count = std::min(limit, whole.entries.size() - first);
    limit -= count;
    RegistryState part{whole.name, whole.order, whole.listed, whole.duplicates, {}};
    const auto begin = whole.entries.begin() + static_cast<std::ptrdiff_t>(first);
    part.entries.assign(begin, begin + static_cast<std::ptrdiff_t>(count));
    const bool torn = first + count < whole.entries.size();
    if (!torn || count > 0) page.registries.push_back(std::move(part));
    if (!torn) continue;
    page.next = RegistryPlace{name, first + count};
    break;
  }
  return page;
}

std::uint64_t Registries::last() const {
  const std::lock_guard lock(mutex_);
  return last_;
}

}  // namespace overt
