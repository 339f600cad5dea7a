"""The Python functions: what they return, when they refuse, and what they promise twice."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

import overt

if TYPE_CHECKING:
    from conftest import World


def run(world: World, main: str) -> str:
    """Run a program that uses overt by itself, and return what it prints."""
    world.overt.write("main.py", main)
    done: subprocess.CompletedProcess[str] = world.overt.plain(sys.executable, "main.py")
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_nothing_is_watched_at_first() -> None:
    """Importing the package does not watch."""
    assert overt.watching() is False


def test_ledger_without_a_watcher_holds_what_is_governed(world: World) -> None:
    """Patches made through Overt are always listed; those of others only once they are watched."""
    source = """
import overt, shop
shop.sale = len
assert overt.ledger() == () and overt.report()["patches"] == []
with overt.patch("shop:price", lambda amount=1, *, tax=0: 0, reason="free day"):
    (patch,) = overt.ledger()
    print(patch.target, patch.origin, patch.state, patch.reason)
(patch,) = overt.ledger()
print(patch.state, patch.reverted)
"""
    assert run(world, source) == "shop:price governed on free day\nreverted True\n"


def test_every_public_name_is_documented() -> None:
    """Each name of __all__ exists and has a docstring; dir() shows them."""
    assert len(set(overt.__all__)) == len(overt.__all__)
    for name in overt.__all__:
        assert getattr(overt, name).__doc__, name


def test_unknown_name_is_an_attribute_error() -> None:
    """The lazy names are the only ones that are made on demand."""
    with pytest.raises(AttributeError, match="module 'overt' has no attribute 'nonsense'"):
        overt.nonsense  # noqa: B018


def test_version_is_that_of_the_distribution() -> None:
    """Package and metadata say the same version."""
    from importlib.metadata import version

    assert overt.__version__ == version("overt")


def test_watch_and_unwatch_may_be_called_twice(world: World) -> None:
    """Both do nothing when there is nothing to do, and return None."""
    source = """
import overt
assert overt.unwatch() is None
assert overt.watch() is None and overt.watch() is None
assert overt.watching() is True
assert overt.unwatch() is None and overt.unwatch() is None
assert overt.watching() is False
"""
    assert run(world, source) == ""


def test_watch_starts_a_new_ledger(world: World) -> None:
    """What was seen is gone after unwatch(); a new watcher begins with an empty ledger."""
    source = """
import overt, shop
shop.price = len
overt.watch()
assert overt.ledger() == ()
shop.price = print
assert [p.target for p in overt.ledger()] == ["shop:price"]
overt.watch()
assert len(overt.ledger()) == 1
overt.unwatch()
shop.price = len
overt.watch()
assert overt.ledger() == ()
"""
    assert run(world, source) == ""


def test_ledger_is_a_tuple_of_values(world: World) -> None:
    """A patch is an immutable value with all that was seen of it, as it stood."""
    world.tracer("shop.price = lambda: 0")
    source = """
import dataclasses, overt, shop, tracer
old = shop.price
overt.watch()
tracer.go()
(patch,) = overt.ledger()
assert type(patch) is overt.Patch and type(patch.owner) is overt.Owner
assert type(patch.site) is overt.Site
assert (patch.id, patch.target, patch.change) == (1, "shop:price", "replaced")
assert patch.owner == overt.Owner("acme-tracer", "1.4", "tracer")
assert (patch.via, patch.boundary, patch.layer) == ((), "third-party", 1)
assert (patch.site.module, patch.site.function, patch.site.line) == ("tracer", "go", 3)
assert patch.site.file == tracer.__file__
try: patch.target = "x"
except dataclasses.FrozenInstanceError: pass
else: raise AssertionError
assert hash(patch) == hash(overt.ledger()[0]) and patch == overt.ledger()[0]
shop.price = old
assert not patch.reverted and overt.ledger()[0].reverted
"""
    assert run(world, source) == ""


def test_report_is_the_schema(world: World) -> None:
    """report() has the fields of overt.report/1, those of the design included."""
    world.tracer("shop.price = lambda: 0")
    source = """
import os, sys, overt, shop, tracer
overt.watch()
tracer.go()
report = overt.report()
assert report["schema"] == "overt.report/1"
assert report["python"] == sys.version.split()[0]
assert (report["pid"], report["argv"]) == (os.getpid(), sys.orig_argv)
assert report["modules"] == len(sys.modules)
assert report["watch_ms"] > 0 and report["dropped"] == 0
assert report["conflicts"] == [] == report["children"]
(patch,) = report["patches"]
assert set(patch) >= set('''id target change origin owner via boundary reach state layer reverted
    site old new calls errors own_ns times at thread stack'''.split())
assert patch["origin"] == "foreign"
assert patch["old"] == {"type": "function", "module": "shop", "qualname": "price"}
report["patches"].clear()
assert len(overt.report()["patches"]) == 1
"""
    assert run(world, source) == ""


def test_internal_changes_are_kept_when_asked_for(world: World) -> None:
    """watch(internal=True) records what a distribution does to itself; ledger() can show it."""
    world.install("duo", "1", duo__a="def f(): pass\n", duo__b="from duo import a\na.f = len\n")
    source = """
import overt
from duo import a
overt.watch(internal=True)
import duo.b
assert overt.ledger() == ()
assert [p.target for p in overt.ledger(internal=True)] == ["duo.a:f"]
"""
    assert run(world, source) == ""


def test_watch_takes_keywords_that_it_knows() -> None:
    """A wrong argument is a TypeError, and nothing is watched then."""
    with pytest.raises(TypeError):
        overt.watch(everything=True)  # type: ignore[call-arg]
    with pytest.raises(TypeError):
        overt.ledger(True)  # type: ignore[misc]
    assert not overt.watching()


def test_threads_may_ask_while_others_patch(world: World) -> None:
    """Ledger and report can be read, and watching be turned on and off, from any thread."""
    source = """
import overt, shop, sys, threading
sys.setswitchinterval(1e-5)
old, stop = shop.price, threading.Event()
def patch():
    while not stop.is_set():
        shop.price = len
        shop.price = old
def ask():
    for _ in range(100):
        try: overt.ledger(), overt.report()
        except RuntimeError: pass
def toggle():
    for _ in range(100): overt.unwatch(); overt.watch()
overt.watch()
patchers = [threading.Thread(target=patch) for _ in range(2)]
others = [threading.Thread(target=f) for f in (ask, ask, toggle)]
for t in patchers + others: t.start()
for t in others: t.join()
stop.set()
for t in patchers: t.join()
"""
    assert run(world, source) == ""


def test_api_answers_under_overt_run(world: World) -> None:
    """A governed program sees its own ledger; it cannot turn off what was started for it."""
    source = """
import overt, shop
assert overt.watching()
shop.price = len
assert [p.target for p in overt.ledger()] == ["shop:price"]
overt.watch(); overt.unwatch()
assert overt.watching()
shop.sale = len
"""
    assert world.run(source).rows == ["replaced shop:price", "replaced shop:sale"]
