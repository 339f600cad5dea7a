"""What is not seen: where the documentation says so, these tests keep it true."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import World

UNSEEN = {
    # None of these writes to a namespace.
    "the class of an instance": "shop.default.__class__ = shop.Special",
    "the class of a module": "shop.__class__ = type('M', (type(shop),), {})",
    "the bases of a class": "shop.Special.__bases__ = (type('B', (shop.Item,), {}),)",
    "the content of a closure": "shop.closed.__closure__[0].cell_contents = len",
    "an attribute of an instance": "shop.default.name = len",
    "a registry": "shop.REGISTRY.append(len); shop.TABLE['x'] = len",
    "a default that is changed in place": "shop.mutable.__kwdefaults__['f'] = print",
    "the namespace of a function": "shop.price.attribute = len",
    # Runs as the module's own code.
    "code in another's namespace": "exec('def price(): pass', vars(shop))",
}
MORE = """
REGISTRY, TABLE = [], {}
def outer(f=id):
    def closed(): return f
    return closed
closed = outer()
def mutable(*, f=len): pass
"""


@pytest.mark.parametrize("case", UNSEEN)
def test_change_that_no_namespace_shows_is_not_seen(world: World, case: str) -> None:
    """The ledger is silent about it, and the program goes on."""
    with (world.site / "shop.py").open("a") as shop:
        shop.write(MORE)
    assert world.sees(UNSEEN[case]).rows == []


def test_what_happened_before_watch_is_not_seen(world: World) -> None:
    """After overt.watch() a program sees what follows; an undoing is a change like any other."""
    source = """
import overt, shop
old = shop.price
shop.price = len
overt.watch()
assert overt.ledger() == ()
shop.price = old
print([p.target for p in overt.ledger()])
"""
    world.overt.write("main.py", source)
    done = world.overt.plain(world.overt.command.parent / "python", "main.py")
    assert (done.stdout, done.stderr) == ("['shop:price']\n", "")


def test_a_patch_costs_the_same_however_many_classes_are_patched() -> None:
    """It once looked at every patched class of the module: 4 ms each with 2,000 of them."""
    code = (
        "import sys, time, types, overt\n"
        "overt.watch()\n"
        "shop = sys.modules['shop'] = types.ModuleType('shop')\n"
        "exec('\\n'.join(f'class C{i}:\\n  def f(self): 0' for i in range(4000)), vars(shop))\n"
        "classes = [getattr(shop, f'C{i}') for i in range(4000)]\n"
        "began = time.process_time()\n"
        "for each in classes: each.f = lambda self: 1\n"
        "print(time.process_time() - began, len(overt.ledger()))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    seconds, patches = done.stdout.split()
    assert int(patches) == 4000
    assert float(seconds) < 8
