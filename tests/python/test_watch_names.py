"""Names of modules: what is exchanged, added and deleted there by another distribution."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import World

REPLACED = {
    "a function": ("shop.price = fake", "shop:price: function shop:price -> function tracer:fake"),
    "by a lambda": (
        "shop.price = lambda: 0",
        "shop:price: function shop:price -> function tracer:go.<locals>.<lambda>",
    ),
    "by a C function": (
        "shop.price = time.time",
        "shop:price: function shop:price -> builtin_function_or_method time:time",
    ),
    "by an instance": (
        "shop.price = functools.partial(fake)",
        "shop:price: function shop:price -> functools.partial",
    ),
    "a function by None": ("shop.price = None", "shop:price: function shop:price -> NoneType"),
    "a function by data": ("shop.price = [1, 2]", "shop:price: function shop:price -> list"),
    "a C function": (
        "shop.clock = fake",
        "shop:clock: builtin_function_or_method time:time -> function tracer:fake",
    ),
    "a class": ("shop.Item = Fake", "shop:Item: type shop:Item -> type tracer:Fake"),
    "a class by a function": (
        "shop.Item = fake",
        "shop:Item: type shop:Item -> function tracer:fake",
    ),
    "an instance": ("shop.default = Fake()", "shop:default: shop.Item -> tracer.Fake"),
    "None by a function": ("shop.HOOK = fake", "shop:HOOK: NoneType -> function tracer:fake"),
    "None by an object": ("shop.HOOK = Fake()", "shop:HOOK: NoneType -> tracer.Fake"),
    "None by a container of code": ("shop.HOOK = [fake]", "shop:HOOK: NoneType -> list"),
    "data by a module": ("shop.LIMIT = time", "shop:LIMIT: int -> module time"),
    "a module": ("shop.time = Fake()", "shop:time: module time -> tracer.Fake"),
    "a bound method": (
        "shop.price = Fake().method",
        "shop:price: function shop:price -> method tracer:Fake.method",
    ),
    "a standard library's function": (
        "time.sleep = fake",
        "time:sleep: builtin_function_or_method time:sleep -> function tracer:fake",
    ),
    "a built-in function": (
        "import builtins; builtins.print = fake",
        "builtins:print: builtin_function_or_method builtins:print -> function tracer:fake",
    ),
}
HEAD = """
import functools, shop, time
def fake(): pass
class Fake:
    def method(self): pass
