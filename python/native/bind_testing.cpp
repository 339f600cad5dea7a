// What the pytest plugin and overt.testing ask: overt/_scopes.py is the typed face.

#include <nanobind/stl/shared_ptr.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "bind.h"
#include "leaks.h"
#include "records.h"
#include "refusal.h"
#include "registry.h"
#include "watcher.h"

namespace overt::py {
namespace {

// (known, there, value): of a value that nobody kept alive only the first two are told.
using Told = nb::typed<nb::tuple, bool, bool, nb::any>;

Told told(bool known, bool there, const nb::object& value) {
  return nb::steal<Told>(
      nb::make_tuple(known, there, value.is_valid() ? value : nb::none()).release());
}

Told before(const Touch& touch) {
  const auto value = touch.kept.is_valid() ? touch.kept : nb::borrow(touch.before.get());
  return told(!touch.present || value.is_valid(), touch.present, value);
}

Told now(const Touch& touch) {
  const auto found = now_at(touch);
  return told(found.found, found.value.is_valid(), found.value);
}

nb::tuple fields(const Site& site) {
  return nb::make_tuple(site.module, site.function, site.file, site.line);
}

nb::object text_or_none(const Description& value) {
  if (value.type.empty()) return nb::none();
  std::string name = value.module;
  if (!value.qualname.empty()) name += (name.empty() ? "" : ":") + value.qualname;
  const auto text = name.empty() ? "a " + value.type : value.type + " " + name;
  return nb::str(text.c_str(), text.size());
}

nb::typed<nb::dict, nb::str, nb::any> patch_record(int id) {
  const auto& patch = records().patch(id);
  nb::typed<nb::dict, nb::str, nb::any> record;
  record["id"] = patch.id;
  record["target"] = patch.target;
  record["change"] = std::string(name(patch.change));
  record["owner"] = patch.owner.name;
  record["via"] = patch.via;
  record["internal"] = patch.internal;
  record["governed"] = patch.governed;
  record["reverted"] = patch.reverted;
  record["old"] = text_or_none(patch.old_value);
  record["new"] = text_or_none(patch.new_value);
  record["site"] = fields(patch.site);
  nb::list stack;
  for (const auto& site : patch.stack) stack.append(fields(site));
  record["stack"] = stack;
  return record;
}

bool stands(int id) {
  const auto& all = records().ledger().patches();
  const auto index = static_cast<std::size_t>(id) - 1;
  return index < all.size() && !all[index].reverted;
}

bool leave_something(const std::vector<std::shared_ptr<Touch>>& touches) {
  return std::any_of(touches.begin(), touches.end(), [](const auto& touch) {
    return touch->made && !touch->imported && stands(touch->patch);
  });
}

// (registry, name, group, site) of the entries with an id above `since` that are still there.
nb::typed<nb::list, nb::any> entries_since(std::uint64_t since) {
  nb::typed<nb::list, nb::any> found;
  for (const auto& registry : registries().states()) {
    for (const auto& entry : registry.entries) {
      if (entry.id <= since) continue;
      found.append(nb::make_tuple(registry.name, entry.name, entry.group, entry.owner.name,
                                  fields(entry.site), entry.id));
    }
  }
  return found;
}

// What is out of reach is no patch any more: looked at when it matters.
void look_again() {
  if (auto* watcher = Watcher::active()) static_cast<void>(watcher->ledger());
}

}  // namespace

void bind_testing(nb::module_& m) {
  nb::class_<Touch>(m, "Touch", "One change of the ledger. Made by touches() only.")
      .def_ro("patch", &Touch::patch)
      .def_ro("made", &Touch::made)
      .def_ro("imported", &Touch::imported)
      .def_ro("governed", &Touch::governed)
      .def_ro("target", &Touch::target)
      .def_ro("place", &Touch::place)
      .def("before", &before, "What stood there before: (known, there, value).")
      .def("now", &now, "What stands there now: (found, there, value).")
      .def("is_back", &is_back, "Whether what stands there now is what stood there before.")
      .def("put_back", &put_back, nb::arg("ids"),
           "Write back what stood there before, which undoes the patches `ids`.");
  m.def("start_touches", &start_touches, nb::arg("keep_all"),
        "Record changes of the ledger for touches(). keep_all: so that each can be put back.");
  m.def("stop_touches", &stop_touches);
  m.def("changes", &changes,
        "A number that moves with each touch, entry of a registry and patch that waits.");
  m.def("touches", &take_touches, "The changes of the ledger since the last call, oldest first.");
  m.def("patch_record", &patch_record, nb::arg("id"), "One patch of the ledger.");
  m.def("leave_something", &leave_something, nb::arg("touches"),
        "Whether a patch that one of them made has not been undone.");
  m.def("stands", &stands, nb::arg("id"), "Whether a patch has not been undone.");
  m.def(
      "last_entry", [] { return registries().last(); },
      "The id of the newest entry that any registry ever had.");
  m.def("entries_since", &entries_since, nb::arg("id"),
        "(registry, name, group, owner, site, id) of the newer entries that are still there.");
  m.def("look_again", &look_again, "Mark patches that are out of reach by now as undone.");
}

}  // namespace overt::py
