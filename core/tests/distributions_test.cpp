// Reading what installers leave behind, from real files, friendly and hostile ones.
#include "overt/distributions.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>

#include "files.h"

namespace overt::test {
namespace {

// "name version", with " editable" where it is; "nobody" for none.
std::string text_of(const Distribution* distribution) {
  if (distribution == nullptr) return "nobody";
  return distribution->name + " " + distribution->version +
         (distribution->editable ? " editable" : "");
}

// One import root, "site-packages", and what a path in it or outside of it belongs to.
class Site {
 public:
  std::string owner(std::string_view relative) {
    return text_of(distributions_.owner(files.path("site-packages"), relative));
  }
  std::string outside(const std::string& path) { return text_of(distributions_.outside(path)); }

  void install(const std::string& name, std::string_view record) const {
    test::install(files, "site-packages", name, "1.0", record);
  }
  // A file of the metadata of distribution shop 0.1.
  void shop(std::string_view file, std::string_view text) const {
    files.write("site-packages/shop-0.1.dist-info/" + std::string(file), text);
  }
  void editable(std::string_view direct_url) const {
    shop("METADATA", "Name: shop\nVersion: 0.1\n");
    shop("RECORD", "__editable__.shop-0.1.pth,,\n");
    shop("direct_url.json", direct_url);
  }

  Directory files;

