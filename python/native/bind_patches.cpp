// The governed patches as Python sees them: overt/_patch.py is the typed face of what is here.

#include <nanobind/stl/shared_ptr.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "bind.h"
#include "bind_stats.h"
#include "governed.h"
#include "option_words.h"
#include "pending.h"
#include "refusal.h"
#include "scope.h"
#include "spot.h"

namespace overt::py {
namespace {

// One of the words that an option takes.
template <class T, std::size_t N>
T word(const char* option, const std::string& given,
       const std::array<std::pair<std::string_view, T>, N>& words) {
  std::string known;
  for (const auto& [word, meaning] : words) {
    if (given == word) return meaning;
    known += (known.empty() ? "\"" : ", \"") + std::string(word) + "\"";
  }
  refuse(Code::usage, std::string(option) + "=\"" + given + "\" is none of " + known, given);
}

nb::object or_nothing(const nb::object& object) { return object.is_none() ? nb::object() : object; }

std::shared_ptr<GovernedPatch> make_patch(
    const std::string& advice, const std::string& target, const nb::object& function,
    const nb::object& after, const nb::object& failed, const std::string& owner,
    const std::string& reason, const std::string& reach, const std::string& scope,
    const nb::object& ttl, const std::string& layer, const std::string& fail, bool notes,
    bool again, const nb::object& budget, bool as_value, const nb::object& root,
    const std::string& attribute, const std::shared_ptr<GovernedPatch>& made_as) {
  const auto parsed = Target::parse(target);
  if (!parsed) throw Refusal(parsed.error());
  Wish wish;
  wish.advice = word<Advice, 4>("advice", advice,
                                {{{"replace", Advice::replace},
                                  {"around", Advice::around},
                                  {"observe", Advice::observe},
                                  {"tap", Advice::tap}}});
  wish.target = *parsed;
  wish.function = wish.advice == Advice::replace ? function : or_nothing(function);
  wish.after = or_nothing(after);
  wish.failed = or_nothing(failed);
  wish.owner = owner;
  wish.reason = reason;
  wish.reach =
      word<Reach, 2>("reach", reach, {{{"name", Reach::name}, {"everywhere", Reach::everywhere}}});
  wish.scope = word<ScopeKind, 3>("scope", scope,
                                  {{{"process", ScopeKind::process},
                                    {"thread", ScopeKind::thread},
                                    {"context", ScopeKind::context}}});
  wish.ttl = seconds_of("ttl", ttl);
  wish.budget = seconds_of("budget", budget) * 1e9;
  wish.order = word<Order, 3>("layer", layer,
                              {{{"", Order::installation},
                                {"innermost", Order::innermost},
                                {"outermost", Order::outermost}}});
  wish.fail_patched = word<bool, 2>("fail", fail, {{{"original", false}, {"patched", true}}});
  wish.notes = notes;
  wish.again = again;
  wish.as_value = as_value;
  wish.root = or_nothing(root);
  wish.attribute = attribute;
  auto patch = std::make_shared<GovernedPatch>(std::move(wish));
  if (made_as) patch->made_as(*made_as);
  return patch;
}

nb::typed<nb::dict, nb::str, nb::any> stats(const GovernedPatch& patch) {
  return stats_of(patch.layer());
}

nb::object original(const GovernedPatch& patch) {
  auto value = patch.original();
  return value.is_valid() ? value : nb::none();
}

void reset() {
  auto all = GovernedPatch::all();
  std::exception_ptr failed;  // one that cannot be removed keeps no other
  for (auto patch = all.rbegin(); patch != all.rend(); ++patch) {
    try {
      (*patch)->remove_entirely();
    } catch (...) {
      if (!failed) failed = std::current_exception();
    }
  }
  sweep_spots();
  release_former();
  if (failed) std::rethrow_exception(failed);
}

std::uint64_t when_imported_call(const std::string& module, const nb::object& hook) {
  return when_imported(module, [hook](const nb::object& imported) { hook(imported); });
}

int traverse(PyObject* self, visitproc visit, void* arg) {
  Py_VISIT(Py_TYPE(self));
  return nb::inst_ready(self) ? nb::inst_ptr<GovernedPatch>(self)->traverse(visit, arg) : 0;
}

int clear(PyObject* self) {
  if (nb::inst_ready(self)) nb::inst_ptr<GovernedPatch>(self)->clear();
  return 0;
}

std::array<PyType_Slot, 3> collected = {{
    {Py_tp_traverse, reinterpret_cast<void*>(traverse)},
    {Py_tp_clear, reinterpret_cast<void*>(clear)},
    {0, nullptr},
}};

}  // namespace

void bind_patches(nb::module_& m) {
  register_refusals();
  // Patches that are still installed at exit are kept on purpose.
  nb::set_leak_warnings(false);
  nb::class_<GovernedPatch>(m, "GovernedPatch", nb::type_slots(collected.data()),
                            "One governed patch. Made by patch() and the like.")
      .def("install", &GovernedPatch::install, nb::arg("block") = false)
      .def("remove", &GovernedPatch::remove)
      .def("set_off", &GovernedPatch::set_off, nb::arg("off"))
      .def("stats", &stats)
      .def_prop_ro("id", &GovernedPatch::id)
      .def_prop_ro("state",
                   [](const GovernedPatch& patch) { return std::string(name(patch.state())); })
      .def_prop_ro("owner", [](const GovernedPatch& patch) { return patch.maker().owner.name; })
      .def_prop_ro("target", [](const GovernedPatch& patch) { return patch.wish().target.str(); })
      .def_prop_ro("needs_thread", [](const GovernedPatch& patch) { return patch.needs_thread(); })
      .def_prop_ro("original", &original);
  m.def("make_patch", &make_patch, nb::arg("advice"), nb::arg("target"), nb::arg("function").none(),
        nb::arg("after").none(), nb::arg("failed").none(), nb::arg("owner"), nb::arg("reason"),
        nb::arg("reach"), nb::arg("scope"), nb::arg("ttl").none(), nb::arg("layer"),
        nb::arg("fail"), nb::arg("notes"), nb::arg("again"), nb::arg("budget") = nb::none(),
        nb::arg("as_value") = false, nb::arg("root") = nb::none(), nb::arg("attribute") = "",
        nb::arg("made_as") = nb::none(),
        "Make a patch that is not installed yet. Raises overt.Error.");
  m.def("patches", &GovernedPatch::all, "Every patch that is installed or pending, oldest first.");
  m.def("reset", &reset, "Remove every governed patch, newest first.");
  m.def("enter_baseline", &enter_baseline,
        "Governed patches are off in this context from here on.");
  m.def("leave_baseline", &leave_baseline, "Undo the last enter_baseline() of this context.");
  m.def("when_imported", &when_imported_call, nb::arg("module"), nb::arg("hook"),
        "Call hook(module) once, when the module is imported next.");
  m.def("cancel_import_hook", &cancel_import_hook, nb::arg("hook"),
        "Forget a hook; True if it had not run.");
}

}  // namespace overt::py
