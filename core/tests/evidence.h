// A picture of one write, for tests of the rules: what was written, by whom, called by whom.
//
//   CHECK(replaces("http.client:HTTPConnection.send")
//             .by("sentry_sdk.integrations.stdlib:_install")   innermost frame first
//             .by("shop.app:<module>")                          a module's body
//             .judged() == "patch (foreign) by sentry-sdk");
//
// The cast: Python's own modules; the distributions that World installs; every other name is a
// module of the application. The old value is the target's own and the new one the innermost
// frame's, unless the picture says otherwise.
#pragma once

#include <algorithm>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "files.h"
#include "overt/rules.h"

namespace overt::test {

// An interpreter and what is installed for it.
class World {
 public:
  World() {
    for (const auto& [name, files] : {std::pair{"attrs", "attr/__init__.py"},
                                      {"Django", "django/__init__.py"},
                                      {"freezegun", "freezegun/api.py"},
                                      {"gevent", "gevent/__init__.py"},
                                      {"opentelemetry", "opentelemetry/trace.py"},
                                      {"pandas", "pandas/__init__.py"},
                                      {"pydantic", "pydantic/main.py"},
                                      {"PyMySQL", "pymysql/__init__.py"},
                                      {"pytest", "_pytest/monkeypatch.py\npytest/__init__.py"},
                                      {"sentry-sdk", "sentry_sdk/__init__.py"},
                                      {"SQLAlchemy", "sqlalchemy/__init__.py"},
                                      {"tqdm", "tqdm/__init__.py"},
                                      {"wrapt", "wrapt/__init__.py"}}) {
      install(root_, "site-packages", name, "1.0", files);
    }
  }

  Origins& origins() { return origins_; }

  // Where a module's origin is: its file follows from its name.
  OriginId of(std::string_view module) {
    const std::string top(top_name(module));
    if (origins_.is_stdlib_name(top)) return origins_.of(module, "");
    std::string file(module);
    std::replace(file.begin(), file.end(), '.', '/');
    const bool installed = origins_.provided(top);
    return origins_.of(module, (installed ? site() : "/src") + "/" + file + ".py");
  }

 private:
  std::string site() const { return root_.path("site-packages"); }

  Directory root_;
  Origins origins_{{"3.13.0",
                    {"__future__", "_thread", "abc", "asyncio", "builtins", "collections",
                     "datetime", "enum", "functools", "http", "importlib", "json", "runpy",
                     "socket", "sys", "threading", "time", "typing", "unittest"},
                    "/usr/lib/python3.13",
                    {site()}}};
};

inline World& world() {
  static World the_world;
  return the_world;
}

// Values, by the module whose code they run.
inline Value function_of(std::string_view module) {
  Value value;
  value.present = value.callable = value.descriptor = true;
  value.type = "function";
  value.module = module;
  value.definer = world().of(module);
  return value;
}

inline Value class_of(std::string_view module) {
  auto value = function_of(module);
  value.type = "type";
  value.is_class = true;
  value.descriptor = false;
  return value;
}

// A module object that says `name` is its name, made by code of `definer`.
inline Value module_named(std::string_view name, std::string_view definer, bool has_spec = false) {
  Value value;
  value.present = value.is_module = true;
  value.type = "module";
  value.module = name;
  value.has_spec = has_spec;
  value.definer = world().of(definer);
  return value;
}

inline Value plain_data() {
  Value value;
  value.present = value.plain = true;
  value.type = "int";
  return value;
}

// Neither plain nor callable: a lock, a logger, a connection.
inline Value thing() {
  Value value;
  value.present = true;
  value.type = "object";
  return value;
}

inline const Value kNothing{};

class Evidence {
 public:
  // `target` as in reports: "module:name", "module:Class.name", "sys.modules:name".
  Evidence(std::string_view target, Space space) {
    const auto colon = target.find(':');
    write_.space = space;
    write_.module = keep(target.substr(0, colon));
    auto name = keep(target.substr(colon + 1));
    if (space == Space::modules) {
      write_.key = name;
      write_.origin = world().of(name);
      return;
    }
    write_.origin = world().of(write_.module);
    if (space == Space::function) {
      write_.qualname = name;
      return;
    }
    const auto dot = name.rfind('.');
    if (dot == std::string_view::npos) {
      write_.key = name;
      return;
    }
    write_.space = Space::type;
    write_.qualname = name.substr(0, dot);
    write_.key = name.substr(dot + 1);
  }

