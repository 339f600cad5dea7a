"""Several patches of one target: their order, their undoing, and who is in whose way."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import World

# Each is a patch that takes itself back: go() and undo().
PATCHER = """
import shop
def go():
    global old
    old = shop.price
    shop.price = fake
def undo():
    shop.price = old
def fake(): pass
"""
ORDERS = {
    "tracer": ["replaced shop:price"],
    "tracer audit": ["replaced shop:price", "replaced shop:price (layer 2)"],
    "tracer audit -audit": ["replaced shop:price", "replaced shop:price (reverted, layer 2)"],
    "tracer audit -audit -tracer": [
        "replaced shop:price (reverted)",
        "replaced shop:price (reverted, layer 2)",
    ],
    # The first one leaves below the second, whose own patch is overwritten with it.
    "tracer audit -tracer": [
        "replaced shop:price (reverted)",
        "replaced shop:price (reverted, layer 2)",
    ],
    "tracer -tracer": ["replaced shop:price (reverted)"],
    "tracer -tracer tracer": ["replaced shop:price (x2)"],
    "tracer -tracer tracer -tracer": ["replaced shop:price (reverted, x2)"],
    "tracer -tracer audit": ["replaced shop:price (reverted)", "replaced shop:price"],
    "tracer tracer tracer": ["replaced shop:price"],
}


def in_order(world: World, order: str) -> list[str]:
    """Run the steps of `order` and return main.py's lines."""
    world.install("acme-tracer", "1.4", tracer=PATCHER)
    world.install("audit", "0.9", audit=PATCHER)
    steps = order.split()
    calls = [f"{s[1:]}.undo()" if s.startswith("-") else f"{s}.go()" for s in steps]
    return ["import audit, tracer", *calls]


@pytest.mark.parametrize("order", ORDERS)
def test_layers_follow_the_order_of_patches(world: World, order: str) -> None:
    """Layers count from the inside, an undone one stays listed, and a repeated one is counted."""
    seen = world.run("\n".join(in_order(world, order)))
    assert seen.rows == ORDERS[order]


CONFLICTS = {
    "tracer": [],
    "tracer tracer": [],
    "tracer audit": ["shop:price: acme-tracer, audit"],
    "audit tracer": ["shop:price: audit, acme-tracer"],
    "tracer audit -audit -tracer": ["shop:price: acme-tracer, audit"],
    "tracer -tracer audit": [],
}


@pytest.mark.parametrize("order", CONFLICTS)
def test_conflict_is_two_owners_at_the_same_time(world: World, order: str) -> None:
    """Two owners of one target conflict if their patches were there together."""
    seen = world.run("\n".join(in_order(world, order)))
    assert seen.conflicts == CONFLICTS[order]


def test_patches_of_two_targets_do_not_conflict(world: World) -> None:
    """A class's method and the same name of a subclass are two targets."""
    world.tracer("shop.Item.name = lambda s: 0")
    world.audit("shop.Special.name = lambda s: 0")
    seen = world.run("import audit, tracer\ntracer.go()\naudit.go()\n")
    assert seen.rows == ["replaced shop:Item.name", "added shop:Special.name"]
    assert seen.conflicts == []


REVERTED = {
    "a function": "old = shop.price; shop.price = fake; shop.price = old",
    "a function added": "shop.extra = fake; del shop.extra",
    "a function deleted": "old = shop.price; del shop.price; shop.price = old",
    "None": "shop.HOOK = fake; shop.HOOK = None",
    "a number": "shop.LIMIT = fake; shop.LIMIT = 10",
    "a class": "old = shop.Item; shop.Item = fake; shop.Item = old",
    "an instance": "old = shop.default; shop.default = fake; shop.default = old",
    "a C function": "old = shop.clock; shop.clock = fake; shop.clock = old",
    "a module": "old = shop.time; shop.time = fake; shop.time = old",
    "a method": "old = shop.Item.name; shop.Item.name = fake; shop.Item.name = old",
    "a method added": "shop.Special.name = fake; del shop.Special.name",
    "a static method": "old = vars(shop.Item)['parse']; shop.Item.parse = fake\n"
    "shop.Item.parse = old",
    "a static method made anew": "old = shop.Item.parse; shop.Item.parse = fake; "
    "shop.Item.parse = staticmethod(old)",
    "a class method made anew": "old = shop.Item.create.__func__; shop.Item.create = fake; "
    "shop.Item.create = classmethod(old)",
    "a property": "old = shop.Item.cost; shop.Item.cost = fake; shop.Item.cost = old",
    "a slot": "old = shop.Slotted.x; shop.Slotted.x = fake; shop.Slotted.x = old",
    "a built-in": "old = builtins.print; builtins.print = fake; builtins.print = old",
    "by an exception": "old = shop.price\ntry:\n    shop.price = fake\n    1 / 0\n"
    "except ZeroDivisionError:\n    shop.price = old",
    "in another call": "old = shop.price\ndef put(x): shop.price = x\nput(fake)\nput(old)",
    "in another thread": "old = shop.price; shop.price = fake\n"
    "t = threading.Thread(target=setattr, args=(shop, 'price', old)); t.start(); t.join()",
    "at the end of a mock": "from unittest import mock\nwith mock.patch('shop.price'): pass",
    "at the end of a mocked object": "from unittest import mock\n"
    "with mock.patch.object(shop.Item, 'parse'): pass",
    "at the end of a mocked property": "from unittest import mock\n"
    "with mock.patch.object(shop.Item, 'cost', new_callable=mock.PropertyMock): pass",
}