"""


@pytest.mark.parametrize("case", REPLACED)
def test_replaced_name_is_seen_with_old_and_new(world: World, case: str) -> None:
    """A name that stands for behaviour, before or after, is reported when it is exchanged."""
    code, expected = REPLACED[case]
    seen = world.sees(code, HEAD)
    assert seen.values == [f"replaced {expected}"]


ADDED = {
    "a function": ("shop.extra = fake", "shop:extra: nothing -> function tracer:fake"),
    "a class": ("shop.Extra = Fake", "shop:Extra: nothing -> type tracer:Fake"),
    "a callable instance": (
        "shop.extra = functools.partial(fake)",
        "shop:extra: nothing -> functools.partial",
    ),
    "a descriptor": ("shop.extra = property(fake)", "shop:extra: nothing -> property tracer:fake"),
    "a name in builtins": ("builtins.extra = 1", "builtins:extra: nothing -> int"),
    "a function in builtins": (
        "builtins.extra = fake",
        "builtins:extra: nothing -> function tracer:fake",
    ),
    "a module's __getattr__": (
        "shop.__getattr__ = fake",
        "shop:__getattr__: nothing -> function tracer:fake",
    ),
}


@pytest.mark.parametrize("case", ADDED)
def test_added_behaviour_is_seen(world: World, case: str) -> None:
    """A new name is reported when it does something, and in builtins always."""
    code, expected = ADDED[case]
    seen = world.sees(code, HEAD + "import builtins")
    assert seen.values == [f"added {expected}"]


DATA = {
    "a new number": "shop.seen = 1",
    "a new string": "shop._tracer_mark = 'yes'",
    "a new container of data": "shop.seen = {'a': [1, (2, None)]}",
    "a new instance that does nothing": "shop.seen = object()",
    "data for data": "shop.LIMIT = 11",
    "data for None": "shop.HOOK = 'name'",
    "None for data": "shop.LIMIT = None",
    "data deleted": "del shop.LIMIT",
    "the module's own books": "shop.__doc__ = 'x'; shop.__annotations__ = {}; shop.__path__ = []",
    "the same object again": "shop.price = shop.price",
    "an attribute of an instance": "shop.default.name = fake",
    "its own name": "import tracer; tracer.fake = None; globals()['Fake'] = None",
}


@pytest.mark.parametrize("case", DATA)
def test_data_is_not_reported(world: World, case: str) -> None:
    """What changes no behaviour of a module or class is no patch."""
    assert world.sees(DATA[case], HEAD).values == []


DELETED = {
    "a function": ("del shop.price", "shop:price: function shop:price -> nothing"),
    "a class": ("del shop.Item", "shop:Item: type shop:Item -> nothing"),
    "delattr": ("delattr(shop, 'sale')", "shop:sale: function shop:sale -> nothing"),
    "pop": ("vars(shop).pop('sale')", "shop:sale: function shop:sale -> nothing"),
    "an instance": ("del shop.default", "shop:default: shop.Item -> nothing"),
    "a built-in": (
        "import builtins; del builtins.breakpoint",
        "builtins:breakpoint: builtin_function_or_method builtins:breakpoint -> nothing",
    ),
}


@pytest.mark.parametrize("case", DELETED)
def test_deleted_name_is_seen(world: World, case: str) -> None:
    """A name that stood for behaviour is reported when it goes."""
    code, expected = DELETED[case]
    assert world.sees(code, HEAD).values == [f"deleted {expected}"]


BOUNDARIES = {
    "shop.price = fake": "third-party",
    "application.serve = fake": "application",
    "application.Page.show = fake": "application",
    "time.sleep = fake": "stdlib",
    "http.client.HTTPConnection.send = fake": "stdlib",
    "http.client.extra = fake": "stdlib",
    "builtins.open = fake": "builtins",
    "datetime.extra = fake": "stdlib",
}


@pytest.mark.parametrize("code", BOUNDARIES)
def test_boundary_says_how_far_a_patch_reaches(world: World, code: str) -> None:
    """The blast radius is that of the namespace that was written to."""
    world.overt.write(
        "application.py", "def serve(): pass\nclass Page:\n    def show(self): pass\n"
    )
    head = HEAD + "import application, builtins, datetime, http.client"
    (patch,) = world.sees(code, head).patches
    assert patch["boundary"] == BOUNDARIES[code]


def test_application_is_the_owner_of_what_it_patches(world: World) -> None:
    """A patch of the application is owned by its module, without a version."""
    world.overt.write("hacks.py", "import shop\ndef go():\n    shop.sale = print\n")
    seen = world.run("import shop, hacks\nshop.price = print\nhacks.go()\n")
    assert seen.owners == ["shop:price by __main__", "shop:sale by hacks"]
    assert [patch["site"]["function"] for patch in seen.patches] == ["<module>", "go"]
    assert [patch["site"]["line"] for patch in seen.patches] == [2, 3]


def test_reach_counts_holders_and_names_stale_copies(world: World) -> None:
    """Modules that copied the old object before the patch are listed as stale."""
    world.overt.write("early.py", "from shop import price\n")
    world.overt.write("late.py", "from shop import price\nfrom shop import price as again\n")
    world.tracer("shop.price = lambda: 0")
    (patch,) = world.run("import early, tracer\ntracer.go()\nimport late\n").patches
    reach = patch["reach"]
    assert (reach["kind"], reach["modules"], reach["stale"]) == ("name", 2, ["early"])
    assert (reach["user_modules"], reach["users"]) == (2, ["early:price", "late:price"])
