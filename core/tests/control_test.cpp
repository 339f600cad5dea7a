#include "overt/control.h"

#include <doctest/doctest.h>

#include <random>

#include "control_fixture.h"

using namespace overt;
using nlohmann::json;
using test::request;

namespace {

struct Fixture : test::Process {
  json say(const std::string& frame) { return json::parse(answer(control, frame, "tester").line); }
  json ask(const std::string& verb, const json& params = {}) {
    const auto reply = say(request(verb, params));
    return reply.contains("result") ? reply["result"] : reply;
  }
  int code(const std::string& frame) { return say(frame)["error"]["code"]; }
  std::string refusal(const std::string& verb, const json& params) {
    return ask(verb, params)["error"]["message"];
  }
};

Facts facts_of(const std::string& target, bool governed = false, Fail fail = Fail::original) {
  return {target, {"acme", "1", "acme"}, Boundary::stdlib, governed, fail};
}

// A process that has lost a patch of its ledger.
class WithoutTheFirst : public test::FewPatches {
 public:
  std::vector<Patch> patches(int after, std::size_t limit) const override {
    return FewPatches::patches(std::max(after, 1), limit);
  }
};

const json kAll = json::array({{{"scope", "process"}}});

}  // namespace

TEST_CASE_FIXTURE(Fixture, "hello says who this is") {
  const auto hello = ask("hello");
  CHECK(hello["protocol"] == 1);
  CHECK(hello["service"] == "app.py");
  CHECK(hello["argv"] == json({"python", "app.py"}));
}

TEST_CASE_FIXTURE(Fixture, "list gives pages without stacks, show gives one patch whole") {
  const auto first = ask("list", {{"limit", 1}});
  REQUIRE(first["patches"].size() == 1);
  CHECK(first["more"] == true);
  CHECK_FALSE(first["patches"][0].contains("stack"));
  const auto second = ask("list", {{"after", 1}});
  CHECK(second["patches"][0]["id"] == 2);
  CHECK(second["more"] == false);
  const auto shown = ask("show", {{"patch", 2}});
  CHECK(shown["stack"].size() == 2);
  CHECK(shown["layers"].size() == 2);
  CHECK(shown["switchable"] == true);
  CHECK(ask("show", {{"patch", 3}})["error"]["code"] == 4);
  CHECK(ask("show")["error"]["code"] == 4);
}

TEST_CASE_FIXTURE(Fixture, "what the switchboard does not know of a patch is told as such") {
  board.withdraw_patch(2);
  auto shown = ask("show", {{"patch", 2}});
  CHECK(shown["switchable"] == false);
  CHECK(shown["why"] == "it is not known to the switchboard");
  CHECK(shown["votes"].empty());
  CHECK(ask("off", {{"on", {{{"scope", "patch"}, {"patch", 2}}}}})["error"]["code"] == 4);
  view.revert(2);
  CHECK(ask("show", {{"patch", 2}})["why"] == "its maker has undone it");
  board.disarm(1, "no way");
  shown = ask("show", {{"patch", 1}});
  CHECK(shown["switchable"] == false);
  CHECK(shown["why"] == "no way");
}

TEST_CASE_FIXTURE(Fixture, "a patch that was undone says so, whatever its switch") {
  view.revert(1);
  REQUIRE(board.vote({Source::control, Selector::of_patch(1), {}, false, 0}));
  const auto shown = ask("show", {{"patch", 1}});
  CHECK(shown["state"] == "reverted");
  CHECK(shown["wanted"] == "off");
}

TEST_CASE_FIXTURE(Fixture, "who made a patch and whether it is counted is told") {
  for (const bool metered : {false, true}) {
    auto patch = test::patch_of(metered ? "m:counted" : "m:f", "acme");
    patch.metered = metered;
    view.add(patch);
  }
  board.enroll_queued(3, facts_of("m:f", true));
  board.enroll_queued(4, facts_of("m:counted"));
  const auto cell = ask("show", {{"patch", 1}});
  CHECK(cell["metered"] == true);
  CHECK(cell["calls"] == 0);
  const auto queued = ask("show", {{"patch", 3}});
  CHECK(queued["origin"] == "governed");
  CHECK(queued["metered"] == false);
  CHECK(queued["calls"].is_null());
  const auto counted = ask("show", {{"patch", 4}});
  CHECK(counted["origin"] == "foreign");
  CHECK(counted["metered"] == true);
}

TEST_CASE_FIXTURE(Fixture, "the layers are those of the target that stand, among many patches") {
  for (int i = 0; i < static_cast<int>(kLargestPage); ++i) {
    view.add(test::patch_of("m:f" + std::to_string(i), "acme"));
  }
  view.add(test::patch_of("m:f0", "sentry-sdk"));
  view.revert(2);
  CHECK(ask("show", {{"patch", 1}})["layers"] ==
        json::parse(R"([{"id": 1, "layer": 1, "owner": "sentry-sdk"}])"));
  CHECK(ask("show", {{"patch", 3}})["layers"].size() == 2);
}