@pytest.mark.parametrize("case", REVERTED)
def test_what_is_put_back_within_one_call_is_reverted(world: World, case: str) -> None:
    """A patch that its maker undoes stays listed, once, as reverted."""
    head = "import builtins, threading, shop\ndef fake(*args): pass"
    seen = world.sees(REVERTED[case], head)
    assert [(patch["layer"], patch["state"]) for patch in seen.patches] == [(1, "reverted")]


def test_anybody_may_undo(world: World) -> None:
    """It is the value that counts: who puts the original back undoes the patch of another."""
    world.tracer("shop.saved = shop.price\nshop.price = len")
    world.audit("shop.price = shop.saved")
    seen = world.run("import audit, tracer\ntracer.go()\naudit.go()\n")
    assert seen.rows == ["replaced shop:price (reverted)", "added shop:saved"][::-1]


def test_inner_original_put_back_undoes_all_above_it(world: World) -> None:
    """Three layers go when what the innermost replaced is there again."""
    code = """
old = shop.price
shop.price = lambda: 1
shop.price = lambda: 2
middle = shop.price
shop.price = lambda: 3
shop.price = middle
shop.price = old
"""
    seen = world.sees(code)
    assert seen.rows == [
        "replaced shop:price (reverted)",
        "replaced shop:price (reverted, layer 2)",
        "replaced shop:price (reverted, layer 3)",
    ]


REUSED = {
    "lists": ("HANDLERS = [price]", "HANDLERS", "[fake]"),
    "tuples": ("HANDLERS = tuple([price, 1, 2])", "HANDLERS", "tuple([fake, 1, 2])"),
    "dicts": ("HANDLERS = {1: price}", "HANDLERS", "{1: fake}"),
    "instances without a weak reference": ("HANDLERS = Slotted()", "HANDLERS", "shop.Slotted()"),
    "defaults": ("sale.__defaults__ = tuple([1])", "sale.__defaults__", "tuple([2])"),
}


@pytest.mark.parametrize("case", REUSED)
def test_new_value_at_an_old_address_is_no_reversal(world: World, case: str) -> None:
    """Memory that is used again does not make a new value the old one."""
    source, name, new = REUSED[case]
    shop = "def price(): pass\ndef sale(x=1): pass\nclass Slotted: __slots__ = ('x',)\n"
    world.install("shop-core", "2.0", shop=f"{shop}{source}\n")
    code = f"for i in range(5):\n    shop.{name} = {new}\n    del i"
    seen = world.sees(code, "import shop\ndef fake(): pass")
    assert [(patch["state"], patch["times"]) for patch in seen.patches] == [("on", 5)]


def test_owner_of_the_target_takes_patches_away(world: World) -> None:
    """A module that assigns its own name again is patched no longer."""
    world.install(
        "shop-core",
        "2.0",
        shop="def price(): pass\ndef reset():\n    global price\n    price = reset\n",
    )
    seen = world.sees("shop.price = len\nshop.reset()")
    assert seen.rows == ["replaced shop:price (reverted)"]


def test_same_line_in_a_loop_is_one_patch_with_times(world: World) -> None:
    """A line that patches again and again is one line of the report."""
    seen = world.sees("for i in range(50):\n    shop.price = lambda: 0")
    assert seen.rows == ["replaced shop:price (x50)"]


def test_loop_over_targets_is_a_patch_each(world: World) -> None:
    """One line that patches three names is three patches."""
    seen = world.sees("for name in ('price', 'sale', 'extra'):\n    setattr(shop, name, len)")
    assert seen.rows == ["replaced shop:price", "replaced shop:sale", "added shop:extra"]
