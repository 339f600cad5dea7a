"""Entries of sys.modules, and modules that appear, change and disappear."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import World

HEAD = """
import importlib, json, shop, sys, types
class Fake: pass
"""
ENTRIES = {
    "replaced by an object": ("sys.modules['shop'] = Fake()", ["module sys.modules:shop"]),
    "replaced by another module": ("sys.modules['shop'] = json", ["module sys.modules:shop"]),
    "replaced by None": ("sys.modules['shop'] = None", ["module sys.modules:shop"]),
    "deleted": ("del sys.modules['shop']", ["module sys.modules:shop"]),
    "standard library's": ("sys.modules['json'] = Fake()", ["module sys.modules:json"]),
    "put back": (
        "old = sys.modules['shop']; sys.modules['shop'] = Fake(); sys.modules['shop'] = old",
        ["module sys.modules:shop (reverted)"],
    ),
    "deleted and put back": (
        "old = sys.modules.pop('shop'); sys.modules['shop'] = old",
        ["module sys.modules:shop (reverted)"],
    ),
    "an alias of another's name": (
        "sys.modules['rival'] = shop",
        ["module sys.modules:rival"],
    ),
    "an alias that goes again": (
        "sys.modules['rival'] = shop; del sys.modules['rival']",
        ["module sys.modules:rival (reverted)"],
    ),
    "a name blocked": ("sys.modules['rival'] = None", ["module sys.modules:rival"]),
    "its own name": ("sys.modules['tracer.extra'] = Fake()", []),
    "itself": ("sys.modules['tracer'] = Fake()", []),
    "a made module of a new name": ("sys.modules['fresh'] = types.ModuleType('fresh')", []),
    "a weak proxy of a made module": (
        "import weakref; shop.kept = types.ModuleType('fresh');"
        "sys.modules['fresh'] = weakref.proxy(shop.kept)",
        [],
    ),
    "a weak proxy of another's module": (
        "import weakref; sys.modules['rival'] = weakref.proxy(shop)",
        ["module sys.modules:rival"],
    ),
    "imported": ("import csv, rival; importlib.import_module('colorsys')", []),
    "imported by __import__": ("__import__('rival')", []),
    "imported again": ("importlib.reload(shop)", []),
    "deleted and imported": (
        "del sys.modules['rival']; import rival",
        ["module sys.modules:rival"],
    ),
}


@pytest.mark.parametrize("case", ENTRIES)
def test_entry_of_sys_modules(world: World, case: str) -> None:
    """A module of another's name is a patch of that name; an import is none."""
    code, expected = ENTRIES[case]
    world.install("rival", "1", rival="def f(): pass\n")
    main = "import rival" if case == "deleted and imported" else ""
    seen = world.sees(code, HEAD, main)
    assert [row.removesuffix(" (reverted)") for row in seen.rows] == [
        row.removesuffix(" (reverted)") for row in expected
    ]
    if case != "deleted and imported":
        assert seen.rows == expected


def test_module_imported_late_is_watched(world: World) -> None:
    """A module is watched from the moment that it appears, before its body runs."""
    world.install("late", "1", late="def f(): pass\n", latepkg__sub="def g(): pass\n")
    code = "import late, latepkg.sub; late.f = print; latepkg.sub.g = print"
    assert world.sees(code, HEAD).rows == ["replaced late:f", "replaced latepkg.sub:g"]


def test_module_patched_while_it_is_being_imported(world: World) -> None:
    """What another distribution exchanges in a module whose body still runs completes it."""
    world.install("half", "1", half="def f(): pass\nimport tracer\ntracer.go()\n")
    world.install(
        "acme-tracer", "1.4", tracer="import sys\ndef go(): sys.modules['half'].f = len\n"
    )
    assert world.run("import half\n").rows == []


def test_failed_import_leaves_no_line(world: World) -> None:
    """A module that fails while it is imported disappears: that is the import system's doing."""
    world.install("broken", "1", broken="def f(): pass\n1 / 0\n")
    code = "try:\n    import broken\nexcept ZeroDivisionError: pass"
    assert world.sees(code, HEAD).rows == []


def test_reload_takes_a_patch_away(world: World) -> None:
    """importlib.reload() defines the functions anew: what was patched is no longer patched."""
    seen = world.sees("shop.price = len\nimportlib.reload(shop)", HEAD)
    assert seen.rows == ["replaced shop:price (reverted)"]


