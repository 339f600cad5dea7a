// Metadata that makes no sense, or means harm.
#include <doctest/doctest.h>

#include <filesystem>
#include <utility>

#include "site.h"

namespace overt::test {
namespace {

TEST_CASE("metadata without a name is no distribution, one without a version is") {
  Site site;
  site.shop("RECORD", "shop/__init__.py,,\n");
  site.files.write("site-packages/bare.dist-info/METADATA", "Name: bare");
  site.files.write("site-packages/bare.dist-info/RECORD", "bare.py");
  CHECK(site.owner("shop/cart.py") == "nobody");
  CHECK(site.owner("bare.py") == "bare ");
}

TEST_CASE("an escape in a URL that is none stands for itself") {
  for (const auto& [url, file] : {std::pair{"/a%zz", "/a%zz/x.py"},
                                  {"/a%4", "/a%4/x.py"},
                                  {"/a%", "/a%/x.py"},
                                  {"/a%4g", "/a%4g/x.py"},
                                  {"/a%+4", "/a%+4/x.py"},
                                  {"/a%-1", "/a%-1/x.py"},
                                  {"/a%4a", "/aJ/x.py"},
                                  {"/a%2F%41", "/a/A/x.py"}}) {
    CAPTURE(url);
    Site site;
    site.editable(R"({"url": "file://)" + std::string(url) +
                  R"(", "dir_info": {"editable": true}})");
    CHECK(site.outside(file) == "shop 0.1 editable");
  }
}

TEST_CASE("a direct_url.json that makes no sense makes no editable install") {
  for (const char* text :
       {"", "no JSON", "[1]", "{", "{}", R"({"url": 7})", R"({"url": "file:///src"})",
        R"({"url": "file:///src", "dir_info": []})", R"({"url": "file:///src", "dir_info": {}})",
        R"({"url": "file:///src", "dir_info": {"editable": "yes"}})",
        R"({"url": "file:///src", "dir_info": {"editable": false}})",
        R"({"url": "https://example.org/src", "dir_info": {"editable": true}})",
        R"({"url": "file://", "dir_info": {"editable": true}})",
        R"({"url": "file:///", "dir_info": {"editable": true}})"}) {
    CAPTURE(text);
    Site site;
    site.editable(text);
    CHECK(site.outside("/src/cart.py") == "nobody");
    CHECK(site.outside("https://example.org/src/cart.py") == "nobody");
    CHECK(site.owner("__editable__.shop-0.1.pth") == "shop 0.1");
  }
}

TEST_CASE("binary rubbish in every file is survived") {
  Site site;
  std::string rubbish;
  for (int i = 0; i < 4096; ++i) rubbish += static_cast<char>(i * 37);
  for (const char* file : {"METADATA", "RECORD", "top_level.txt", "direct_url.json"}) {
    site.shop(file, rubbish);
  }
  site.install("six", "six.py");
  site.files.write("site-packages/six-2.0.dist-info/METADATA", "Name: six\nVersion: 2.0\n\n");
  site.files.write("site-packages/six-2.0.dist-info/RECORD", "six.py\n" + rubbish);
  CHECK(site.owner("six.py") == "six 1.0");
  CHECK(site.outside("/src/cart.py") == "nobody");
}

TEST_CASE("a file that is far too large to be metadata is not read") {
  Site site;
  for (const char* file : {"METADATA", "RECORD", "top_level.txt", "direct_url.json"}) {
    site.shop(file, "");
    std::filesystem::resize_file(
        site.files.path(std::string("site-packages/shop-0.1.dist-info/") + file),
        std::uintmax_t{1} << 36U);  // a hole: it takes no space
  }
  CHECK(site.owner("shop/cart.py") == "nobody");
}

TEST_CASE("what is no regular file is not read") {
  Site site;
  site.shop("top_level.txt", "shop\n");
  std::filesystem::create_symlink("/dev/zero",
                                  site.files.path("site-packages/shop-0.1.dist-info/METADATA"));
  site.files.write("site-packages/file.dist-info", "Name: file\n");
  CHECK(site.owner("shop/cart.py") == "nobody");
}

TEST_CASE("a root that is no directory holds nothing") {
  Distributions distributions({"/no/such/directory", "", "/dev/null"});
  CHECK(distributions.owner("/no/such/directory", "shop/cart.py") == nullptr);
  CHECK(distributions.owner("", "shop/cart.py") == nullptr);
  CHECK(distributions.outside("/usr/bin/shop") == nullptr);
}

}  // namespace
}  // namespace overt::test
