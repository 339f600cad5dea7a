// Whose code a file is, in a tree as installers make it.
#include "overt/origins.h"

#include <doctest/doctest.h>

#include "files.h"

namespace overt::test {
namespace {

constexpr auto kSite = "lib/python3.13/site-packages";
constexpr auto kDebian = "usr/lib/python3/dist-packages";

// A virtual environment, a checkout, and Debian's packages; `text` tells an origin as
// "place: name version (package, party)".
class Machine {
 public:
  Machine() {
    install(files_, kSite, "Flask", "3.1", "../../../bin/flask\nflask/__init__.py\nflask/app.py");
    install(files_, kSite, "six", "1.17", "six.py\n__pycache__/six.cpython-313.pyc");
    install(files_, kSite, "cffi", "2.0", "_cffi_backend.cpython-313-x86_64-linux-gnu.so");
    install(files_, kSite, "google-auth", "2.4", "google/auth/__init__.py");
    install(files_, kSite, "google-cloud-storage", "3.5", "google/cloud/storage/__init__.py");
    install(files_, kSite, "shop", "0.1", "__editable__.shop-0.1.pth");
    files_.write(
        std::string(kSite) + "/shop-0.1.dist-info/direct_url.json",
        R"({"url": "file://)" + path("shop checkout") + R"(", "dir_info": {"editable": true}})");
    files_.write("depot checkout/depot.egg-info/PKG-INFO", "Name: depot\nVersion: 0.2\n");
    files_.write("depot checkout/depot.egg-info/top_level.txt", "depot\n");
    files_.write(std::string(kDebian) + "/pycairo-1.20.egg-info", "Name: pycairo\nVersion: 1.20\n");
    files_.write(std::string(kDebian) + "/apt.egg-info/PKG-INFO",
                 "Name: python-apt\nVersion: 2.6\n");
    files_.write(std::string(kDebian) + "/apt.egg-info/top_level.txt", "apt\napt_pkg\n");
  }

  std::string path(std::string_view relative) const { return files_.path(relative); }

  // `file` is relative to the machine, or "" for built-in and frozen modules.
  std::string text(std::string_view module, std::string_view file,
                   std::string_view main_name = {}) {
    const auto where = file.empty() || file.starts_with('<') ? std::string(file) : path(file);
    return text(origins[origins.of(module, where, main_name)]);
  }
  static std::string text(const Origin& origin) {
    static constexpr const char* kPlaces[] = {"builtins", "stdlib", "site", "application"};
    return std::string(kPlaces[static_cast<int>(origin.place)]) + ": " + origin.name + " " +
           origin.version + " (" + origin.package + ", " + origin.party + ")";
  }

 private:
  Directory files_;

 public:
  Origins origins{{"3.13.0",
                   {"builtins", "http", "json", "os", "sys"},
                   path("lib/python3.13"),
                   {path("lib/python3.13"), path(kSite), path(kDebian)}}};
};

std::string in_site(std::string_view file) { return std::string(kSite) + "/" + std::string(file); }

TEST_CASE("the interpreter's own modules are python's, wherever they come from") {
  Machine machine;
  CHECK(machine.text("builtins", "") == "builtins: python 3.13.0 (builtins, python)");
  CHECK(machine.text("sys", "") == "stdlib: python 3.13.0 (sys, python)");
  CHECK(machine.text("os", "<frozen os>") == "stdlib: python 3.13.0 (os, python)");
  CHECK(machine.text("http.client", "lib/python3.13/http/client.py") ==
        "stdlib: python 3.13.0 (http, python)");
  CHECK(machine.text("_json", "lib/python3.13/lib-dynload/_json.so") ==
        "stdlib: python 3.13.0 (_json, python)");
}

TEST_CASE("an application may have a module of a standard name, at its own place") {
  Machine machine;
  CHECK(machine.text("json", "app/json.py") == "application: json  (json, app:json)");
  CHECK(machine.text("http.client", "lib/python3.130/http/client.py") ==
        "application: http.client  (http, app:http)");
  CHECK(machine.text("lib", "lib/python3.13") == "application: lib  (lib, app:lib)");
}

TEST_CASE("installed code belongs to its distribution, of the name and version installed") {
  Machine machine;
  CHECK(machine.text("flask.app", in_site("flask/app.py")) ==
        "site: Flask 3.1 (flask, dist:Flask)");
  CHECK(machine.text("six", in_site("six.py")) == "site: six 1.17 (six, dist:six)");
  CHECK(machine.text("_cffi_backend", in_site("_cffi_backend.cpython-313-x86_64-linux-gnu.so")) ==
        "site: cffi 2.0 (_cffi_backend, dist:cffi)");
}

TEST_CASE("distributions that share a namespace package are two parties") {
  Machine machine;
  CHECK(machine.text("google.auth", in_site("google/auth/__init__.py")) ==
        "site: google-auth 2.4 (google, dist:google-auth)");
  CHECK(machine.text("google.cloud.storage", in_site("google/cloud/storage/__init__.py")) ==
        "site: google-cloud-storage 3.5 (google, dist:google-cloud-storage)");
}

TEST_CASE("a file copied into site-packages by hand goes by its import name") {
  Machine machine;
  CHECK(machine.text("handmade.tools", in_site("handmade/tools.py")) ==
        "site: handmade  (handmade, site:handmade)");
  CHECK(machine.text("loose", in_site("loose.py")) == "site: loose  (loose, site:loose)");
}

TEST_CASE("Debian's packages are installed code, with flat egg-info and without") {
  Machine machine;
  const std::string debian = kDebian;
  CHECK(machine.text("apt.cache", debian + "/apt/cache.py") ==
        "site: python-apt 2.6 (apt, dist:python-apt)");
  CHECK(machine.text("cairo", debian + "/cairo/__init__.py") == "site: cairo  (cairo, site:cairo)");
}

TEST_CASE("a console script belongs to the distribution that installed it") {
  Machine machine;
  CHECK(machine.text("__main__", "bin/flask") == "site: Flask 3.1 (__main__, dist:Flask)");
  CHECK(machine.text("__main__", "bin/mine") == "application: __main__  (__main__, app:__main__)");
}

TEST_CASE("an editable install is the application, under the name of its distribution") {
  Machine machine;
  CHECK(machine.text("shop.cart", "shop checkout/src/shop/cart.py") ==
        "application: shop 0.1 (shop, dist:shop)");
  CHECK(machine.text("depot", "depot checkout/depot/__init__.py") ==
        "application: depot 0.2 (depot, dist:depot)");
  CHECK(machine.text("depot.rows", "depot checkout/depot/rows.py") ==
        "application: depot 0.2 (depot, dist:depot)");
}

TEST_CASE("everything else is the application, one party for each top package") {
  Machine machine;
  CHECK(machine.text("web.views.cart", "app/web/views/cart.py") ==
        "application: web.views.cart  (web, app:web)");
  CHECK(machine.text("made.up", "") == "application: made.up  (made, app:made)");
  CHECK(machine.text("snippet", "<string>") == "application: snippet  (snippet, app:snippet)");
  CHECK(Machine::text(machine.origins[machine.origins.of("a.b.c.d.e", "/e.py")]) ==
        "application: a.b.c.d.e  (a, app:a)");
  CHECK(Machine::text(machine.origins[machine.origins.of("a.b", "/b.py")]) ==
        "application: a.b  (a, app:a)");
}

TEST_CASE("what python -m started goes by its real name") {
  Machine machine;
  CHECK(machine.text("__main__", "app/web/__main__.py", "web.__main__") ==
        "application: web.__main__  (web, app:web)");
  CHECK(machine.text("__mp_main__", "app/run.py") ==
        "application: __main__  (__main__, app:__main__)");
  CHECK(machine.text("web", "app/web/__init__.py", "other") == "application: web  (web, app:web)");
}

TEST_CASE("the same module asked for again is the same origin") {
  Machine machine;
  auto& origins = machine.origins;
  const auto web = origins.of("web", "/app/web.py");
  CHECK(origins.of("web", "/app/web.py") == web);
  CHECK(origins.of("web", "/other/web.py") != web);
  CHECK(origins.same_party(web, origins.of("web.views", "/app/web/views.py")));
  CHECK_FALSE(origins.same_party(web, origins.of("depot", "/app/depot.py")));
}

TEST_CASE("a name without a module stands for the library of that name") {
  Machine machine;
  auto& origins = machine.origins;
  CHECK(Machine::text(origins[origins.of_name("json.tool")]) ==
        "stdlib: python 3.13.0 (json, python)");
  const auto missing = origins.of_name("MySQLdb.cursors");
  CHECK(Machine::text(origins[missing]) == "site: MySQLdb  (MySQLdb, site:MySQLdb)");
  CHECK(origins.of_name("MySQLdb") == missing);
}

TEST_CASE("a name below a package stands for the distribution that installed the package") {
  Machine machine;
  auto& origins = machine.origins;
  CHECK(Machine::text(origins[origins.of_name("six.moves.urllib")]) ==
        "site: six 1.17 (six, dist:six)");
  CHECK(origins.of_name("six.moves") == origins.of_name("six"));
}

TEST_CASE("import names are provided by distributions and the standard library") {
  Machine machine;
  for (const char* name : {"flask", "google", "json", "six", "apt_pkg"}) {
    CAPTURE(name);
    CHECK(machine.origins.provided(name));
  }
  CHECK_FALSE(machine.origins.provided("shop_plugins"));
}

TEST_CASE("a directory that joins sys.path later is read like the others") {
  Machine machine;
  const Directory late;
  install(late, "late", "tqdm", "4.67", "../bin/tqdm\ntqdm/__init__.py");
  CHECK_FALSE(machine.origins.provided("tqdm"));
  machine.origins.see_path(late.path("late"));
  machine.origins.see_path(late.path("late"));
  CHECK(machine.origins.provided("tqdm"));
  CHECK(Machine::text(machine.origins[machine.origins.of("__main__", late.path("bin/tqdm"))]) ==
        "site: tqdm 4.67 (__main__, dist:tqdm)");
}

TEST_CASE("an interpreter that does not say where its library lies has one by name only") {
  Origins origins({"3.13.0", {"os"}, "", {}});
  CHECK(origins[origins.of("os", "")].place == Place::stdlib);
  CHECK(origins[origins.of("os", "/usr/lib/python3.13/os.py")].place == Place::application);
}

}  // namespace
}  // namespace overt::test
