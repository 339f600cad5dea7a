// overt.report/1: what other programs read, and what is read back.
#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "overt/report.h"
#include "patches.h"

namespace overt::test {
namespace {

using nlohmann::json;

// A report in which every field differs from its default.
Report full_report() {
  auto first = patch_of("http.client:HTTPConnection.send", "sentry-sdk");
  first.via = {"wrapt", "unittest.mock"};
  first.reach = Reach{3, {"shop.http"}};
  auto second = patch_of("http.client:HTTPConnection.send", "gevent");
  second.change = Change::deleted;
  second.boundary = Boundary::own;
  second.internal = true;
  second.reverted = true;
  second.times = 5;
  second.owner.version = "";
  second.new_value = {};
  second.old_value = {"wrapt.BoundFunctionWrapper", "", ""};
  auto report = report_of({first, second, patch_of("time:sleep", "gevent")});
  report.dropped = 4;
  report.conflicts = {{"http.client:HTTPConnection.send", {1, 2}}};
  report.children = {{8, "fork", {"python"}, 2, "/tmp/r.8.json", false}};
  RegistryState registry;
  registry.name = "shop.exporters";
  registry.order = Order::listed;
  registry.listed = {"csv", "json"};
  registry.duplicates = Duplicates::keep;
  registry.entries = {{41,
                       41,
                       "csv",
                       "fast",
                       -3,
                       {"acme", "1.4", "acme"},
                       {"acme", "f", "a.py", 7},
                       "acme:Csv",
                       "csv = acme:Csv [shop.exporters]"}};
  report.registries = {registry};
  return report;
}

TEST_CASE("the fields of a report are the documented ones") {
  auto report = report_of({patch_of("http.client:HTTPConnection.send", "sentry-sdk")});
  report.patches[0].via = {"wrapt"};
  report.patches[0].reach = Reach{3, {"shop.http"}};
  report.children = {{8, "fork", {"python"}, 2, "", true}};
  CHECK(json::parse(to_json(report)) == json::parse(R"({
    "schema": "overt.report/1", "python": "3.13.0", "pid": 7, "argv": ["python", "app.py"],
    "modules": 312, "watch_ms": 4.5, "dropped": 0, "metered": false,
    "patches": [{
      "id": 1, "target": "http.client:HTTPConnection.send", "change": "replaced",
      "origin": "foreign",
      "owner": {"name": "sentry-sdk", "version": "1.0", "package": "package"},
      "via": ["wrapt"], "boundary": "stdlib",
      "reach": {"kind": "name", "modules": 3, "stale": ["shop.http"], "users": [],
                "user_modules": 0, "subclasses": [], "subclass_count": 0},
      "handlers": null, "evidence": null, "looks": null,
      "internal": false, "state": "on", "layer": 1, "reverted": false, "times": 1,
      "at": 1790000000.25, "thread": 77,
      "site": {"module": "package.module", "function": "install",
               "file": "/site/package/module.py", "line": 10},
      "stack": [{"module": "package.module", "function": "install",
                 "file": "/site/package/module.py", "line": 10},
                {"module": "shop.boot", "function": "<module>",
                 "file": "/src/shop/boot.py", "line": 3}],
      "old": {"type": "function", "module": "http.client", "qualname": "HTTPConnection.send"},
      "new": {"type": "function", "module": "package.module", "qualname": "send"},
      "metered": false, "calls": 0, "errors": 0,
      "own_ns": {"mean": 0, "p50": 0, "p99": 0, "max": 0, "total": 0, "sampled": 0,
                 "at_most": false, "uncertainty": 0, "share_of_wall": 0, "at_least": false},
      "original_ns": {"mean": 0, "p50": 0, "p99": 0, "max": 0, "total": 0}}],
    "conflicts": [],
    "children": [{"pid": 8, "started_by": "fork", "argv": ["python"], "patches": 2, "report": "",
                  "ended": true}],
    "registries": []})"));
}

TEST_CASE("the fields of a registry are the documented ones") {
  CHECK(json::parse(to_json(full_report())).at("registries") == json::parse(R"([{
    "name": "shop.exporters", "order": "listed", "listed": ["csv", "json"], "duplicates": "keep",
    "entries": [{"id": 41, "name": "csv", "group": "fast", "priority": -3,
      "owner": {"name": "acme", "version": "1.4", "package": "acme"},
      "site": {"module": "acme", "function": "f", "file": "a.py", "line": 7},
      "value": "acme:Csv", "entry_point": "csv = acme:Csv [shop.exporters]"}]}])"));
  auto report = report_of({});
  report.registries.resize(1);
  CHECK(json::parse(to_json(report)).at("registries").at(0).at("order") == "registration");
  CHECK(json::parse(to_json(report)).at("registries").at(0).at("duplicates") == "error");
}

TEST_CASE("a report from before there were registries is read") {
  auto old = json::parse(to_json(full_report()));
  old.erase("registries");
  const auto read = report_from_json(old.dump());
  REQUIRE(read);
  CHECK(read->registries.empty());
}

TEST_CASE("what is not known is null, what is not there is empty") {
  const auto patch = json::parse(to_json(full_report(), true)).at("patches").at(1);
  CHECK(patch.at("reach") == json{{"kind", "name"}, {"modules", nullptr}, {"stale", nullptr}});
  CHECK(patch.at("owner").at("version").is_null());
  CHECK(patch.at("state") == "reverted");
  CHECK(patch.at("new") == json::object());
  CHECK(patch.at("old").at("module").is_null());
}

TEST_CASE("a report is the same after it was written and read") {
  const auto text = to_json(full_report(), true);
  const auto read = report_from_json(text);
  REQUIRE(read);
  CHECK(to_json(*read, true) == text);
  CHECK(read->patches[1].change == Change::deleted);
  CHECK(read->patches[1].boundary == Boundary::own);
  CHECK(read->patches[1].times == 5);
  CHECK(read->patches[1].reverted);
  CHECK(read->patches[0].reach->stale == std::vector<std::string>{"shop.http"});
  CHECK(read->patches[0].at == 1790000000.25);
}

// What only Overt itself knows of a patch, and what was found out about one.
Patch known_patch() {
  auto patch = patch_of("time:sleep", "acme");
  patch.governed = true;
  patch.everywhere = true;
  patch.reason = "clock of the tests";
  patch.lifetime = "ttl";
  patch.scope = "thread";
  patch.state = "buried";
  patch.metered = true;
  patch.calls = 12;
  patch.errors = 3;
  patch.evidence = ErrorsSeen{9, 5, 1, 2, 1};
  patch.handlers = {{Handling::swallows, 7}, {Handling::raises_again, 9}};
  patch.looks = Looks{true, false, true, "(seconds)", "(*args)"};
  patch.proof = Proof{false, true, "2 calls are inside of it", 1.5};
  patch.reach = Reach{3, {"shop.http"}, {"shop.cart:sleep"}, 1, {"shop.Clock"}, 2};
  Cost cost;
  cost.own = {4, 100.0, 25.0, 20.0, 60.0, 70.0};
  cost.original.mean = 9.0;
  cost.at_most = true;
  cost.at_least = true;
  cost.share = 0.25;
  patch.cost = cost;
  return patch;
}

TEST_CASE("all that is known of a patch is the same after it was written and read") {
  auto report = report_of({known_patch()});
  const auto text = to_json(report);
  const auto read = report_from_json(text);
  REQUIRE(read);
  CHECK(to_json(*read) == text);
  const auto& patch = read->patches[0];
  CHECK(patch.governed);
  CHECK(patch.everywhere);
  CHECK(patch.reason + "|" + patch.lifetime + "|" + patch.scope + "|" + patch.state ==
        "clock of the tests|ttl|thread|buried");
  CHECK(patch.evidence == known_patch().evidence);
  CHECK(patch.handlers == known_patch().handlers);
  CHECK(patch.looks == known_patch().looks);
  CHECK(patch.proof == known_patch().proof);
  CHECK(patch.reach->subclasses == std::vector<std::string>{"shop.Clock"});
  CHECK(patch.cost->own.mean == 25);
  const auto out = json::parse(text).at("patches").at(0);
  CHECK(out.at("origin") == "governed");
  CHECK(out.at("state") == "buried");
  CHECK(out.at("reach").at("kind") == "everywhere");
  CHECK(out.at("handlers") == json::parse(R"([{"does": "swallows", "line": 7},
                                              {"does": "raises_again", "line": 9}])"));
  CHECK(out.at("proof") == json::parse(R"({"proved": false, "busy": true, "at": 1.5,
                                           "said": "2 calls are inside of it"})"));
  CHECK_FALSE(out.contains("lost"));
  report.patches[0].looks->same_signature.reset();  // one of the two has none
  CHECK(json::parse(to_json(report)).at("patches").at(0).at("looks").at("same_signature") ==
        nullptr);
  CHECK(report_from_json(to_json(report))->patches[0].looks == report.patches[0].looks);
}

TEST_CASE("a patch that was lost says why, and is neither on nor reverted") {
  auto report = report_of({known_patch()});
  report.patches[0].lost = "another patch was put over it";
  const auto text = to_json(report);
  const auto out = json::parse(text).at("patches").at(0);
  CHECK(out.at("state") == "lost");
  CHECK(out.at("lost") == "another patch was put over it");
  CHECK(report_from_json(text)->patches[0].lost == "another patch was put over it");
}

TEST_CASE("what a living process says of switching is read, and is not known from a report") {
  auto in = json::parse(to_json(report_of({known_patch()})));
  CHECK_FALSE(report_from_json(in.dump())->patches[0].switchable);
  in["patches"][0]["switchable"] = false;
  in["patches"][0]["why"] = "it has no call path";
  const auto read = report_from_json(in.dump());
  CHECK(read->patches[0].switchable == false);
  CHECK(read->patches[0].why_not == "it has no call path");
}

TEST_CASE("every change and every boundary can be written and read") {
  auto report = report_of({patch_of("m:a", "x")});
  auto& patch = report.patches[0];
  for (const auto change :
       {Change::replaced, Change::added, Change::deleted, Change::code, Change::module}) {
    for (const auto boundary : {Boundary::own, Boundary::application, Boundary::third_party,
                                Boundary::stdlib, Boundary::builtins}) {
      patch.change = change;
      patch.boundary = boundary;
      const auto read = report_from_json(to_json(report));
      REQUIRE(read);
      CHECK(read->patches[0].change == change);
      CHECK(read->patches[0].boundary == boundary);
    }
  }
}

TEST_CASE("internal changes are written only when asked for") {
  CHECK(json::parse(to_json(full_report())).at("patches").size() == 2);
  CHECK(json::parse(to_json(full_report(), true)).at("patches").size() == 3);
}

TEST_CASE("names that are no UTF-8 are replaced, and the rest is valid") {
  auto report = report_of({patch_of("m:\xff\xc3(", "\x80wner")});
  report.argv = {"\xfe", std::string("a\0b", 3)};
  const auto read = report_from_json(to_json(report));
  REQUIRE(read);
  CHECK(read->patches[0].target == "m:\ufffd\ufffd(");
  CHECK(read->patches[0].owner.name == "\ufffdwner");
  CHECK(read->argv == std::vector<std::string>{"\ufffd", std::string("a\0b", 3)});
}

TEST_CASE("hostile names are strings like any") {
  const std::string huge(1U << 20U, '"');
  for (const auto& name : {std::string("\x1b[31m\n</script>"), std::string("\u202e\u2028"), huge}) {
    const auto text = to_json(report_of({patch_of(name, name)}));
    for (const char c : text) {
      if (static_cast<unsigned char>(c) < 0x20 && c != '\n') FAIL("a control character in JSON");
    }
    const auto read = report_from_json(text);
    REQUIRE(read);
    CHECK(read->patches[0].target == name);
  }
}

TEST_CASE("what is no report is refused, and shown in part") {
  for (const std::string& text :
       {std::string(), std::string("no JSON"), std::string("[]"), std::string("{}"),
        std::string(R"({"schema": "overt.report/2"})"), std::string(R"({"schema": 1})"),
        std::string(R"({"schema": null})"), std::string(1000, '[')}) {
    CAPTURE(text);
    const auto read = report_from_json(text);
    REQUIRE_FALSE(read);
    CHECK(read.error().code == Code::format);
    CHECK(read.error().what == "this is no overt.report/1");
    CHECK(read.error().subject == text.substr(0, 60));
  }
}

TEST_CASE("no field that is missing or of another type makes the reader throw") {
  const auto whole = json::parse(to_json(full_report(), true));
  const auto flat = whole.flatten();
  for (const auto& [path, value] : flat.items()) {
    for (const char* other : {"null", "[]", "{}", "\"x\"", "-1", "1e300", "true"}) {
      auto damaged = whole;
      damaged[json::json_pointer(path)] = json::parse(other);
      const auto read = report_from_json(damaged.dump());
      if (!read && read.error().code != Code::format) FAIL_CHECK(path, other);
    }
  }
  for (const char* key : {"python", "pid", "argv", "modules", "watch_ms", "dropped", "patches",
                          "conflicts", "children"}) {
    CAPTURE(key);
    auto damaged = whole;
    damaged.erase(key);
    const auto read = report_from_json(damaged.dump());
    REQUIRE_FALSE(read);
    CHECK(read.error().subject.find(key) != std::string::npos);
  }
}

TEST_CASE("fields and words of a later version are passed over") {
  auto in = json::parse(to_json(report_of({patch_of("m:a", "x")})));
  in["policy"] = "strict";
  in["patches"][0]["votes"] = 3;
  in["patches"][0]["change"] = "moved";
  in["patches"][0]["boundary"] = "galaxy";
  in["patches"][0]["handlers"] = json::parse(R"([{"does": "retries", "line": 1},
                                                 {"does": "replaces", "line": 2}])");
  const auto read = report_from_json(in.dump());
  REQUIRE(read);
  CHECK(read->patches[0].change == Change::replaced);
  CHECK(read->patches[0].boundary == Boundary::third_party);
  CHECK(read->patches[0].handlers == std::vector{Handler{Handling::replaces, 2}});
}

}  // namespace
}  // namespace overt::test