TEST_CASE_FIXTURE(Fixture, "a patch that a process no longer has is not found") {
  const WithoutTheFirst gap;
  const Control of_gap{board, gap, history};
  const auto show = [&](int id) {
    return json::parse(answer(of_gap, request("show", {{"patch", id}}), "tester").line);
  };
  CHECK(show(1)["error"]["code"] == 4);
  CHECK(show(2)["result"]["id"] == 2);
}

TEST_CASE_FIXTURE(Fixture, "registries are listed page by page, every entry once") {
  for (const char* registry : {"shop.checks", "shop.exporters"}) {
    for (const char* name : {"a", "b", "c"}) view.add_entry(registry, name);
  }
  std::string told;
  json from = json::object();
  int pages = 0;
  for (; !from.is_null(); ++pages) {
    const auto page = ask("list", {{"registries", true}, {"limit", 2}, {"from", from}});
    for (const auto& registry : page["registries"]) {
      for (const auto& entry : registry["entries"]) {
        told += registry["name"].get<std::string>() + "." + entry["name"].get<std::string>() + " ";
      }
    }
    from = page["next"];
  }
  CHECK(pages == 3);
  CHECK(told ==
        "shop.checks.a shop.checks.b shop.checks.c "
        "shop.exporters.a shop.exporters.b shop.exporters.c ");
  CHECK(ask("list", {{"registries", 1}})["error"]["code"] == 2);
  CHECK(ask("list", {{"registries", true}, {"from", 7}})["error"]["code"] == 2);
  for (const json& wrong : {json{{"registry", 1}}, json{{"entry", "a"}}}) {
    CHECK(ask("list", {{"registries", true}, {"from", wrong}})["error"]["code"] == 2);
  }
}

TEST_CASE_FIXTURE(Fixture, "off and on say what came of it, and again is no error") {
  const json owner = {{"on", {{{"scope", "owner"}, {"owner", "Sentry_SDK"}}}}, {"reason", "why"}};
  for (int i = 0; i < 2; ++i) {
    const auto off = ask("off", owner);
    CHECK(off["counts"]["matched"] == 1);
    CHECK(off["counts"]["changed"] == (i == 0 ? 1 : 0));
    CHECK(off["counts"]["drained"] == 1);
    CHECK(off["patches"][0]["votes"][0]["actor"] == "tester");
    CHECK(off["patches"][0]["votes"][0]["reason"] == "why");
  }
  CHECK(cells[0].is_off());
  CHECK_FALSE(cells[1].is_off());
  CHECK(ask("on", owner)["counts"]["changed"] == 1);
  CHECK(ask("on", owner)["counts"]["changed"] == 0);
  CHECK_FALSE(cells[0].is_off());
}

TEST_CASE_FIXTURE(Fixture, "a patch that only the switchboard knows is switched by its name") {
  Cell cell;
  board.enroll(9, facts_of("m:f", true), &cell);
  const json nine = {{"on", {{{"scope", "patch"}, {"patch", 9}}}}};
  CHECK(ask("off", nine)["counts"]["changed"] == 1);
  CHECK(cell.is_off());
  CHECK(ask("on", nine)["counts"]["changed"] == 1);
  CHECK_FALSE(cell.is_off());
}

TEST_CASE_FIXTURE(Fixture, "what is spared is counted, and so is what came meanwhile") {
  Cell guarded;
  Cell late;
  board.enroll(3, facts_of("m:f", false, Fail::patched), &guarded);
  board.listen(
      {.journal = {}, .work = {}, .changed = [&] { board.enroll(4, facts_of("m:late"), &late); }});
  const auto off = ask("off", {{"on", kAll}});
  CHECK(off["counts"]["matched"] == 4);
  CHECK(off["counts"]["protected"] == 1);
  CHECK(off["counts"]["off"] == 3);
  CHECK(off["counts"]["changed"] == 3);
  CHECK(late.is_off());
  CHECK_FALSE(guarded.is_off());
}

TEST_CASE_FIXTURE(Fixture, "of very many patches all are counted and a page is told") {
  std::vector<Cell> many(kLargestPage);
  for (std::size_t i = 0; i < many.size(); ++i) {
    board.enroll(static_cast<int>(i) + 3, facts_of("m:f"), &many[i]);
  }
  const auto off = ask("off", {{"on", kAll}});
  CHECK(off["counts"]["off"] == kLargestPage + 2);
  CHECK(off["patches"].size() == kLargestPage);
}

