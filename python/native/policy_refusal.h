// What the policy denies: overt.PolicyError, with the rule and where it stands.
// THREADS: values.
#pragma once

#include <string>
#include <utility>

#include "overt/policy.h"
#include "refusal.h"

namespace overt::py {

class PolicyRefusal : public Refusal {
 public:
  PolicyRefusal(std::string what, std::string target, Decision decision)
      : Refusal(Error{Code::policy, std::move(what), std::move(target)}),
        decision_(std::move(decision)) {}

  void raise() const override {
    try {
      const auto errors = nb::module_::import_("overt._errors");
      const auto type = nb::getattr(errors, "PolicyError");
      const auto text = [](const std::string& value) {
        return nb::steal(PyUnicode_DecodeUTF8(value.data(), std::ssize(value), "replace"));
      };
      const auto made = type(text(error().what), text(error().subject), decision_.rule,
                             text(decision_.file), decision_.line, text(decision_.reason));
      PyErr_SetObject(type.ptr(), made.ptr());
    } catch (nb::python_error& problem) {
      problem.restore();
    }
  }

 private:
  Decision decision_;
};

}  // namespace overt::py
