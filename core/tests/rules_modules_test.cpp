// Entries of sys.modules: imports, aliases, modules that exchange themselves.
#include <doctest/doctest.h>

#include "evidence.h"

namespace overt::test {
namespace {

TEST_CASE("an import is the machine at work") {
  CHECK(enters("shop.clock")
            .to(module_named("shop.clock", "shop.clock", true))
            .by("importlib._bootstrap:_load_unlocked")
            .by("shop.web:<module>")
            .judged() == "machinery (import system)");
}

TEST_CASE("so is the standard library that exchanges an entry of its own") {
  CHECK(enters("collections.abc").by("collections:<module>").judged() ==
        "machinery (standard library on its own account)");
}

TEST_CASE("a lazy module that puts another in its own place is an internal matter") {
  CHECK(enters("sqlalchemy.dialects")
            .from(module_named("sqlalchemy.dialects", "sqlalchemy", true))
            .to(module_named("sqlalchemy.dialects", "sqlalchemy"))
            .by("sqlalchemy.dialects:<module>")
            .judged() == "internal (own entry) by SQLAlchemy");
  CHECK(enters("shop.lazy").to(thing()).by("shop.lazy:<module>").judged() ==
        "internal (own entry) by shop.lazy");
}

TEST_CASE("so is an entry under another import name of the same distribution") {
  CHECK(enters("pytest.collect").to(thing()).by("_pytest.compat:alias").judged() ==
        "internal (own entry) by pytest");
}

TEST_CASE("a helper that exchanges a module while its body runs completes it") {
  CHECK(enters("pandas.lazy")
            .from(module_named("pandas.lazy", "pandas", true))
            .to(thing())
            .by("attr.lazy:attach")
            .by("pandas.lazy:<module>")
            .judged() == "completion (own body)");
  CHECK(enters("pandas.lazy").to(thing()).by("attr.lazy:attach").by("pandas:<module>").judged() ==
        "patch (entry) by attrs");
}

TEST_CASE("one distribution that stands in for another made a patch") {
  CHECK(enters("MySQLdb")
            .to(module_named("pymysql", "pymysql", true))
            .by("pymysql:install_as_MySQLdb")
            .by("shop.database:<module>")
            .judged() == "patch (entry) by PyMySQL");
}

TEST_CASE("another import system loads modules under their own names") {
  CHECK(enters("plugins.hello")
            .to(module_named("plugins.hello", "plugins.hello", true))
            .by("gevent.loader:load")
            .by("shop.boot:<module>")
            .judged() == "machinery (another import system)");
}

TEST_CASE("a module whose body runs may register parts of itself under names that are free") {
  const auto part = module_named("attr._speedups", "attr");
  CHECK(enters("_speedups").to(part).by("attr:<module>").judged() ==
        "completion (a module made at run time)");
  CHECK(enters("_speedups").to(thing()).by("attr:<module>").judged() ==
        "completion (a module made at run time)");
  CHECK(enters("json").to(part).by("attr:<module>").judged() == "patch (entry) by attrs");
  CHECK(enters("_speedups").from(part).to(part).by("attr:<module>").judged() ==
        "patch (entry) by attrs");
  CHECK(enters("_speedups").to(part).by("__main__:<module>").judged() ==
        "patch (entry) by __main__");
}

TEST_CASE("a module made at run time takes a name that was free") {
  const auto judged = [](Evidence write) { return write.by("gevent.loader:make").judged(); };
  constexpr auto kPatch = "patch (entry) by gevent";
  const auto made = module_named("plugins", "plugins");
  CHECK(judged(enters("plugins").to(made)) == "completion (a module made at run time)");
  CHECK(judged(enters("plugins").from(made).to(made)) == kPatch);
  CHECK(judged(enters("json").to(module_named("json", "json"))) == kPatch);
  CHECK(judged(enters("pandas").to(module_named("pandas", "pandas"))) == kPatch);
  CHECK(judged(enters("plugins").to(module_named("other", "other"))) == kPatch);
  CHECK(judged(enters("__plugins").to(module_named("other", "other"))) ==
        "completion (a module made at run time)");
  CHECK(judged(enters("__future__").to(module_named("other", "other"))) == kPatch);
  CHECK(judged(enters("plugins").to(thing())) == kPatch);
  CHECK(judged(enters("plugins").to(kNothing)) == kPatch);
}

TEST_CASE("a module stands in its package under its own name, whoever puts it there") {
  const auto judged = [](const Value& old_value, const Value& value) {
    Evidence write = replaces("pandas:io");
    return write.from(old_value).to(value).by("attr.loader:restore").judged();
  };
  const auto module = module_named("pandas.io", "pandas", true);
  CHECK(judged(module, module) == "machinery (import system)");
  CHECK(judged(thing(), module) == "patch (foreign) by attrs");
  CHECK(judged(module, module_named("pandas.io", "attr")) == "patch (foreign) by attrs");
  CHECK(judged(module, module_named("pandas_io", "attr", true)) == "patch (foreign) by attrs");
}

TEST_CASE("an entry taken out by others is a patch") {
  CHECK(enters("pandas")
            .from(module_named("pandas", "pandas", true))
            .to(kNothing)
            .by("shop.reload:forget")
            .judged() == "patch (entry) by shop.reload");
}

}  // namespace
}  // namespace overt::test
