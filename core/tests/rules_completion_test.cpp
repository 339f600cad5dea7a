// What is no patch although somebody else's code made the write: a namespace that is being
// completed.
#include <doctest/doctest.h>

#include "evidence.h"

namespace overt::test {
namespace {

TEST_CASE("a distribution that changes itself is an internal matter") {
  CHECK(replaces("sqlalchemy.engine:Connection.execute")
            .by("sqlalchemy.event:listen")
            .by("shop.database:<module>")
            .judged() == "internal (own distribution) by SQLAlchemy");
  CHECK(replaces("_pytest.config:main").by("pytest:hook").judged() ==
        "internal (own distribution) by pytest");
  CHECK(replaces("shop.clock:now").by("shop.testing:freeze").judged() ==
        "internal (own distribution) by shop.testing");
}

TEST_CASE("enum fills a module for the module") {
  CHECK(adds("shop.colours:RED")
            .to(class_of("shop.colours"))
            .by("enum:global_enum")
            .by("shop.colours:<module>")
            .judged() == "internal (own distribution) by shop.colours");
  CHECK(adds("http:OK").to(class_of("http")).by("enum:global_enum").by("http:<module>").judged() ==
        "machinery (standard library on its own account)");
}

TEST_CASE("attrs fills a class while the body of its module runs") {
  CHECK(adds("shop.models:Order.__init__")
            .by("attr._make:_ClassBuilder.build_class")
            .by("attr._make:wrap")
            .by("shop.models:<module>")
            .by("importlib._bootstrap:_call_with_frames_removed")
            .judged() == "completion (own body)");
  CHECK(replaces("shop.models:Order.__init__")
            .by("attr._make:_ClassBuilder.build_class")
            .by("shop.models:<module>")
            .judged() == "completion (own body)");
}

TEST_CASE("the interpreter completes a lazy import for who uses it first") {
  auto lazy = thing();
  lazy.type = "lazy_import";
  CHECK(replaces("json:loads")
            .from(lazy)
            .by("gevent.pool:<module>")
            .to(class_of("collections"))
            .judged() == "machinery (lazy import)");
  CHECK(replaces("json:loads")
            .from(lazy)
            .by("gevent.pool:<module>")
            .to(class_of("gevent.pool"))
            .judged() == "patch (foreign) by gevent");
}

TEST_CASE("the body of another module is no excuse") {
  CHECK(replaces("pandas:read_csv").by("attr._make:wrap").by("shop.models:<module>").judged() ==
        "patch (foreign) by attrs");
}

TEST_CASE("nor is a body that only imported what patches it") {
  CHECK(replaces("shop.models:Order.save")
            .by("freezegun.api:<module>")
            .by("importlib._bootstrap:_load_unlocked")
            .by("shop.models:<module>")
            .judged() == "patch (foreign) by freezegun");
  CHECK(replaces("shop.models:Order.save")
            .by("freezegun.api:<module>")
            .by("gevent.loader:exec_module")
            .by("shop.models:<module>")
            .judged() == "patch (foreign) by freezegun");
}

TEST_CASE("the body of __main__ is always running: additions complete it, replacements count") {
  CHECK(adds("__main__:Order.__init__").by("attr._make:wrap").by("__main__:<module>").judged() ==
        "completion (own body)");
  CHECK(replaces("__main__:datetime")
            .from(class_of("datetime"))
            .by("freezegun.api:freeze_time.start")
            .by("__main__:<module>")
            .judged() == "patch (foreign) by freezegun");
}

TEST_CASE("in __main__ a replacement counts when the old or the new value acts") {
  const auto judged = [](const Value& old_value, const Value& new_value) {
    return replaces("__main__:flag")
        .from(old_value)
        .to(new_value)
        .by("sentry_sdk.flags:set")
        .by("__main__:<module>")
        .judged();
  };
  constexpr auto kPatch = "patch (foreign) by sentry-sdk";
  CHECK(judged(thing(), plain_data()) == "completion (own body)");
  for (bool Value::* const acts :
       {&Value::callable, &Value::descriptor, &Value::is_class, &Value::is_module}) {
    auto value = thing();
    value.*acts = true;
    CHECK(judged(value, thing()) == kPatch);
    CHECK(judged(thing(), value) == kPatch);
  }
}

TEST_CASE("a module made at run time has no body, so others fill it") {
  CHECK(adds("plugins.hello:greet")
            .of_a_module_without_body()
            .by("gevent.loader:fill")
            .by("shop.boot:<module>")
            .judged() == "completion (a module made at run time)");
}

TEST_CASE("but what is there already in such a module is replaced by a patch") {
  CHECK(replaces("plugins.hello:greet")
            .of_a_module_without_body()
            .by("gevent.loader:fill")
            .by("shop.boot:<module>")
            .judged() == "patch (foreign) by gevent");
}

TEST_CASE("an extension that writes its own values into itself has no frame to show for it") {
  const auto judged = [](const Value& old_value, const Value& new_value) {
    return replaces("pandas._libs:Table.append")
        .from(old_value)
        .to(new_value)
        .of_an_extension()
        .by("shop.boot:go")
        .judged();
  };
  const auto own = function_of("pandas._libs");
  const auto other = function_of("sentry_sdk.tracing");
  constexpr auto kItself = "internal (extension itself) by shop.boot";
  constexpr auto kPatch = "patch (foreign) by shop.boot";
  CHECK(judged(own, own) == kItself);
  CHECK(judged(plain_data(), own) == kItself);
  CHECK(judged(thing(), own) == kItself);
  CHECK(judged(kNothing, own) == kItself);
  CHECK(judged(own, other) == kPatch);
  CHECK(judged(other, own) == kPatch);
  CHECK(replaces("pandas:Table.append").to(own).by("shop.boot:go").judged() == kPatch);
}

TEST_CASE("a framework completes the classes that derive from it, whenever it likes") {
  CHECK(adds("shop.models:Order.objects")
            .in_a_subclass_of("builtins")
            .in_a_subclass_of("django.db.models")
            .by("django.db.models.base:ModelBase._prepare")
            .by("importlib._bootstrap:_load_unlocked")
            .judged() == "completion (framework)");
  CHECK(replaces("shop.models:Order.__pydantic_validator__")
            .from(class_of("pydantic.main"))
            .that_is_patched_already()
            .in_a_subclass_of("pydantic.main")
            .by("pydantic.main:model_rebuild")
            .by("shop.boot:go")
            .judged() == "completion (framework)");
}

TEST_CASE("but a framework that replaces what the class itself defined made a patch") {
  CHECK(replaces("shop.models:Order.save")
            .in_a_subclass_of("django.db.models")
            .by("django.db.models.base:instrument")
            .by("shop.boot:go")
            .judged() == "patch (foreign) by Django");
}

TEST_CASE("and so did a stranger, whatever the class derives from") {
  CHECK(adds("shop.models:Order.trace")
            .in_a_subclass_of("builtins")
            .in_a_subclass_of("django.db.models")
            .by("sentry_sdk.tracing:install")
            .judged() == "patch (foreign) by sentry-sdk");
}

TEST_CASE("a stranger's class made by the standard library's metaclass has no framework") {
  CHECK(adds("shop.models:Order.trace")
            .in_a_subclass_of("abc")
            .by("sentry_sdk.tracing:install")
            .judged() == "patch (foreign) by sentry-sdk");
}

TEST_CASE("who put a value there may change it") {
  const auto judged = [](Evidence write) {
    return write.by("gevent.hub:reinit").by("sentry_sdk.utils:go").judged();
  };
  CHECK(judged(replaces("shop.net:hub").from(class_of("gevent.hub"))) ==
        "internal (own value) by gevent");
  CHECK(judged(replaces("shop.net:hub").from(class_of("gevent.hub")).that_is_patched_already()) ==
        "patch (foreign) by gevent");
  CHECK(judged(replaces("shop.net:hub").from(class_of("pandas"))) == "patch (foreign) by gevent");
  CHECK(judged(replaces("shop.net:hub").from(thing())) == "patch (foreign) by gevent");
}

TEST_CASE("a mapper adds to a class when the namespace's own distribution asks it to") {
  CHECK(adds("shop.models:Order.id")
            .by("sqlalchemy.orm:map_imperatively")
            .by("sqlalchemy.orm:registry.map")
            .by("wrapt.wrappers:call")
            .by("functools:wrapper")
            .by("shop.database:map_tables")
            .by("__main__:<module>")
            .judged() == "completion (requested)");
  CHECK(adds("pandas:DataFrame.id")
            .by("sqlalchemy.orm:map_imperatively")
            .by("pandas.io.sql:setup")
            .judged() == "completion (requested)");
}

TEST_CASE("any part of the application may ask for any other part of it") {
  CHECK(adds("shop.models:Order.id")
            .by("sqlalchemy.orm:map_imperatively")
            .by("depot.mapping:map_shop")
            .judged() == "completion (requested)");
}

TEST_CASE("what is asked for by a stranger, by nobody or before an import is a patch") {
  constexpr auto kPatch = "patch (foreign) by SQLAlchemy";
  CHECK(adds("shop.models:Order.id")
            .by("sqlalchemy.orm:map_imperatively")
            .by("gevent.hooks:go")
            .judged() == kPatch);
  CHECK(adds("pandas:DataFrame.id").by("sqlalchemy.orm:map").by("shop.boot:go").judged() == kPatch);
  CHECK(adds("shop.models:Order.id").by("sqlalchemy.orm:map").by("asyncio:run").judged() == kPatch);
  CHECK(adds("shop.models:Order.id")
            .by("sqlalchemy.orm:<module>")
            .by("importlib._bootstrap:_load_unlocked")
            .by("shop.models:make")
            .judged() == kPatch);
}

TEST_CASE("what is replaced on request is a patch all the same") {
  CHECK(replaces("shop.models:Order.save")
            .by("sentry_sdk.tracing:trace")
            .by("shop.boot:<module>")
            .judged() == "patch (foreign) by sentry-sdk");
}

TEST_CASE("tqdm adds to pandas for the application, which owns neither") {
  CHECK(adds("pandas.core.frame:DataFrame.progress_apply")
            .by("tqdm.std:tqdm.pandas")
            .by("__main__:<module>")
            .judged() == "patch (foreign) by tqdm");
}

TEST_CASE("a copy of a module, kept beside the one that everybody imports, is its maker's own") {
  const auto judged = [](Evidence write) { return write.by("attr.copies:<module>").judged(); };
  CHECK(judged(replaces("json:loads").of_a_copy()) == "completion (private copy)");
  CHECK(judged(replaces("json:loads")) == "patch (foreign) by attrs");
}

TEST_CASE("a helper that ends puts back the data that it had found") {
  const auto judged = [](std::string_view helper, const Value& value) {
    Evidence write = replaces("pandas:session");
    return write.from(thing()).to(value).by(helper).by("shop.tests:test").judged();
  };
  CHECK(judged("unittest.mock:_patch.__exit__", plain_data()) == "completion (put back)");
  CHECK(judged("_pytest.monkeypatch:MonkeyPatch.undo", kNothing) == "completion (put back)");
  CHECK(judged("unittest.mock:_patch.__enter__", plain_data()) ==
        "patch (foreign) by shop.tests via unittest.mock");
  CHECK(judged("unittest.mock:_patch.__exit__", thing()) ==
        "patch (foreign) by shop.tests via unittest.mock");
  CHECK(judged("shop.tests:Session.__exit__", plain_data()) == "patch (foreign) by shop.tests");
}

TEST_CASE("new code in a function inside a function completes it when its own side asks") {
  const auto judged = [](Evidence write) {
    return write.by("gevent.jit:compile").by("shop.web:route").judged();
  };
  CHECK(judged(changes_code_of("shop.web:route.<locals>.inner")) == "completion (requested)");
  CHECK(judged(changes_code_of("shop.web:route")) == "patch (foreign) by gevent");
  CHECK(judged(replaces("shop.web:route.<locals>.Inner.method")) == "patch (foreign) by gevent");
}

}  // namespace
}  // namespace overt::test
