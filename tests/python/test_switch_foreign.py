"""Patches that other code made: off is as if they had never been made, on is the same objects."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import World

# What the tracer patches, and what shows whether it is there.
MECHANISMS = {
    "a function": (
        "old = shop.price\nshop.price = lambda *a, **k: 'traced ' + old(*a, **k)",
        "shop.price()",
    ),
    "a method": (
        "old = shop.Item.name\nshop.Item.name = lambda self: 'traced ' + old(self)",
        "shop.Item().name()",
    ),
    "a static method": (
        "old = shop.Item.parse\nshop.Item.parse = staticmethod(lambda: 'traced ' + old())",
        "shop.Item.parse()",
    ),
    "a class method": (
        "old = shop.Item.create.__func__\n"
        "shop.Item.create = classmethod(lambda cls: 'traced ' + old(cls))",
        "shop.Item.create()",
    ),
    "a property": (
        "old = shop.Item.cost.fget\nshop.Item.cost = property(lambda self: 'traced ' + old(self))",
        "shop.Item().cost",
    ),
    "an initialiser": (
        "def init(self): self.label = 'traced'\nshop.Item.__init__ = init",
        "shop.Item().label",
    ),
    "a C function in a module": ("shop.clock = lambda: 'traced'", "type(shop.clock())"),
    "a C function that nobody kept": ("shop.time.time = lambda: 0", "shop.time.time() > 0"),
    "a wrapt wrapper": (
        "import wrapt\nwrapt.wrap_function_wrapper('shop', 'Item.name', "
        "lambda w, i, a, k: 'traced ' + w(*a, **k))",
        "shop.Item().name()",
    ),
    "one wrapt function for two targets": (
        "import wrapt\ndef t(w, i, a, k): return 'traced ' + w(*a, **k)\n"
        "wrapt.wrap_function_wrapper('shop', 'price', t)\n"
        "wrapt.wrap_function_wrapper('shop', 'Item.parse', t)",
        "(shop.price(), shop.Item.parse(), shop.Item().parse())",
    ),
    "one wrapper for two targets": (
        "old = shop.price\ndef traced(*a, **k): return 'traced ' + old(*a, **k)\n"
        "shop.price = traced\nshop.Item.parse = staticmethod(traced)",
        "(shop.price(), shop.Item.parse())",
    ),
    "one wrapt wrapper for two targets": (
        "import wrapt\ndef t(w, i, a, k): return 'traced ' + w(*a, **k)\n"
        "shop.price = shop.sale = wrapt.FunctionWrapper(shop.price, t)",
        "(shop.price(), shop.sale())",
    ),
    "code": (
        "shop.price.__code__ = (lambda amount=1, *, tax=0: 'traced').__code__",
        "shop.price()",
    ),
    "a class": ("class Item: label = 'traced'\nshop.Item = Item", "shop.Item.label"),
    "a deleted name": ("del shop.sale", "hasattr(shop, 'sale')"),
    "an entry of sys.modules": (
        "import sys, types\nsys.modules['shop'] = types.ModuleType('other')",
        "__import__('shop').__name__",
    ),
}


def run(world: World, main: str) -> str:
    """Run a program that uses overt by itself, and return what it prints."""
    world.overt.write("main.py", main)
    done: subprocess.CompletedProcess[str] = world.overt.plain(sys.executable, "main.py")
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


@pytest.mark.parametrize("case", MECHANISMS)
def test_off_is_as_if_never_patched_and_on_brings_it_back(world: World, case: str) -> None:
    """Asserted on what the program sees, before and after specialisation, three times over."""
    change, show = MECHANISMS[case]
    if "wrapt" in change:
        pytest.importorskip("wrapt")
    world.tracer(change)
    source = f"""
import overt, shop, tracer
def show():
    for _ in range(50): result = repr({show})
    return result