TEST_CASE_FIXTURE(Fixture, "nothing goes on that cannot be written down, and the answer says so") {
  REQUIRE(board.vote({Source::budget, Selector::of_patch(1), {}, false, 0}));
  REQUIRE(board.vote({Source::control, Selector::of_patch(2), {}, false, 0}));
  board.listen({.journal = [](const SwitchEntry&) { return false; }, .work = {}, .changed = {}});
  const json lift = {{"on", kAll}, {"override_seconds", 60}, {"reason", "look"}};
  CHECK(refusal("on", lift).starts_with("the journal cannot be written"));
  CHECK(board.is_off(1));
  CHECK(board.is_off(2));
  CHECK_FALSE(board.is_lifted());
}

TEST_CASE_FIXTURE(Fixture, "a dry run changes nothing") {
  const auto first = ask("off", {{"on", kAll}, {"dry_run", true}});
  CHECK(first["counts"]["matched"] == 2);
  CHECK(first["patches"][0]["reach"].is_null());  // not known yet
  const auto second = ask("off", {{"on", kAll}, {"dry_run", true}});
  CHECK(second["patches"][0]["reach"]["stale"] == json({"shop.http"}));
  CHECK(second["patches"][1]["reach"]["stale"].empty());
  CHECK_FALSE(cells[0].is_off());
  CHECK(board.all_votes().empty());
  REQUIRE(board.vote({Source::control, Selector::of_patch(1), {}, false, 0}));
  CHECK(ask("on", {{"on", kAll}, {"dry_run", true}})["counts"]["off"] == 1);
  CHECK(board.is_off(1));
}

TEST_CASE_FIXTURE(Fixture, "a name that nothing has is an error, unless it is meant for later") {
  const json nobody = {{"on", {{{"scope", "owner"}, {"owner", "nobody"}}}}};
  CHECK(ask("off", nobody)["error"]["code"] == 4);
  CHECK(board.all_votes().empty());
  auto later = nobody;
  later["future"] = true;
  CHECK(ask("off", later)["counts"]["matched"] == 0);
  CHECK(board.all_votes().size() == 1);
  auto two = nobody;
  two["on"].push_back({{"scope", "target"}, {"target", "m:*"}});
  CHECK(ask("off", two)["error"]["data"]["subject"] == "owner nobody, target m:*");
  CHECK(ask("off", {{"on", {{{"scope", "patch"}, {"patch", 9}}}}})["error"]["data"]["subject"] ==
        "p9");
}

TEST_CASE_FIXTURE(Fixture, "what a budget voted ends with `on`, or by its own verb") {
  for (const char* verb : {"on", "reset-trip"}) {
    REQUIRE(board.vote({Source::budget, Selector::of_patch(1), {"budget", ""}, false, 0}));
    CHECK(board.is_off(1));
    CHECK(ask(verb, {{"on", kAll}})["counts"]["off"] == 0);
    CHECK(board.all_votes().empty());
  }
}

TEST_CASE_FIXTURE(Fixture, "votes of a program are overridden by a lift") {
  REQUIRE(board.vote({Source::api, Selector::of_patch(1), {"a program", ""}, false, 0}));
  CHECK(ask("on", {{"on", kAll}})["counts"]["off"] == 1);
  const json lift = {{"on", kAll}, {"override_seconds", 60}, {"reason", "look"}};
  CHECK(ask("on", lift)["counts"]["off"] == 0);
  CHECK(ask("hello")["lifted"] == true);
}

TEST_CASE_FIXTURE(Fixture, "a proof is asked for, by whom and why, and waited for") {
  const auto asked = ask("prove", {{"patches", {1, 2}}, {"reason", "upgrade"}});
  CHECK(asked == json({{"proof", 1}, {"answered", false}}));
  CHECK(view.asked_to_prove == std::vector{1, 2});
  CHECK(view.prover.actor == "tester");
  CHECK(view.prover.reason == "upgrade");
  CHECK(ask("prove", {{"proof", 1}})["answered"] == true);
  CHECK(ask("prove", {{"proof", 2}})["answered"] == false);
  CHECK(ask("prove", {{"patches", {3}}})["error"]["code"] == 4);
  for (const auto& wrong : {json::array(), json({-1}), json({"p1"}), json("p1"), json()}) {
    CHECK(ask("prove", {{"patches", wrong}})["error"]["code"] == 2);
  }
  CHECK(ask("prove", {{"reason", "upgrade"}})["error"]["code"] == 2);
  CHECK(ask("prove", {{"patches", {4294967297}}})["error"]["code"] == 2);
  CHECK(ask("prove", {{"patches", {1}}, {"reason", 1}})["error"]["code"] == 2);
  CHECK(ask("prove", {{"patches", std::vector<int>(257, 1)}})["error"]["code"] == 2);
  CHECK(ask("prove", {{"proof", -1}})["error"]["code"] == 2);
  CHECK(ask("prove", {{"patches", {1}}})["proof"] == 2);
  CHECK(ask("prove", {{"patches", {1}}})["error"]["message"] ==
        "too many proofs wait for a safe point");
}

