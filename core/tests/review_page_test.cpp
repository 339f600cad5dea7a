// The page of the review: what programs call things is data in it, and nothing else.
#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "overt/review.h"
#include "patches.h"

namespace overt::test {
namespace {

std::string page_of(std::vector<Patch> patches, std::vector<Event> events = {}) {
  auto report = report_of(std::move(patches));
  report.events = std::move(events);
  return to_html(review_of({report}, {}));
}

constexpr std::string_view kDataStart = "<script id=\"data\" type=\"application/json\">";

std::string data_in(const std::string& page) {
  const auto start = page.find(kDataStart) + kDataStart.size();
  return page.substr(start, page.find("</script>", start) - start);
}

// The page without its data: the same for every review.
std::string frame_of(const std::string& page) {
  const auto start = page.find(kDataStart);
  REQUIRE(start != std::string::npos);
  return page.substr(0, start) + page.substr(page.find("</script>", start));
}

TEST_CASE("the page is the same around every data, and asks for nothing from outside") {
  const auto frame = frame_of(page_of({}));
  CHECK(frame_of(page_of({patch_of("m:a", "acme")})) == frame);
  CHECK(frame.starts_with("<!doctype html>"));
  CHECK(frame.find("default-src 'none'; style-src 'sha256-") != std::string::npos);
  CHECK(frame.find("unsafe") == std::string::npos);
  for (const char* outside : {"src=", "url(", "@import", "fetch(", "<link", "innerHTML"}) {
    CAPTURE(outside);
    CHECK(frame.find(outside) == std::string::npos);
  }
}

TEST_CASE("no name leaves the data") {
  const std::string evil = "m:</script><script>alert(1)</script><!--\x1b[31m\u202e\xff&\"'";
  auto patch = patch_of(evil, evil);
  patch.via = {evil};
  patch.reason = evil;
  patch.site = {evil, evil, evil, 3};
  patch.stack = {patch.site};
  patch.old_value = {evil, evil, evil};
  patch.new_value = {evil, evil, evil};
  patch.lifetime = evil;
  const auto page = page_of({patch}, {{1, 1.0, evil, R"({"id": 1, "target": "<b>"})"}});
  CHECK(frame_of(page) == frame_of(page_of({})));
  const auto data = data_in(page);
  CHECK(data.find('<') == std::string::npos);
  CHECK(is_harmless(page));
  for (const char c : data) CHECK(static_cast<unsigned char>(c) < 0x80);
  const auto json = nlohmann::json::parse(data);
  CHECK(json["patches"][0]["target"] ==
        "m:</script><script>alert(1)</script><!--\\x1b[31m\\u202e\\xff&\"'");
  CHECK(json["events"][0]["said"] == "p1 <b>");
}

TEST_CASE("a name of a MiB is cut, and said to be") {
  const std::string longest(1 << 20, 'x');
  const auto page = page_of({patch_of("m:" + longest, longest)});
  CHECK(page.size() < 200'000);
  CHECK(page.find("(1046578 bytes more)") != std::string::npos);
}

TEST_CASE("what patches share is in the data once") {
  std::vector<Patch> patches;
  for (int i = 0; i < 50; ++i) patches.push_back(patch_of("m:a" + std::to_string(i), "acme"));
  const auto json = nlohmann::json::parse(data_in(page_of(std::move(patches))));
  CHECK(json["patches"].size() == 50);
  CHECK(json["frames"].size() == 2);
  CHECK(json["answers"].size() == 5 + 50);  // the sixth names the command
  const auto owner = json["patches"][7]["owner"].get<std::size_t>();
  CHECK(json["texts"][owner] == "acme 1.0");
}

TEST_CASE("what happened to patches is said as the journal says it") {
  CHECK(event_words({1, 0, "patch", R"({"id":3,"target":"m:a","change":"added","owner":"x"})"}) ==
        "p3 m:a added by x");
  CHECK(event_words({1, 0, "revert", R"({"id":3})"}) == "p3");
  CHECK(event_words({1, 0, "revert", R"({"id":3,"target":"m:a","lost":"gone"})"}) ==
        "p3 m:a: gone");
  CHECK(event_words({1, 0, "switch",
                     R"({"verb":"off","source":"control","actor":"uid 0","reason":"slow",)"
                     R"("on":[{"scope":"owner","owner":"acme"}],"turned_off":[3,4],"held":)"
                     R"([{"source":"env","scope":"process","reason":""}]})"}) ==
        "off owner acme, by control: uid 0 (slow); off: p3 p4; holds: env: everything");
  CHECK(event_words({1, 0, "proof",
                     R"({"actor":"uid 0","reason":"why","patches":[{"id":1,"proved":true},)"
                     R"({"id":2,"said":"buried"},{"id":3,"said":"buried"}, 7]})"}) ==
        "proof of removal, by uid 0 (why); proved: p1; not proved: p2 p3: buried");
  CHECK(event_words({1, 0, "file", R"({"what":"refused","n":2})"}) == "n: 2, what: refused");
  for (const char* wrong : {"", "[", "7", R"({"on":7,"held":{},"turned_off":"x"})"}) {
    CAPTURE(wrong);
    CHECK_NOTHROW(event_words({1, 0, "switch", wrong}));
  }
}

}  // namespace
}  // namespace overt::test