 private:
  Distributions distributions_{{files.path("site-packages")}};
};

TEST_CASE("a package belongs to the distribution that recorded its files") {
  Site site;
  site.install("Flask", "flask/__init__.py\nflask/app.py\nFlask-1.0.dist-info/RECORD");
  CHECK(site.owner("flask/app.py") == "Flask 1.0");
  CHECK(site.owner("flask/added/by/hand.py") == "Flask 1.0");
  CHECK(site.owner("flas/app.py") == "nobody");
  CHECK(site.owner("flasks/app.py") == "nobody");
  CHECK(site.owner("") == "nobody");
}

TEST_CASE("single-file modules, C extensions and caches are packages of one file") {
  Site site;
  site.install("six", "six.py\n__pycache__/six.cpython-313.pyc");
  site.install("cffi", "_cffi_backend.cpython-313-x86_64-linux-gnu.so\ncffi/__init__.py");
  CHECK(site.owner("six.py") == "six 1.0");
  CHECK(site.owner("_cffi_backend.cpython-313-x86_64-linux-gnu.so") == "cffi 1.0");
  CHECK(site.owner("cffi/api.py") == "cffi 1.0");
}

TEST_CASE("distributions that share a namespace package own their own files and directories") {
  Site site;
  site.install("google-auth", "google/auth/__init__.py\ngoogle/auth/keys.py");
  site.install("google-cloud-storage", "google/cloud/storage/__init__.py\n\"google/cloud/a,b.py\"");
  CHECK(site.owner("google/auth/keys.py") == "google-auth 1.0");
  CHECK(site.owner("google/cloud/storage/__init__.py") == "google-cloud-storage 1.0");
  CHECK(site.owner("google/cloud/storage/new/file.py") == "google-cloud-storage 1.0");
  CHECK(site.owner("google/cloud/a,b.py") == "google-cloud-storage 1.0");
}

TEST_CASE("a file that nobody recorded goes to the first of those who share its package") {
  Site site;
  site.install("b-second", "shared/b/__init__.py");
  site.install("a-first", "shared/a/__init__.py");
  site.install("c-third", "shared/c/__init__.py");
  CHECK(site.owner("shared/other.py") == "a-first 1.0");
  CHECK(site.owner("shared/c/other.py") == "c-third 1.0");
}

TEST_CASE("console scripts are found outside of the root") {
  Site site;
  site.install("Flask", "../bin/flask\nflask/__init__.py");
  site.install("odd", "\"../bin/odd,name\"\n\"/opt/o\"\"d\"\"d\"");
  CHECK(site.outside(site.files.path("bin/flask")) == "Flask 1.0");
  CHECK(site.outside(site.files.path("bin/odd,name")) == "odd 1.0");
  CHECK(site.outside("/opt/o\"d\"d") == "odd 1.0");
  CHECK(site.outside(site.files.path("bin/other")) == "nobody");
}

TEST_CASE("a quoted path in RECORD is read as CSV") {
  Site site;
  site.install("odd", "\"odd,package/__init__.py\"\n\"quo\"\"ted.py\"\n\"unclosed.py");
  CHECK(site.owner("odd,package/x.py") == "odd 1.0");
  CHECK(site.owner("unclosed.py") == "odd 1.0");
}

TEST_CASE("lines may end as on Windows") {
  Site site;
  site.shop("METADATA", "Name: shop\r\nVersion: 0.1\r\n\r\nName: other\r\n");
  site.shop("RECORD", "shop/__init__.py,,\r\n\r\nshop_tools.py,,\r\n");
  CHECK(site.owner("shop/cart.py") == "shop 0.1");
  CHECK(site.owner("shop_tools.py") == "shop 0.1");
}

TEST_CASE("without a RECORD top_level.txt says what a distribution provides") {
  Site site;
  site.shop("METADATA", "Name: shop\nVersion: 0.1\n");
  site.shop("top_level.txt", "shop\nshop_tools\n");
  CHECK(site.owner("shop/cart.py") == "shop 0.1");
  CHECK(site.owner("shop_tools.py") == "shop 0.1");
}

TEST_CASE("a distribution that says neither claims nothing") {
  Site site;
  site.shop("METADATA", "Name: shop\nVersion: 0.1\n");
  CHECK(site.owner("shop/cart.py") == "nobody");
}

TEST_CASE("metadata without a name is no distribution, one without a version is") {
  Site site;
  site.shop("RECORD", "shop/__init__.py,,\n");
  site.files.write("site-packages/bare.dist-info/METADATA", "Name: bare");
  site.files.write("site-packages/bare.dist-info/RECORD", "bare.py");
  CHECK(site.owner("shop/cart.py") == "nobody");
  CHECK(site.owner("bare.py") == "bare ");
}

TEST_CASE("egg-info in a checkout marks an editable install, in site-packages an installed one") {
  const Directory files;
  for (const std::string place : {"checkout", "site-packages", "dist-packages"}) {
    files.write(place + "/shop.egg-info/PKG-INFO", "Name: shop\nVersion: 0.1\n");
    files.write(place + "/shop.egg-info/top_level.txt", "shop\n");
  }
  files.write("dist-packages/pycairo-1.2.egg-info", "Name: pycairo\nVersion: 1.2\n");
  Distributions distributions({});
  const auto owner = [&](const std::string& place) {
    return text_of(distributions.owner(files.path(place), "shop/cart.py"));
  };
  CHECK(owner("checkout") == "shop 0.1 editable");
  CHECK(owner("site-packages") == "shop 0.1");
  CHECK(owner("dist-packages") == "shop 0.1");
}

TEST_CASE("an editable install owns the directory that it was installed from") {
  Site site;
  site.editable(R"({"url": "file:///src/my%20shop", "dir_info": {"editable": true}})");
  CHECK(site.outside("/src/my shop/shop/cart.py") == "shop 0.1 editable");
  CHECK(site.outside("/src/my shop") == "nobody");
  CHECK(site.outside("/src/my shopping/cart.py") == "nobody");
  CHECK(site.owner("__editable__.shop-0.1.pth") == "shop 0.1 editable");
}

TEST_CASE("a slash at the end of an editable install's directory does not matter") {
  Site site;
  site.editable(R"({"url": "file:///src/shop//", "dir_info": {"editable": true}})");
  CHECK(site.outside("/src/shop/cart.py") == "shop 0.1 editable");
}

TEST_CASE("an escape in a URL that is none stands for itself") {
  for (const auto& [url, file] : {std::pair{"/a%zz", "/a%zz/x.py"}, {"/a%4", "/a%4/x.py"},
                                  {"/a%", "/a%/x.py"}, {"/a%4g", "/a%4g/x.py"}, {"/a%+4", "/a%+4/x.py"},
                                  {"/a%-1", "/a%-1/x.py"}, {"/a%4a", "/aJ/x.py"}, {"/a%2F%41", "/a/A/x.py"}}) {
    CAPTURE(url);
    Site site;
    site.editable(R"({"url": "file://)" + std::string(url) + R"(", "dir_info": {"editable": true}})");
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
    std::filesystem::resize_file(site.files.path(std::string("site-packages/shop-0.1.dist-info/") + file),
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

TEST_CASE("a root that is added later is searched too") {
  const Directory files;
  install(files, "more", "Flask", "1.0", "../bin/flask\nflask/__init__.py");
  Distributions distributions({});
  CHECK(distributions.outside(files.path("bin/flask")) == nullptr);
  distributions.add_root(files.path("more"));
  CHECK(text_of(distributions.outside(files.path("bin/flask"))) == "Flask 1.0");
}

}  // namespace
}  // namespace overt::test
