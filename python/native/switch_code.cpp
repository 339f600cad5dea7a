// A function whose code or defaults were exchanged gets back the old ones.

#include "foreign_switch.h"
#include "own_write.h"

namespace overt::py {
namespace {

class CodeSwitch final : public ForeignSwitch {
 public:
  explicit CodeSwitch(const ForeignPatch& patch)
      : function_(patch.holder),
        target_(patch.target),
        attribute_(attribute_of(patch)),
        without_(or_none(patch.old_value)),
        with_(or_none(patch.new_value)) {}

  void off() override { exchange(with_, without_); }
  void on() override { exchange(without_, with_); }

 private:
  static nb::object or_none(const nb::object& value) {
    return value.is_valid() ? value : nb::none();
  }

  // Told by the values: code, a tuple of defaults, or a dict of keyword defaults.
  static const char* attribute_of(const ForeignPatch& patch) {
    const auto is = [&](bool (*test)(PyObject*)) {
      return (patch.new_value.is_valid() && test(patch.new_value.ptr())) ||
             (patch.old_value.is_valid() && test(patch.old_value.ptr()));
    };
    if (is([](PyObject* value) { return PyCode_Check(value) != 0; })) return "__code__";
    if (is([](PyObject* value) { return PyDict_Check(value) != 0; })) return "__kwdefaults__";
    return "__defaults__";
  }

  void exchange(const nb::object& from, const nb::object& to) {
    const auto now = nb::getattr(function_, attribute_);
    if (now.is(to)) return;
    if (!now.is(from)) {
      refuse(Code::refused,
             std::string("the function's ") + attribute_ + " was changed again since", target_);
    }
    const OwnWrite own;
    nb::setattr(function_, attribute_, to);
  }

  nb::object function_;
  std::string target_;
  const char* attribute_;
  nb::object without_, with_;
};

}  // namespace

std::unique_ptr<ForeignSwitch> switch_code(const ForeignPatch& patch) {
  if (patch.change != Change::code || !patch.holder.is_valid()) return nullptr;
  return std::make_unique<CodeSwitch>(patch);
}

}  // namespace overt::py