before = show()
names = dict(vars(shop)), dict(vars(shop.Item))
overt.watch()
tracer.go()
patched = show()
after = dict(vars(shop)), dict(vars(shop.Item))
assert patched != before, patched
switch = overt.switch("acme-tracer")
for _ in range(3):
    stands = switch.off("test")
    assert stands and all(each.off and each.why is None for each in stands), stands
    assert all(patch.state == "off" for patch in overt.ledger())
    assert show() == before, (show(), before)
    assert not any(each.off for each in switch.on())
    assert show() == patched, (show(), patched)
    now = dict(vars(shop)), dict(vars(shop.Item))
    for old, new in zip(after, now):
        assert [name for name in old if old[name] is not new.get(name)] == []
assert not any(patch.reverted for patch in overt.ledger())
print("done")
"""
    assert run(world, source) == "done\n"


def test_layers_of_two_owners_are_switched_in_every_order(world: World) -> None:
    """A buried wrapper is switched as well as the one on top, and neither disturbs the other."""
    world.tracer("old = shop.price\nshop.price = lambda *a: 't(' + old(*a) + ')'")
    world.audit("old = shop.price\nshop.price = lambda *a: 'a(' + old(*a) + ')'")
    source = """
import itertools, overt, shop, tracer, audit
overt.watch()
tracer.go(); audit.go()
assert shop.price() == "a(t(price))"
owners = {"acme-tracer": "t", "audit": "a"}
off = set()
for name in itertools.chain.from_iterable(itertools.permutations(list(owners) * 2, 4)):
    switch = overt.switch(name)
    (switch.on if name in off else switch.off)()
    off ^= {name}
    expected = "price"
    if "acme-tracer" not in off: expected = f"t({expected})"
    if "audit" not in off: expected = f"a({expected})"
    assert shop.price() == expected, (off, shop.price())
print("done")
"""
    assert run(world, source) == "done\n"


@pytest.mark.parametrize("meter", [True, False])
def test_calls_that_look_the_same_are_told_apart_by_the_name(world: World, meter: bool) -> None:
    """Two owners hand the same function, around the same original, to wrapt: one of them is off."""
    pytest.importorskip("wrapt")
    world.overt.write("common.py", "def t(w, i, a, k): return 't(' + w(*a, **k) + ')'")
    wrap = "import common, wrapt\nwrapt.wrap_function_wrapper(shop, '{}', common.t)"
    world.tracer(wrap.format("price"))
    world.audit(wrap.format("sale"))
    source = f"""
import overt, shop, tracer, audit
shop.sale = shop.price
overt.watch(meter={meter})
tracer.go(); audit.go()
for _ in range(100): pass
assert (shop.price(), shop.sale()) == ("t(price)", "t(price)")
overt.switch("acme-tracer").off()
print(shop.price(), shop.sale())
overt.switch("audit").off()
print(shop.price(), shop.sale())
overt.switch("acme-tracer").on()
print(shop.price(), shop.sale())
"""
    assert run(world, source) == "price t(price)\nprice price\nt(price) price\n"


def test_patch_of_an_owner_that_is_off_starts_off(world: World) -> None:
    """The vote is there first; the patch is made, and does nothing until the vote is withdrawn."""
    world.tracer("shop.price = lambda *a: 'traced'")
    source = """
import overt, shop, tracer
overt.watch()
assert overt.switch("acme-tracer").off() == ()
tracer.go()
for _ in range(100): pass
print(shop.price())
overt.switch(overt.ledger()[0].owner).on()
print(shop.price())
"""
    assert run(world, source) == "price\ntraced\n"


def test_what_is_in_the_way_is_said(world: World) -> None:
    """A value that somebody else replaced since cannot be taken away, and the answer says so."""
    world.tracer("shop.Item = type('Item', (), {})")
    source = """
import overt, shop, tracer
overt.watch()
tracer.go()
shop.kept = shop.Item
shop.Item = type("Other", (), {})
stands, = overt.switch("acme-tracer").off()
print(stands.off, stands.why)
"""
    out = run(world, source)
    assert out.startswith("False ")
    assert "no longer stands at its name" in out