TEST_CASE_FIXTURE(Fixture, "the report is that of files, page by page") {
  const auto report = ask("report");
  CHECK(report["schema"] == "overt.report/1");
  CHECK(report["patches"].size() == 2);
  CHECK(report["conflicts"].size() == 1);
}

TEST_CASE_FIXTURE(Fixture, "the journal goes on where the reader was") {
  history.add("patch", R"({"id": 1})");
  history.add("switch", R"({"verb": "off"})");
  const auto all = ask("journal");
  CHECK(all["events"].size() == 2);
  CHECK(all["events"][1]["what"]["verb"] == "off");
  CHECK(ask("journal", {{"after", 1}})["events"].size() == 1);
  CHECK(ask("journal", {{"after", 2}})["events"].empty());
}

TEST_CASE_FIXTURE(Fixture, "what is no request is refused by name and changes nothing") {
  CHECK(code("") == -32700);
  CHECK(code("off") == -32700);
  CHECK(code("[]") == -32600);
  CHECK(code("{}") == -32600);
  CHECK(code(R"({"jsonrpc":"2.0","id":{},"method":"off"})") == -32600);
  CHECK(code(R"({"jsonrpc":"1.0","id":1,"method":"off"})") == -32600);
  CHECK(code(R"({"jsonrpc":"2.0","id":1,"method":"off","params":[]})") == -32600);
  CHECK(code(request("eval")) == -32601);
  CHECK(code(std::string(60'000, '[')) == -32700);
  for (const auto& params : std::vector<json>{json::object(),
                                              {{"on", json::array()}},
                                              {{"on", "all"}},
                                              {{"on", {1}}},
                                              {{"on", {{{"scope", "world"}}}}},
                                              {{"on", {{{"scope", "patch"}, {"patch", -1}}}}},
                                              {{"on", {{{"scope", "owner"}, {"owner", ""}}}}},
                                              {{"on", kAll}, {"reason", 1}},
                                              {{"on", kAll}, {"dry_run", "no"}},
                                              {{"on", kAll}, {"future", 1}},
                                              {{"on", kAll}, {"reason", std::string(1001, 'x')}},
                                              {{"on", kAll}, {"including_protected", true}},
                                              {{"on", json(std::vector<json>(257, kAll[0]))}}}) {
    CHECK(code(request("off", params)) == 2);
  }
  CHECK(code(request("on", {{"on", kAll}, {"override_seconds", 10}})) == 2);
  CHECK(code(request("list", {{"after", -1}})) == 2);
  CHECK(code(request("list", {{"after", 1e300}})) == 2);
  CHECK(code(request("list", {{"limit", -1}})) == 2);
  CHECK(code(request("journal", {{"after", "x"}})) == 2);
  CHECK(code(request("report", {{"limit", "x"}})) == 2);
  CHECK(code(request("show", {{"patch", "p1"}})) == 2);
  CHECK(refusal("show", {{"patch", 4294967297}}) == "too large a number");
  CHECK(refusal("list", {{"after", 4294967297}}) == "too large a number");
  for (const auto& params : std::vector<json>{json::object(),
                                              {{"on", kAll}, {"reason", 1}},
                                              {{"on", kAll}, {"dry_run", "no"}},
                                              {{"on", kAll}, {"override_seconds", "long"}}}) {
    CHECK(code(request("on", params)) == 2);
  }
  CHECK(board.all_votes().empty());
  CHECK_FALSE(board.is_lifted());
}

TEST_CASE_FIXTURE(Fixture, "bytes that are no text are answered in text") {
  const auto reply =
      answer(control, "{\"jsonrpc\":\"2.0\",\"id\":\"\xff\",\"method\":\"off\"}", "t");
  CHECK(json::parse(reply.line).contains("error"));
  CHECK(reply.line.ends_with("\n"));
}

TEST_CASE_FIXTURE(Fixture, "mutated frames never switch by accident and always get one line") {
  std::mt19937 random(20261124);  // NOLINT(cert-msc51-cpp): the same each time
  const auto whole = request("show", {{"patch", 1}});
  for (int i = 0; i < 20'000; ++i) {
    auto frame = whole;
    for (unsigned n = random() % 4 + 1; n > 0; --n) {
      frame[random() % frame.size()] = static_cast<char>(random() % 256);
    }
    const auto reply = answer(control, frame, "tester");
    REQUIRE(reply.line.find('\n') == reply.line.size() - 1);
  }
  CHECK(board.all_votes().empty());
}
