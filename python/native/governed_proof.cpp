// Proving that a governed patch can be taken off: it is, and is put on again.

#include "governed.h"
#include "records.h"

namespace overt::py {

std::string GovernedPatch::prove() {
  const auto target = wish_.target.str();
  if (plain_) refuse(Code::refused, "it was never made: OVERT=0", target);
  if (!lost_.empty()) refuse(Code::refused, "it is lost: " + lost_, target);
  if (!spot_) refuse(Code::refused, "it is not installed", target);
  if (is_left_behind()) {
    refuse(Code::refused, "its module was imported anew, and it is in the old one", target);
  }
  if (is_elsewhere()) {
    refuse(Code::refused, "the name of the class leads to something else by now", target);
  }
  const auto before = records().subjects()[static_cast<std::size_t>(id_) - 1].old_value;
  const auto spot = spot_;  // a patch that is lost drops it
  try {
    return spot->prove(layer_, before);
  } catch (const nb::python_error& error) {
    const std::string why = std::string("it was taken off and cannot be put back: ") + error.what();
    lose(why);
    refuse(Code::refused, why, target);
  }
}

}  // namespace overt::py
