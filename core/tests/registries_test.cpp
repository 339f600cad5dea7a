// Registries: order, duplicates, groups, reset and restore. A registry is told as the names of its
// entries in order.
#include "overt/registries.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <thread>

namespace overt {
namespace {

struct Shelf {
  explicit Shelf(RegistryState wanted = {}) {
    wanted.name = "shop.exporters";
    REQUIRE(all.open(wanted));
  }

  std::uint64_t add(std::string name, int priority = 0, std::string group = {}) {
    const auto added =
        all.add("shop.exporters", entry(std::move(name), priority, std::move(group)));
    REQUIRE(added);
    return added->id;
  }

  static Entry entry(std::string name, int priority = 0, std::string group = {}) {
    Entry entry;
    entry.name = std::move(name);
    entry.priority = priority;
    entry.group = std::move(group);
    entry.owner = {"acme", "1.4", "acme"};
    entry.site = {"acme", "<module>", "/lib/acme.py", 7};
    return entry;
  }

  std::string names(const EntryFilter& which = {}) const {
    std::string out;
    for (const auto& each : all.entries("shop.exporters", which)) {
      out += (out.empty() ? "" : " ") + each.name;
    }
    return out;
  }

  Registries all;
};

RegistryState named(std::string name) {
  RegistryState wanted;
  wanted.name = std::move(name);
  return wanted;
}

RegistryState ordered(Order order, std::vector<std::string> listed = {}) {
  RegistryState wanted;
  wanted.order = order;
  wanted.listed = std::move(listed);
  return wanted;
}

RegistryState with(Duplicates duplicates) {
  RegistryState wanted;
  wanted.duplicates = duplicates;
  return wanted;
}

TEST_CASE("entries stand as they came, unless the registry says otherwise") {
  for (const auto& wanted : {RegistryState{}, ordered(Order::registration)}) {
    Shelf shelf(wanted);
    shelf.add("xml");
    shelf.add("csv", 5);
    shelf.add("json", 9);
    CHECK(shelf.names() == "xml csv json");
  }
}

TEST_CASE("entries stand by name, by priority, or as listed") {
  const auto fill = [](Shelf& shelf) {
    shelf.add("xml", 1);
    shelf.add("csv", 1);
    shelf.add("json", 2);
    shelf.add("html", -1);
    return shelf.names();
  };
  Shelf by_name(ordered(Order::name));
  CHECK(fill(by_name) == "csv html json xml");
  Shelf by_priority(ordered(Order::priority));
  CHECK(fill(by_priority) == "json xml csv html");
  Shelf listed(ordered(Order::listed, {"html", "gone", "csv"}));
  CHECK(fill(listed) == "html csv xml json");
}

TEST_CASE("a registry can be put in another order") {
  Shelf shelf;
  shelf.add("b", 1);
  shelf.add("a", 2);
  shelf.add("c", 3);
  shelf.all.reorder("shop.exporters", Order::name, {});
  CHECK(shelf.names() == "a b c");
  shelf.all.reorder("shop.exporters", Order::priority, {});
  CHECK(shelf.names() == "c a b");
  shelf.all.reorder("shop.exporters", Order::registration, {});
  CHECK(shelf.names() == "b a c");
}

TEST_CASE("a name that is taken is an error that says by whom") {
  Shelf shelf;
  shelf.add("csv");
  const auto again = shelf.all.add("shop.exporters", Shelf::entry("csv"));
  REQUIRE_FALSE(again);
  CHECK(again.error().code == Code::duplicate);
  CHECK(again.error().subject == "csv");
  CHECK(again.error().what ==
        "'csv' is taken in registry 'shop.exporters', by acme 1.4 (/lib/acme.py:7): choose another "
        "name, or say duplicates= replace, ignore or keep to mean it");
  CHECK(shelf.names() == "csv");
}

TEST_CASE("a name may be taken in another group") {
  Shelf shelf;
  shelf.add("csv");
  shelf.add("csv", 0, "fast");
  CHECK(shelf.names() == "csv csv");
  CHECK(shelf.names({"fast", {}}) == "csv");
  const auto again = shelf.all.add("shop.exporters", Shelf::entry("csv", 0, "fast"));
  REQUIRE_FALSE(again);
  CHECK(again.error().what.find("registry 'shop.exporters', group 'fast', by acme") !=
        std::string::npos);
}

TEST_CASE("a duplicate is replaced in its place") {
  Shelf shelf(with(Duplicates::replace));
  const auto old = shelf.add("csv");
  shelf.add("json");
  const auto added = shelf.all.add("shop.exporters", Shelf::entry("csv"));
  REQUIRE(added);
  CHECK(added->id != old);
  CHECK(added->replaced == std::vector{old});
  CHECK(shelf.names() == "csv json");
  CHECK(shelf.all.ids("shop.exporters").front() == added->id);
}

TEST_CASE("a duplicate is ignored: what is there stays") {
  Shelf shelf(with(Duplicates::ignore));
  const auto old = shelf.add("csv", 1);
  const auto added = shelf.all.add("shop.exporters", Shelf::entry("csv", 2));
  REQUIRE(added);
  CHECK(added->ignored);
  CHECK(added->id == old);
  CHECK(shelf.all.entries("shop.exporters").front().priority == 1);
}

TEST_CASE("duplicates are kept, and replaced all at once") {
  Shelf shelf(with(Duplicates::keep));
  const auto first = shelf.add("csv");
  shelf.add("json");
  const auto second = shelf.add("csv");
  CHECK(shelf.names() == "csv json csv");
  const auto added = shelf.all.add("shop.exporters", Shelf::entry("csv"), Duplicates::replace);
  REQUIRE(added);
  CHECK(added->replaced == std::vector{first, second});
  CHECK(shelf.names() == "csv json");
}

TEST_CASE("what one call says goes before what the registry says") {
  Shelf shelf(with(Duplicates::keep));
  shelf.add("csv");
  CHECK_FALSE(shelf.all.add("shop.exporters", Shelf::entry("csv"), Duplicates::refuse));
  CHECK(shelf.all.add("shop.exporters", Shelf::entry("csv"), Duplicates::ignore)->ignored);
}

TEST_CASE("a registry is the same for all who open it, whoever comes first") {
  Shelf shelf;  // a plugin that says nothing
  shelf.add("b");
  shelf.add("a");
  auto wanted = ordered(Order::name);
  wanted.name = "shop.exporters";
  wanted.duplicates = Duplicates::keep;
  REQUIRE(shelf.all.open(wanted));
  CHECK(shelf.names() == "a b");
  CHECK(shelf.all.open(named("shop.exporters")));
  CHECK(shelf.all.open(wanted));
  wanted.order = Order::priority;
  CHECK(shelf.all.open(wanted).error().what ==
        "registry 'shop.exporters' is open with order 'name': say the same, or leave it out");
  wanted.order.reset();
  wanted.duplicates = Duplicates::replace;
  CHECK(shelf.all.open(wanted).error().what ==
        "registry 'shop.exporters' is open with duplicates 'keep': say the same, or leave it out");
  CHECK(shelf.names() == "a b");
}

TEST_CASE("a registry that is open with another list of names is another one") {
  Shelf shelf(ordered(Order::listed, {"a", "b"}));
  auto wanted = ordered(Order::listed, {"b", "a"});
  wanted.name = "shop.exporters";
  CHECK_FALSE(shelf.all.open(wanted));
}

TEST_CASE("a registry needs a name") {
  Registries all;
  CHECK_FALSE(all.open({}));
  CHECK(all.states().empty());
}

TEST_CASE("reset empties a registry, or one group of it") {
  Shelf shelf;
  const auto plain = shelf.add("csv");
  const auto fast = shelf.add("json", 0, "fast");
  const auto other = shelf.add("xml", 0, "fast");
  CHECK(shelf.all.reset("shop.exporters", {"fast", {}}) == std::vector{fast, other});
  CHECK(shelf.names() == "csv");
  CHECK(shelf.all.reset("shop.exporters") == std::vector{plain});
  CHECK(shelf.names().empty());
  CHECK(shelf.all.reset("shop.exporters").empty());
}

TEST_CASE("an entry can be removed once") {
  Shelf shelf;
  const auto id = shelf.add("csv");
  CHECK(shelf.all.remove("shop.exporters", id));
  CHECK_FALSE(shelf.all.remove("shop.exporters", id));
  CHECK(shelf.add("csv") > id);
}

TEST_CASE("restore brings back entries, order and rules, and ids go on") {
  Shelf shelf(ordered(Order::name));
  shelf.add("csv");
  const auto last = shelf.add("json");
  const auto before = shelf.all.state("shop.exporters");
  shelf.all.reset("shop.exporters");
  shelf.all.reorder("shop.exporters", Order::priority, {});
  shelf.add("xml");
  shelf.all.restore(before);
  CHECK(shelf.names() == "csv json");
  CHECK(shelf.all.state("shop.exporters").order == Order::name);
  CHECK(shelf.add("avro") > last + 1);
  CHECK(shelf.names() == "avro csv json");
}

TEST_CASE("all registries are told by name") {
  Registries all;
  REQUIRE(all.open(named("b")));
  REQUIRE(all.open(named("a")));
  REQUIRE(all.add("b", Shelf::entry("x")));
  const auto states = all.states();
  REQUIRE(states.size() == 2);
  CHECK(states[0].name == "a");
  CHECK(states[1].entries.at(0).name == "x");
}

TEST_CASE("words are read as they are printed, and others are errors that list them") {
  for (const char* text : {"registration", "name", "priority", "listed"}) {
    CHECK(name(parse_order(text).value()) == text);
  }
  for (const char* text : {"error", "replace", "ignore", "keep"}) {
    CHECK(name(parse_duplicates(text).value()) == text);
  }
  CHECK(parse_order("size").error().what ==
        "'size' is no order: take one of registration, name, priority, listed");
  CHECK(parse_duplicates("").error().what ==
        "'' is no rule for duplicates: take one of error, replace, ignore, keep");
}

TEST_CASE("a registry can be read while others write") {
  Shelf shelf(ordered(Order::priority));
  std::thread writer([&] {
    for (int i = 0; i < 500; ++i) {
      const auto added = shelf.all.add("shop.exporters", Shelf::entry("csv", i), Duplicates::keep);
      if (i % 3 == 0) shelf.all.remove("shop.exporters", added->id);
    }
  });
  std::size_t most = 0;
  for (int i = 0; i < 500; ++i) most = std::max(most, shelf.all.states().at(0).entries.size());
  writer.join();
  const auto entries = shelf.all.entries("shop.exporters");
  CHECK(entries.size() == 333);
  CHECK(most <= 334);
  CHECK(std::is_sorted(entries.begin(), entries.end(),
                       [](const auto& a, const auto& b) { return a.priority > b.priority; }));
}

}  // namespace
}  // namespace overt
