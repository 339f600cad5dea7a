// The grammar of targets: what a patch changes, as people write it and as reports print it.
//
//   target  = module ":" qualname [ item ]        http.client:HTTPConnection.getresponse
//   module  = name { "." name } | "sys.modules"   sys.modules:MySQLdb  (qualname may be dotted
//   there too) qualname= name { "." name }                   also "f.<locals>.g", as functions call
//   themselves item    = "[" key "]"                         shop.config:SETTINGS["debug"], key
//   kept as written
//
// It is the grammar of entry points (pkgutil.resolve_name) with items added.
// THREADS: values; no shared state.
#pragma once

#include <string>
#include <string_view>

#include "overt/result.h"

namespace overt {

struct Target {
  std::string module;
  std::string qualname;
  std::string item;  // with its brackets, "" when there is none

  // Reads a target as a person wrote it. Errors name the text, the column and an example.
  static result<Target> parse(std::string_view text);

  std::string str() const { return module + ":" + qualname + item; }
  bool operator==(const Target&) const = default;
};

}  // namespace overt
