"""The ledger keeps no object of the program alive, and watching ends without a trace."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import World

HEAD = """
import gc, shop, sys, types, weakref
def fresh():
    def fake(*args): pass
    return fake
class Watched:
    def __init__(self, kind): self.died = False; self.reference = weakref.ref(kind, self.die)
    def die(self, _): self.died = True
"""
DEATHS = {
    "a new function": "x = fresh(); old = shop.price; shop.price = x; shop.price = old",
    "a deleted function": "x = fresh(); shop.extra = x; del shop.extra",
    "a method": "x = fresh(); shop.Item.extra = x; del shop.Item.extra",
    "a new class": "x = type('Late', (), {}); shop.Late = x; del shop.Late",
    "a patched class": "x = type('Late', (), {}); shop.Late = x; x.f = len; shop.Late = len",
    "a patched class of its module": "x = shop.Slotted; x.size = len; shop.Slotted = len",
    "a patched module": "x = sys.modules.pop('spare'); x.f = len; import shop",
    "an instance": "x = type('T', (), {})(); shop.default = x; shop.default = len",
    "a code object": "f = fresh(); x = f.__code__.replace(co_name='other')\n"
    "old = shop.price.__code__; shop.price.__code__ = x; shop.price.__code__ = old",
    "a container": "x = fresh(); shop.HOOK = [x]; shop.HOOK = None",
    "a partial": "import functools; x = fresh()\n"
    "shop.HOOK = functools.partial(x); shop.HOOK = None",
    "a bound method": "class T:\n    def m(self): pass\nx = T(); shop.HOOK = x.m; shop.HOOK = None",
}


@pytest.mark.parametrize("case", DEATHS)
def test_value_dies_when_the_program_lets_it_go(world: World, case: str) -> None:
    """Old and new values are let go of as if nobody watched."""
    code = f"""
{DEATHS[case]}
watched = Watched(x)
del x
f = None
gc.collect()
print(watched.died)
"""
    world.install("spare-part", "1", spare="def f(): pass\n")
    seen = world.sees(code, HEAD, main="import spare; del spare")
    assert seen.patches
    assert seen.stdout == "True\n"


KEPT = {
    "an old function": ("x = fresh(); shop.extra = x; shop.extra = len", "del shop.extra"),
    "an overwritten function": (
        "first = shop.price; x = shop.price = fresh(); shop.price = len",
        "shop.price = first",
    ),
}


@pytest.mark.parametrize("case", KEPT)
def test_function_is_kept_while_a_patch_replaces_it(world: World, case: str) -> None:
    """Who switches the patch off needs it back; with the patch it is let go of."""
    change, undo = KEPT[case]
    code = f"""
{change}
watched = Watched(x)
del x
gc.collect()
print(watched.died)
{undo}
for _ in range(100): pass
gc.collect()
print(watched.died)
"""
    assert world.sees(code, HEAD).stdout == "False\nTrue\n"


COUNTED = {
    "functions": "old, new = shop.price, fresh()\nput = lambda x: setattr(shop, 'price', x)",
    "methods": "old, new = shop.Item.name, fresh()\nput = lambda x: setattr(shop.Item, 'name', x)",
    "classes": "old, new = shop.Item, type('T', (), {})\nput = lambda x: setattr(shop, 'Item', x)",
    "instances": "old, new = object(), object()\nput = lambda x: setattr(shop, 'default', x)\n"
    "put(old)",
    "code": "old, new = shop.price.__code__, fresh().__code__\n"
    "put = lambda x: setattr(shop.price, '__code__', x)",
    "modules": "old, new = types.ModuleType('x'), types.ModuleType('y')\n"
    "put = lambda x: setattr(shop, 'default', x)\nput(old)",
    "entries": "old, new = shop, types.ModuleType('y')\n"
    "put = lambda x: sys.modules.__setitem__('shop', x)",
}


@pytest.mark.parametrize("case", COUNTED)
def test_reference_counts_stay_the_same(world: World, case: str) -> None:
    """After a hundred patches that were undone, old and new have the references they had."""
    code = f"""
{COUNTED[case]}
put(new); put(old)
before = sys.getrefcount(old), sys.getrefcount(new)
for _ in range(100): put(new); put(old)
assert (sys.getrefcount(old), sys.getrefcount(new)) == before
"""
    assert world.sees(code, HEAD).patches


def test_hundred_thousand_cycles_are_one_entry(world: World) -> None:
    """A target that is patched and restored for ever costs one entry and no memory."""
    code = """
import resource
old = shop.price
def cycles(n):
    for _ in range(n):
        shop.price = len
        shop.price = old
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
first = cycles(20_000)
print(cycles(80_000) - first)
"""
    seen = world.sees(code, HEAD)
    assert seen.rows == ["replaced shop:price (reverted, x100000)"]
    assert int(seen.stdout) < 4096  # KiB


def test_thousands_of_closures_are_one_entry_and_no_memory(world: World) -> None:
    """New functions of one line, each replacing the last, are counted and not kept."""
    code = """
import resource
def cycles(n):
    for _ in range(n):
        shop.price = lambda: 0
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
first = cycles(5_000)
print(cycles(20_000) - first)
"""
    seen = world.sees(code, HEAD)
    assert seen.rows == ["replaced shop:price (x25000)"]
    assert int(seen.stdout) < 4096  # KiB


def test_classes_and_modules_that_come_and_go_cost_no_memory(world: World) -> None:
    """Namespaces that die are forgotten, with the patches in them."""
    code = """
import resource
def cycles(n):
    for _ in range(n):
        shop.Late = type("Late", (), {"f": len})
        shop.Late.f = print
        sys.modules["tracer.late"] = types.ModuleType("tracer.late")
    del shop.Late
    gc.collect()
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
first = cycles(3_000)
print(cycles(12_000) - first)
"""
    seen = world.sees(code, HEAD)
    assert int(seen.stdout) < 6144  # KiB
    assert len(seen.patches) < 10


AFTER = """
import gc, json, os, sys, threading
import shop, overt
def state():
    gc.collect()
    return {
        "threads": threading.active_count(),
        "files": sorted(os.listdir("/proc/self/fd"))[:-1],
        "referrers": len(gc.get_referrers(shop.price)),
        "references": [sys.getrefcount(x) for x in (shop, shop.price, shop.Item, vars(shop))],
        "tasks": len(os.listdir("/proc/self/task")),
    }
before = state()
overt.watch()
shop.price.__code__ = (lambda: 1).__code__
old = shop.price
shop.price = len
shop.price = old
overt.report()
overt.unwatch()
shop.price = len
shop.price = old
del old
print(json.dumps([before, state(), overt.watching()]))
"""


def test_unwatch_leaves_nothing(world: World) -> None:
    """After unwatch() there is no thread, no file and no reference of ours, and nothing is seen."""
    world.overt.write("main.py", AFTER)
    done = world.overt.plain(world.overt.command.parent / "python", "main.py")
    assert done.stderr == ""
    before, after, watching = json.loads(done.stdout)
    assert before == after
    assert watching is False


def test_exit_with_live_patches_is_quiet(world: World) -> None:
    """Patches that stand at the end, of modules that are being torn down, trouble nobody."""
    code = """
import atexit
class Late:
    def __del__(self, m=shop): m.price = None
shop.keep = Late()
sys.modules["spare"] = Late()
atexit.register(setattr, shop, "sale", len)
"""
    world.tracer(code, HEAD)
    assert "replaced shop:sale" in world.run("import tracer\ntracer.go()\n").rows