def test_reload_keeps_what_it_does_not_define(world: World) -> None:
    """A name that was added stays in a module that is reloaded."""
    seen = world.sees("shop.extra = len\nimportlib.reload(shop)", HEAD)
    assert seen.rows == ["added shop:extra"]


def test_reload_takes_the_patches_of_old_classes_away(world: World) -> None:
    """A class that is defined again has none of the patches of the old one."""
    seen = world.sees("shop.Item.name = len\nimportlib.reload(shop)", HEAD)
    assert seen.rows == ["replaced shop:Item.name (reverted)"]


def test_module_imported_again_has_no_patches(world: World) -> None:
    """After delete and import, the patches of the old module are out of reach."""
    seen = world.sees(
        """
shop.price = len
shop.Item.name = len
del sys.modules["shop"]
import shop as fresh
fresh.sale = len
""",
        HEAD,
    )
    states = {patch["target"]: patch["state"] for patch in seen.patches}
    assert states["shop:price"] == "reverted"
    assert states["shop:Item.name"] == "reverted"
    assert states["shop:sale"] == "on"


def test_patches_of_a_module_that_was_away_stand_again(world: World) -> None:
    """A module that is exchanged for a moment keeps its patches when it is put back."""
    seen = world.sees(
        """
shop.price = len
old = sys.modules.pop("shop")
import shop as fresh
sys.modules["shop"] = old
""",
        HEAD,
    )
    assert [row for row in seen.rows if "price" in row] == ["replaced shop:price"]


def test_submodule_set_on_its_package_is_no_patch(world: World) -> None:
    """The import system binds a submodule in its package."""
    world.install("boxes", "1", boxes__small="x = 1\n", boxes__large="x = 1\n")
    assert world.sees("import boxes.small\nfrom boxes import large", HEAD).rows == []


def test_module_that_substitutes_itself_is_no_patch(world: World) -> None:
    """A lazy module puts an object of its own in its place while its body runs."""
    source = "import sys\nclass Lazy: x = 1\nsys.modules[__name__] = Lazy()\n"
    world.install("lazy", "1", lazy=source)
    assert world.sees("import lazy; assert lazy.x", HEAD).rows == []


def test_module_subclass_is_watched(world: World) -> None:
    """A module whose class was exchanged for a subclass of ModuleType is watched all the same."""
    source = """
import sys, types
class Lazy(types.ModuleType):
    def __getattr__(self, name): raise AttributeError(name)
sys.modules[__name__].__class__ = Lazy
def f(): pass
"""
    world.install("lazy", "1", lazy=source)
    assert world.sees("import lazy; lazy.f = len; lazy.g = len", HEAD).rows == [
        "replaced lazy:f",
        "added lazy:g",
    ]


COPY = """
import importlib.util, sys
spec = importlib.util.find_spec({name!r})
copy = importlib.util.module_from_spec(spec)
sys.modules['the_copy'] = copy
spec.loader.exec_module(copy)
copy.{function} = print
def go(): pass
"""


@pytest.mark.parametrize(
    ("name", "function"), [("json", "dumps"), ("chunky", "read"), ("html.parser", "unescape")]
)
def test_private_copy_of_a_module_is_its_makers(world: World, name: str, function: str) -> None:
    """Nobody who imports the module gets it, be the module itself imported or not."""
    world.install("chunky", "1", chunky="def read(): pass\n")
    world.install("acme-tracer", "1.4", tracer=COPY.format(name=name, function=function))
    assert world.run("import json, tracer\ntracer.go()\n").rows == []


EXCHANGED = """
import xml.etree.ElementTree
old = sys.modules.pop('xml.etree.ElementTree')
fresh = importlib.import_module('xml.etree.ElementTree')
fresh.XML = print
sys.modules['xml.etree.ElementTree'] = old
xml.etree.ElementTree = old
fresh.XML = len
"""


def test_module_that_was_exchanged_for_a_moment_is_back(world: World) -> None:
    """The package holds its submodule again, and the copy is its maker's."""
    seen = world.sees(EXCHANGED, "import importlib, sys, xml.etree")
    assert seen.rows == [
        "module sys.modules:xml.etree.ElementTree (reverted)",
        "replaced xml.etree.ElementTree:XML (reverted)",
    ]


def test_entry_below_another_name_of_the_distribution_is_its_own(world: World) -> None:
    """A distribution that installs two import names may make entries below either."""
    world.install("pair", "1", pair="", Pair="def go():\n    import sys, types\n"
                  "    sys.modules['pair.part'] = types.SimpleNamespace()\n")  # fmt: skip
    assert world.run("import Pair\nPair.go()\n").rows == []
