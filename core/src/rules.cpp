#include "overt/rules.h"

#include <algorithm>
#include <array>
#include <optional>

#include "overt/helpers.h"

namespace overt {
namespace {

// Names through which the interpreter and the import system keep their books. A write to one of
// them changes what is known about a namespace, not what it does.
constexpr std::array<std::string_view, 22> kBookkeeping = {"__abstractmethods__",
                                                           "__annotate__",
                                                           "__annotate_func__",
                                                           "__annotations__",
                                                           "__annotations_cache__",
                                                           "__builtins__",
                                                           "__cached__",
                                                           "__classdictcell__",
                                                           "__dict__",
                                                           "__doc__",
                                                           "__file__",
                                                           "__firstlineno__",
                                                           "__loader__",
                                                           "__module__",
                                                           "__orig_bases__",
                                                           "__package__",
                                                           "__path__",
                                                           "__slotnames__",
                                                           "__spec__",
                                                           "__static_attributes__",
                                                           "__type_params__",
                                                           "__warningregistry__"};

// The interpreter's books about the last error and the prompt of a session, in the module sys.
constexpr std::array<std::string_view, 6> kSysBookkeeping = {
    "last_exc", "last_traceback", "last_type", "last_value", "ps1", "ps2"};

template <std::size_t size>
bool contains(const std::array<std::string_view, size>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// Something that acts when it is used, as opposed to a record of facts.
bool acts(const Value& value) {
  return value.callable || value.descriptor || value.is_class || value.is_module;
}

bool is_attribute_hook(const Frame& frame) {
  return frame.function.ends_with(".__setattr__") || frame.function.ends_with(".__delattr__");
}

bool is_python(const Origin& origin) {
  return origin.place == Place::stdlib || origin.place == Place::builtins;
}

// The evidence with the questions that the rules ask of it.
class Case {
 public:
  Case(const Write& write, Origins& origins) : write_(write), origins_(origins) {}

  Verdict decide();

 private:
  using Index = std::optional<std::size_t>;

  // Who merely imports a module did not ask for what that module does: the evidence ends behind the
  // body of a module, whatever import system runs it, and at the import system itself.
  bool counts(std::size_t frame) const {
    const auto& frames = write_.frames;
    if (frame >= frames.size() || frames[frame].machinery) return false;
    return frame == 0 || !frames[frame - 1].body || frames[frame - 1].module.empty();
  }
  const Origin& origin(std::size_t frame) const { return origins_[write_.frames[frame].origin]; }
  const Origin& target() const { return origins_[write_.origin]; }
  bool same_party(std::size_t frame) const { return origin(frame).party == target().party; }
  bool defined_by(const Value& value, std::string_view party) const {
    return value.definer != kNoOrigin && origins_[value.definer].party == party;
  }

  Index find_writer(Verdict& verdict) const;
  Index find_definer(std::size_t writer) const;
  Index find_requester(std::size_t writer) const;
  bool called_by_body_of(std::string_view module, std::size_t writer) const;
  bool extension_itself() const;
  bool own_submodule() const;
  bool put_back() const;
  bool is_framework(std::size_t writer) const;
  Verdict entry(const Verdict& verdict, std::size_t writer);
  Verdict nobody_asked(Verdict verdict) const;
  bool lazy_import_done(OriginId writer) const;

  static Verdict as(Verdict verdict, Ruling ruling, std::string_view rule) {
    verdict.ruling = ruling;
    verdict.rule = rule;
    return verdict;
  }

  const Write& write_;
  Origins& origins_;
};

// The interpreter puts the real value in the place of a lazy import (PEP 810) for whoever is the
// first to use the name. Who exchanges one before anybody used it puts something of its own there.
bool Case::lazy_import_done(OriginId writer) const {
  return write_.old_value.type == "lazy_import" && write_.new_value.present &&
         !defined_by(write_.new_value, origins_[writer].party);
}

// The innermost frame that acts on its own account. Helpers and the standard library act for their
// caller, and so do generated code without a module and the hook through which a metaclass lets its
// class be written to.
Case::Index Case::find_writer(Verdict& verdict) const {
  bool through_helper = false;
  for (std::size_t i = 0; counts(i); ++i) {
    const auto& frame = write_.frames[i];
    if (frame.module.empty() || is_attribute_hook(frame)) continue;
    if (is_helper(frame.module)) {
      through_helper = true;
      const std::string helper(helper_name(frame.module));
      if (std::find(verdict.via.begin(), verdict.via.end(), helper) == verdict.via.end()) {
        verdict.via.push_back(helper);
      }
      verdict.frame = i;  // kept when nobody stands behind the helper
      continue;
    }
    if (!is_python(origin(i))) return i;
    if (!through_helper && is_python(target())) return std::nullopt;
  }
  if (!through_helper) return std::nullopt;
  // Nobody stands behind the helper: it patches of its own accord, while it is imported.
  std::erase(verdict.via, helper_name(write_.frames[verdict.frame].module));
  return verdict.frame;
}

// The frame of the distribution whose code is being installed, when the writer only installs it.
Case::Index Case::find_definer(std::size_t writer) const {
  const auto definer = write_.new_value.definer;
  if (definer == kNoOrigin || is_python(origins_[definer])) return std::nullopt;
  const auto& party = origins_[definer].party;
  if (party == origin(writer).party || party == target().party) return std::nullopt;
  for (auto i = writer + 1; counts(i); ++i) {
    if (origin(i).party == party) return i;
  }
  return std::nullopt;
}

// The nearest caller that belongs to somebody else than the writer.
Case::Index Case::find_requester(std::size_t writer) const {
  for (auto i = writer + 1; counts(i); ++i) {
    if (is_python(origin(i)) || is_helper(write_.frames[i].module)) continue;
    if (origin(i).party != origin(writer).party) return i;
  }
  return std::nullopt;
}

bool Case::called_by_body_of(std::string_view module, std::size_t writer) const {
  for (auto i = writer; counts(i); ++i) {
    if (write_.frames[i].body && write_.frames[i].module == module) return true;
  }
  return false;
}

bool Case::is_framework(std::size_t writer) const {
  return std::any_of(write_.frameworks.begin(), write_.frameworks.end(), [&](OriginId id) {
    return !is_python(origins_[id]) && origins_[id].party == origin(writer).party;
  });
}

// The code of an extension module has no frames, so its caller seems to write what it writes into
// its own namespace: its own values, where none of another party's stood.
bool Case::extension_itself() const {
  const auto& old_value = write_.old_value;
  return write_.extension && defined_by(write_.new_value, target().party) &&
         (old_value.plain || old_value.definer == kNoOrigin ||
          defined_by(old_value, target().party));
}

// A module stands in its package under its own name, where the import system puts it: so does one
// that exchanged it for a moment.
bool Case::own_submodule() const {
  const auto& old_value = write_.old_value;
  const auto& value = write_.new_value;
  if (write_.space != Space::module || !value.is_module || !value.has_spec) return false;
  const bool of_that_name = value.module.size() == write_.module.size() + 1 + write_.key.size() &&
                            value.module.starts_with(write_.module) &&
                            value.module.ends_with(write_.key);
  return of_that_name && (!old_value.present || (old_value.is_module && old_value.has_spec &&
                                                 old_value.module == value.module));
}

// What a helper puts back when it ends. Of a patch, that is noticed as its end before anything is
// judged; of plain data that stood there only for a while (None, until the program made its
// session), nothing was noticed at the beginning.
bool Case::put_back() const {
  if (write_.new_value.present && !write_.new_value.plain) return false;
  for (std::size_t i = 0; counts(i); ++i) {
    const auto& frame = write_.frames[i];
    if (frame.module.empty()) continue;
    return is_helper(frame.module) &&
           (frame.function.ends_with(".__exit__") || frame.function.ends_with(".undo") ||
            frame.function.ends_with(".restore"));
  }
  return false;
}

// An entry of sys.modules. What another import system loads under its own name is an import like
// any other.
Verdict Case::entry(const Verdict& verdict, std::size_t writer) {
  const auto& value = write_.new_value;
  if (top_name(write_.key) == origin(writer).package || same_party(writer)) {
    return as(verdict, Ruling::internal, "own entry");
  }
  if (called_by_body_of(write_.key, writer)) return as(verdict, Ruling::completion, "own body");
  const bool imported = value.is_module && value.has_spec && value.module == write_.key;
  if (imported) return as(verdict, Ruling::machinery, "another import system");
  // A name that nothing installed answers to: nobody else's module is hidden behind it. Nobody else
  // asks for one that begins with two underscores, either.
  const auto& frame = write_.frames[writer];
  const bool made =
      (frame.body && frame.module != "__main__") ||
      (value.is_module && (value.module == write_.key || write_.key.starts_with("__")));
  if (value.present && !write_.old_value.present && made &&
      !origins_.provided(top_name(write_.key))) {
    return as(verdict, Ruling::completion, "a module made at run time");
  }
  return as(verdict, Ruling::patch, "entry");
}

// Only the standard library is on the stack: a timer, a pool or an event loop makes a call for
// somebody who has gone. Whose code it puts into somebody else's namespace tells who that was.
Verdict Case::nobody_asked(Verdict verdict) const {
  const auto definer = write_.new_value.definer;
  const bool entry =
      write_.space == Space::modules;  // the runner of a program keeps its books there
  const bool known = !entry && write_.old_value.type != "lazy_import" && definer != kNoOrigin &&
                     !is_python(origins_[definer]);
  const bool running =
      std::none_of(write_.frames.begin(), write_.frames.end(),
                   [](const Frame& frame) { return frame.body || frame.machinery; });
  if (!running || is_python(target()) || !known || origins_[definer].party == target().party) {
    return as(verdict, Ruling::machinery, "standard library on its own account");
  }
  verdict.frame = 0;
  verdict.owner = definer;
  return as(verdict, Ruling::patch, "deferred");
}

Verdict Case::decide() {
  Verdict verdict;
  if (write_.frames.empty()) {
    if (write_.module == "sys") return as(verdict, Ruling::machinery, "interpreter");
    return as(verdict, Ruling::patch, "no Python frame");
  }
  if (write_.frames.front().machinery) return as(verdict, Ruling::machinery, "import system");
  const auto found = find_writer(verdict);
  if (!found) return nobody_asked(verdict);
  const auto writer = *found;
  verdict.frame = writer;
  verdict.owner = write_.frames[writer].origin;
  if (lazy_import_done(verdict.owner)) return as(verdict, Ruling::machinery, "lazy import");
  if (own_submodule()) return as(verdict, Ruling::machinery, "import system");
  if (put_back()) return as(verdict, Ruling::completion, "put back");
  if (write_.space == Space::modules) return entry(verdict, writer);
  if (same_party(writer)) return as(verdict, Ruling::internal, "own distribution");

  if (write_.shadowed) return as(verdict, Ruling::completion, "private copy");

  const bool replaces = write_.old_value.present;
  if (!replaces && write_.bodiless)
    return as(verdict, Ruling::completion, "a module made at run time");
  // The body of a program never ends, so in __main__ what is exchanged while it runs is a patch all
  // the same.
  const bool exchanged = replaces && (acts(write_.old_value) || acts(write_.new_value));
  if (called_by_body_of(write_.module, writer) && !(write_.module == "__main__" && exchanged)) {
    return as(verdict, Ruling::completion, "own body");
  }
  if (extension_itself()) return as(verdict, Ruling::internal, "extension itself");
  if (is_framework(writer) && !defined_by(write_.old_value, target().party)) {
    return as(verdict, Ruling::completion, "framework");
  }
  if (replaces && !write_.patched && defined_by(write_.old_value, origin(writer).party)) {
    return as(verdict, Ruling::internal, "own value");
  }
  const auto requester = find_requester(writer);
  const bool requested =
      requester && (same_party(*requester) || (origin(*requester).place == Place::application &&
                                               target().place == Place::application));
  const bool local = write_.qualname.find("<locals>") != std::string_view::npos;
  if (requested && (!replaces || (write_.space == Space::function && local))) {
    return as(verdict, Ruling::completion, "requested");
  }
  if (const auto definer = find_definer(writer)) {
    verdict.via.push_back(origin(writer).name);
    verdict.frame = *definer;
    verdict.owner = write_.frames[*definer].origin;
  }
  return as(verdict, Ruling::patch, "foreign");
}

}  // namespace

bool changes_behaviour(const Write& write) {
  if (write.space == Space::modules || write.space == Space::function) return true;
  if (contains(kBookkeeping, write.key)) return false;
  if (write.module == "sys" && contains(kSysBookkeeping, write.key)) return false;
  const auto& old_value = write.old_value;
  const auto& new_value = write.new_value;
  const bool everywhere = write.space == Space::module && write.module == "builtins";
  if (everywhere && write.key == "_") {
    // The last value of an interactive session, or of a doctest; gettext puts a function there.
    return old_value.callable || new_value.callable;
  }
  if (!old_value.present) {
    // A new name in builtins is a name in every module.
    return new_value.callable || new_value.descriptor || new_value.is_class || everywhere;
  }
  if (!new_value.present) return !old_value.plain;
  return !(old_value.plain && new_value.plain);
}

Verdict judge(const Write& write, Origins& origins) { return Case(write, origins).decide(); }

}  // namespace overt
