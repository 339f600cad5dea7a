#include "overt/write.h"

namespace overt {

std::string_view name(Change change) {
  switch (change) {
    case Change::replaced:
      return "replaced";
    case Change::added:
      return "added";
    case Change::deleted:
      return "deleted";
    case Change::code:
      return "code";
    case Change::module:
      return "module";
  }
  return "replaced";
}

Change Write::change() const {
  if (space == Space::function) return Change::code;
  if (space == Space::modules) return Change::module;
  if (!new_value.present) return Change::deleted;
  return old_value.present ? Change::replaced : Change::added;
}

std::string Write::target() const {
  if (space == Space::modules) return "sys.modules:" + std::string(key);
  std::string text(module);
  text += ':';
  text += qualname;
  if (!qualname.empty() && !key.empty()) text += '.';
  text += key;
  return text;
}

}  // namespace overt
