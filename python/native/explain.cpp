#include "explain.h"

#include <charconv>

#include "attribution.h"
#include "namespaces.h"
#include "overt/review.h"
#include "policy_gate.h"
#include "proof.h"
#include "records.h"
#include "session.h"

namespace overt::py {
namespace {

class Question {
 public:
  explicit Question(PyObject* object) : object_(object) {
    if (PyMethod_Check(object_)) object_ = PyMethod_GET_FUNCTION(object_);
    if (PyModule_Check(object_)) {
      inside_ = std::string(text_of(item(PyModule_GetDict(object_), names().name))) + ":";
    } else if (PyType_Check(object_)) {
      auto* type = reinterpret_cast<PyTypeObject*>(object_);
      inside_ = type_module(type) + ":" + type_qualname(type) + ".";
    }
  }

  bool is_about(const Patch& patch, const Subject* subject) const {
    const auto text = text_of(object_);
    if (PyUnicode_Check(object_)) return patch.target == text || is_id(text, patch.id);
    if (!inside_.empty() && patch.target.starts_with(inside_)) return true;
    return subject != nullptr && (subject->new_value.is(object_) ||
                                  subject->old_value.is(object_) || subject->holder.is(object_));
  }

 private:
  static bool is_id(std::string_view text, int id) {
    int number = 0;
    if (!text.starts_with('p')) return false;
    const auto [end, error] = std::from_chars(text.data() + 1, text.data() + text.size(), number);
    return error == std::errc() && end == text.data() + text.size() && number == id;
  }

  PyObject* object_;
  std::string inside_;  // what targets in it begin with
};

Report report_about(const Question& question) {
  auto report = current_report();
  const auto& subjects = records().subjects();
  std::erase_if(report.patches, [&](const Patch& patch) {
    const auto index = static_cast<std::size_t>(patch.id) - 1;
    return !question.is_about(patch, index < subjects.size() ? &subjects[index] : nullptr);
  });
  return report;
}

void prove_removal(const Report& report) {
  std::vector<int> ids;
  for (const auto& patch : report.patches) {
    if (!patch.reverted) ids.push_back(patch.id);
  }
  if (!ids.empty()) prove(ids, {"overt.explain in " + caller().site.module, ""});
}

}  // namespace

std::string explain(nb::handle object, bool prove) {
  const Question question(object.ptr());
  auto report = report_about(question);
  if (report.patches.empty()) return {};
  if (prove) {
    prove_removal(report);
    report = report_about(question);
  }
  return to_text(review_of({report}, what_is_allowed()), false);
}

}  // namespace overt::py