  // A frame, "module:function"; the first is the innermost.
  Evidence& by(std::string_view code) {
    const auto colon = code.find(':');
    Frame frame;
    frame.module = keep(code.substr(0, colon));
    frame.function = keep(code.substr(colon + 1));
    frame.origin = world().of(frame.module);
    frame.body = frame.function == "<module>";
    frame.machinery = frame.module.starts_with("importlib");
    write_.frames.push_back(frame);
    return *this;
  }

  Evidence& from(Value value) { return set(write_.old_value, std::move(value), old_is_set_); }
  Evidence& to(Value value) { return set(write_.new_value, std::move(value), new_is_set_); }

  Evidence& of_a_module_without_body() {
    write_.bodiless = true;
    return *this;
  }
  Evidence& of_a_copy() {
    write_.shadowed = true;
    return *this;
  }
  Evidence& of_an_extension() {
    write_.extension = true;
    return *this;
  }
  Evidence& that_is_patched_already() {
    write_.patched = true;
    return *this;
  }
  // The class written to has a base or metaclass from `module`.
  Evidence& in_a_subclass_of(std::string_view module) {
    write_.frameworks.push_back(world().of(module));
    return *this;
  }

  Write& write() {
    if (!old_is_set_) from(write_.space == Space::modules ? kNothing : function_of(write_.module));
    if (!new_is_set_) to(write_.frames.empty() ? thing() : function_of(innermost()));
    return write_;
  }

  bool changes() { return changes_behaviour(write()); }

  // "ruling (rule) by owner via helper, helper"; the owner where the contract gives one a meaning.
  std::string judged() {
    constexpr const char* kRulings[] = {"patch", "internal", "completion", "machinery", "data"};
    REQUIRE(changes());
    const auto verdict = judge(write(), world().origins());
    std::string text = kRulings[static_cast<int>(verdict.ruling)];
    text.append(" (").append(verdict.rule).append(")");
    if (verdict.ruling != Ruling::patch && verdict.ruling != Ruling::internal) return text;
    if (verdict.owner == kNoOrigin) return text + " by nobody";
    text += " by " + world().origins()[verdict.owner].name;
    if (write_.frames.at(verdict.frame).origin != verdict.owner) text += " in the line of another";
    for (const auto& helper : verdict.via) {
      text += (&helper == &verdict.via.front() ? " via " : ", ") + helper;
    }
    return text;
  }

 private:
  std::string_view keep(std::string_view text) { return kept_->emplace_back(text); }

  Evidence& set(Value& place, Value value, bool& is_set) {
    place = std::move(value);
    is_set = true;
    return *this;
  }

  // The module of the innermost frame that has one.
  std::string_view innermost() const {
    for (const auto& frame : write_.frames) {
      if (!frame.module.empty()) return frame.module;
    }
    return {};
  }

  Write write_;
  // What write_ refers to, also in copies.
  std::shared_ptr<std::list<std::string>> kept_ = std::make_shared<std::list<std::string>>();
  bool old_is_set_ = false;
  bool new_is_set_ = false;
};

inline Evidence replaces(std::string_view target) { return {target, Space::module}; }
inline Evidence changes_code_of(std::string_view target) { return {target, Space::function}; }

inline Evidence adds(std::string_view target) {
  Evidence evidence(target, Space::module);
  evidence.from(kNothing);
  return evidence;
}

inline Evidence deletes(std::string_view target) {
  Evidence evidence(target, Space::module);
  evidence.to(kNothing);
  return evidence;
}

inline Evidence enters(std::string_view name) {
  return {"sys.modules:" + std::string(name), Space::modules};
}

}  // namespace overt::test
