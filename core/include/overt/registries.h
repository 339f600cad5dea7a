// Registries: named lists of what others put in, with an order, groups and an owner of each entry.
//
// This is what is known of the entries, as text and numbers; the objects are kept by the Python
// face, under the ids given out here. The order of a registry is a function of its entries and its
// rule, never of hashes or of imports that happen to come first, except where the rule says so.
// THREADS: any thread may call anything; one mutex, under which nothing foreign runs.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "overt/patch.h"
#include "overt/result.h"

namespace overt {

enum class Order : std::uint8_t {
  registration,  // as they came
  name,          // by name, byte by byte
  priority,      // the highest first, equal ones as they came
  listed         // as a list of names says, the rest behind it as they came
};

// What happens to an entry whose name is taken in its group.
enum class Duplicates : std::uint8_t {
  refuse,   // an error that names who has it
  replace,  // it takes the place of those that are there
  ignore,   // what is there stays
  keep      // both
};

std::string_view name(Order order);            // "registration", "name", "priority", "listed"
std::string_view name(Duplicates duplicates);  // "error", "replace", "ignore", "keep"
result<Order> parse_order(std::string_view text);
result<Duplicates> parse_duplicates(std::string_view text);

struct Entry {
  std::uint64_t id = 0;     // of all registries of the process, never used twice
  std::uint64_t place = 0;  // in the order of registration; that of the entry that it replaced
  std::string name;
  std::string group;  // "" for none
  int priority = 0;
  Owner owner;
  Site site;                // the line that registered it
  std::string value;        // "shop.csv:Exporter", for people
  std::string entry_point;  // "csv = shop.csv:Exporter [shop.exporters]", "" for none
};

// One registry as it stood, its entries in order.
struct RegistryState {
  std::string name;
  std::optional<Order> order;  // nothing: nobody has said, which means registration
  std::vector<std::string> listed;
  std::optional<Duplicates> duplicates;  // nothing: nobody has said, which means refuse
  std::vector<Entry> entries;
};

// Where a reader of all registries is: at an entry of a registry, or where that would stand.
struct RegistryPlace {
  std::string registry;
  std::size_t entry = 0;
};

// Registries from a place on, whole or with a part of their entries.
struct RegistryPage {
  std::vector<RegistryState> registries;
  std::optional<RegistryPlace> next;  // nothing: this was the last page
};

// Which entries of a registry; all without.
struct EntryFilter {
  std::optional<std::string> group;
  std::optional<std::string> name;
  bool matches(const Entry& entry) const {
    return (!group || entry.group == *group) && (!name || entry.name == *name);
  }
};

class Registries {
 public:
  // Makes a registry or finds it. What `wanted` states must not contradict what somebody stated
  // before; its entries are ignored. Errors: usage.
  result<void> open(const RegistryState& wanted);

  struct Added {
    std::uint64_t id = 0;                 // of the entry that stands under the name now
    bool ignored = false;                 // it is the one that was there
    std::vector<std::uint64_t> replaced;  // entries that are gone
  };

  // Adds `entry`, whose id and place are given here. `duplicates` goes before what the registry
  // says. Errors: duplicate, when the name is taken.
  // REQUIRES, here and below: `registry` was opened.
  result<Added> add(std::string_view registry, Entry entry,
                    std::optional<Duplicates> duplicates = {});

  // False when it is gone already.
  bool remove(std::string_view registry, std::uint64_t id);

  // Removes what matches and returns its ids.
  std::vector<std::uint64_t> reset(std::string_view registry, const EntryFilter& which = {});

  void reorder(std::string_view registry, Order order, std::vector<std::string> listed);

  // In order.
  std::vector<Entry> entries(std::string_view registry, const EntryFilter& which = {}) const;
  std::vector<std::uint64_t> ids(std::string_view registry, const EntryFilter& which = {}) const;

  RegistryState state(std::string_view registry) const;
  void restore(const RegistryState& state);  // to what state() returned, to the last entry

  // All of them, by name.
  std::vector<RegistryState> states() const;

  // As many entries as fit in `limit`, of registries by name; registries without entries besides.
  RegistryPage page(const RegistryPlace& from, std::size_t limit) const;

  // The id of the newest entry that was ever added; 0 before the first.
  std::uint64_t last() const;

 private:
  RegistryState& find(std::string_view registry);
  const RegistryState& find(std::string_view registry) const;

  mutable std::mutex mutex_;
  std::map<std::string, RegistryState, std::less<>> registries_;
  std::uint64_t last_ = 0;
};

}  // namespace overt
