// The first half of the judgement, by values alone: can this write change behaviour?
#include <doctest/doctest.h>

#include "evidence.h"

namespace overt::test {
namespace {

bool changes(Evidence write) { return write.by("shop.boot:go").changes(); }

TEST_CASE("data for data changes no behaviour, anything else that is replaced may") {
  CHECK_FALSE(changes(replaces("json:flag").from(plain_data()).to(plain_data())));
  CHECK(changes(replaces("json:flag").from(thing()).to(plain_data())));
  CHECK(changes(replaces("json:flag").from(plain_data()).to(thing())));
  CHECK(changes(replaces("json:flag").from(thing()).to(thing())));
  CHECK(changes(replaces("json:dumps")));
}

TEST_CASE("a name that is deleted changes behaviour unless it was data") {
  CHECK(changes(deletes("json:dumps")));
  CHECK(changes(deletes("json:flag").from(thing())));
  CHECK_FALSE(changes(deletes("json:flag").from(plain_data())));
}

TEST_CASE("a new name changes behaviour when it can be called, bound or subclassed") {
  auto callable = thing();
  callable.callable = true;
  auto descriptor = thing();
  descriptor.descriptor = true;
  auto type = thing();
  type.is_class = true;
  CHECK(changes(adds("json:extra").to(callable)));
  CHECK(changes(adds("json:extra").to(descriptor)));
  CHECK(changes(adds("json:extra").to(type)));
}

TEST_CASE("marks and data that others leave in a namespace are no change of behaviour") {
  CHECK_FALSE(changes(adds("json:extra").to(thing())));
  CHECK_FALSE(changes(adds("json:extra").to(plain_data())));
  CHECK_FALSE(changes(adds("http.client:HTTPConnection.extra").to(thing())));
  CHECK_FALSE(changes(adds("json:extra").to(module_named("shop.extra", "shop"))));
}

TEST_CASE("in builtins every new name is visible everywhere, data too") {
  CHECK(changes(adds("builtins:DEBUG").to(plain_data())));
  CHECK(changes(adds("builtins:log").to(thing())));
  CHECK_FALSE(changes(adds("builtins:str.mark").to(plain_data())));
}

TEST_CASE("the last value of an interactive session is no patch, gettext's function is one") {
  CHECK_FALSE(changes(adds("builtins:_").to(plain_data())));
  CHECK_FALSE(changes(replaces("builtins:_").from(plain_data()).to(thing())));
  CHECK_FALSE(changes(replaces("builtins:_").from(thing()).to(plain_data())));
  CHECK(changes(adds("builtins:_").to(function_of("gettext"))));
  CHECK(changes(replaces("builtins:_").from(plain_data()).to(function_of("gettext"))));
}

TEST_CASE("the books of the interpreter and the import system are no behaviour") {
  for (const char* name : {"__abstractmethods__",
                           "__annotate__",
                           "__annotate_func__",
                           "__annotations__",
                           "__annotations_cache__",
                           "__builtins__",
                           "__cached__",
                           "__classdictcell__",
                           "__dict__",
                           "__doc__",
                           "__file__",
                           "__firstlineno__",
                           "__loader__",
                           "__module__",
                           "__orig_bases__",
                           "__package__",
                           "__path__",
                           "__slotnames__",
                           "__spec__",
                           "__static_attributes__",
                           "__type_params__",
                           "__warningregistry__"}) {
    CAPTURE(name);
    CHECK_FALSE(changes(replaces("http:Server." + std::string(name))));
    CHECK_FALSE(changes(adds("http:" + std::string(name))));
  }
}

TEST_CASE("so are the last error and the prompts in sys, and only there") {
  for (const char* name : {"last_exc", "last_traceback", "last_type", "last_value", "ps1", "ps2"}) {
    CAPTURE(name);
    CHECK_FALSE(changes(replaces("sys:" + std::string(name))));
    CHECK(changes(replaces("json:" + std::string(name))));
  }
  CHECK(changes(replaces("sys:excepthook")));
}

TEST_CASE("other names with underscores are behaviour like any") {
  CHECK(changes(replaces("http:Server.__init__")));
  CHECK(changes(replaces("http:Server.__class_getitem__")));
  CHECK(changes(replaces("http:__getattr__")));
}

TEST_CASE("an entry of sys.modules and a function's code are always looked at") {
  CHECK(changes(enters("__doc__").from(plain_data()).to(plain_data())));
  CHECK(changes(changes_code_of("json:dumps").from(plain_data()).to(plain_data())));
}

}  // namespace
}  // namespace overt::test
