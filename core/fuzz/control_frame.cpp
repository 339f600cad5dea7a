// The control protocol: any bytes that a client sends, one frame a line. Each is answered in one
// line of JSON, and what names no patch by mistake switches nothing.

#include <nlohmann/json.hpp>
#include <string>

#include "fuzz.h"
#include "overt/control.h"
#include "overt/ledger.h"

namespace {

using namespace overt;

class View : public ProcessView {
 public:
  View() {
    for (const char* owner : {"sentry-sdk", "ddtrace"}) {
      Patch patch;
      patch.target = "http.client:HTTPConnection.send";
      patch.owner = {owner, "1.0", "package"};
      patch.site = {"package.module", "install", "/site/module.py", 10};
      ledger_.add(std::move(patch));
    }
    RegistryState wanted;
    wanted.name = "shop.exporters";
    static_cast<void>(registries_.open(wanted));
    for (const char* name : {"csv", "tab"}) {
      Entry entry;
      entry.name = name;
      static_cast<void>(registries_.add(wanted.name, std::move(entry)));
    }
  }
  ProcessFacts facts() const override {
    return {1, "3.13.0", {"python", "app.py"}, "run-1", "app.py", 1.5, 0};
  }
  std::vector<Patch> patches(int after, std::size_t limit) const override {
    return ledger_.copy(after, limit);
  }
  std::vector<Conflict> conflicts() const override { return ledger_.copy_of_conflicts(); }
  std::optional<std::map<int, Reach>> reach(double /*age*/) const override {
    return std::map<int, Reach>{{1, {3, {"shop.http"}}}};
  }
  std::uint64_t prove(const std::vector<int>& /*ids*/, const By& /*by*/) const override {
    return 1;
  }
  bool is_answered(std::uint64_t /*proof*/) const override { return true; }
  RegistryPage registries(const RegistryPlace& from, std::size_t limit) const override {
    return registries_.page(from, limit);
  }

 private:
  Ledger ledger_;
  Registries registries_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const View view;
  Cell cells[2];
  History history;
  history.add("patch", R"({"id": 1})");
  Switchboard board;
  for (const auto& patch : view.patches(0, 10)) {
    board.enroll(patch.id, {patch.target, patch.owner, patch.boundary, false, Fail::original},
                 &cells[static_cast<std::size_t>(patch.id) - 1]);
  }
  const Control control{board, view, history};
  auto rest = fuzz::text_of(data, size);
  while (!rest.empty()) {
    const auto end = std::min(rest.find('\n'), rest.size());
    const auto reply = answer(control, rest.substr(0, end), "fuzz");
    fuzz::promise(reply.line.find('\n') == reply.line.size() - 1, "an answer is one line");
    const auto read = nlohmann::json::parse(reply.line, nullptr, false);
    fuzz::promise(read.is_object(), "an answer is an object");
    fuzz::promise(read.contains("result") != read.contains("error"), "it has a result or an error");
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  for (int id = 1; id <= 2; ++id) {
    fuzz::promise(board.is_off(id) == !board.votes_on(id).empty(), "off is what votes say");
  }
  return 0;
}
