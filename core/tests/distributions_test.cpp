// Which distribution a file belongs to, read from what installers leave behind.
#include "overt/distributions.h"

#include <doctest/doctest.h>

#include "site.h"

namespace overt::test {
namespace {

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

TEST_CASE("a RECORD may list files in any order, and by odd paths") {
  Site site;
  site.install("six", "six.py\nother.py\nsix/x.py\n./here.py\n,");
  site.shop("METADATA", "Name: shop\nVersion: 0.1\n");
  site.shop("RECORD", "\"../bin/shop\"\n\"../bin/unclosed");
  CHECK(site.owner("six/y.py") == "six 1.0");
  CHECK(site.owner("here.py") == "nobody");
  CHECK(site.outside(site.files.path("bin/shop")) == "shop 0.1");
  CHECK(site.outside(site.files.path("bin/unclosed")) == "shop 0.1");
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
