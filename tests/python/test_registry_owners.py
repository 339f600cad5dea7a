"""Whose an entry is: the calling distribution's, or that of its entry point."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conftest import World


def test_owner_is_the_calling_distribution(world: World) -> None:
    """Owner and line of an entry are told by the stack, behind decorators and helpers too."""
    world.install(
        "acme-exporters",
        "2.1",
        acme="""
import overt
exporters = overt.registry("shop.exporters")
@exporters.register
def csv(): ...
def late():
    exporters.register("late", csv)
""",
    )
    source = """
import overt
exporters = overt.registry("shop.exporters")
import acme
acme.late()
exporters.register("mine", print)
exporters.register("given", print, owner="somebody")
exporters.register("other", print, owner=overt.Owner("x", "1", "y"))
for e in exporters.entries():
    print(e.name, e.owner.name, e.owner.version, e.owner.package, e.site.function, e.site.line)
"""
    world.overt.write("main.py", source)
    assert world.overt.plain(sys.executable, "main.py").stdout.splitlines() == [
        "csv acme-exporters 2.1 acme <module> 4",
        "late acme-exporters 2.1 acme late 7",
        "mine __main__ None __main__ <module> 6",
        "given somebody None somebody <module> 7",
        "other x 1 y <module> 8",
    ]


ENTRY_POINTS = """
import overt, warnings
warnings.simplefilter("error")
exporters = overt.registry("shop.exporters")
def show():
    for e in exporters.entries():
        print(e.name, e.value.__name__, e.owner.name, e.owner.version, "|", e.entry_point)
"""


def offer(world: World, **points: str) -> None:
    """Two distributions with entry points, one of which is given."""
    world.install("acme-exporters", "2.1", acme="def csv(): ...\ndef xml(): ...\n")
    world.install("zeta", "1", zeta="def fast(): ...\n")
    points_of(world, "acme_exporters-2.1", csv="acme:csv", xml="acme:xml")
    points_of(world, "zeta-1", **points)


def points_of(world: World, distribution: str, **points: str) -> None:
    lines = ["[shop.exporters]", *(f"{name} = {value}" for name, value in points.items())]
    info = world.site / f"{distribution}.dist-info"
    (info / "entry_points.txt").write_text("\n".join(lines) + "\n")


def test_entry_points_are_loaded_once(world: World) -> None:
    """They come by name, owned by their distributions, and a second time only what is new."""
    offer(world, fast="zeta:fast")
    assert loaded(world, "print(len(exporters.load()), len(exporters.load()))\nshow()") == [
        "3 0",
        "csv csv acme-exporters 2.1 | csv = acme:csv [shop.exporters]",
        "fast fast zeta 1 | fast = zeta:fast [shop.exporters]",
        "xml xml acme-exporters 2.1 | xml = acme:xml [shop.exporters]",
    ]


def test_entry_point_that_does_not_load_leaves_nothing_behind(world: World) -> None:
    """It is named with its distribution and the reason; nothing is registered then."""
    offer(world, bad="zeta.gone:f")
    assert loaded(
        world,
        "try: exporters.load()\nexcept overt.EntryError as e: print(e, type(e.__cause__).__name__)"
        "\nshow()",
    ) == [
        "entry point bad = zeta.gone:f [shop.exporters] of zeta does not load: "
        "No module named 'zeta.gone'; 'zeta' is not a package ModuleNotFoundError",
    ]


def test_entry_point_that_does_not_load_can_be_left_out(world: World) -> None:
    """With on_error="warn" the others are there, and a warning says what is missing."""
    offer(world, bad="zeta.gone:f")
    assert loaded(
        world,
        "with warnings.catch_warnings(record=True) as seen:\n"
        "    warnings.simplefilter('always')\n"
        "    exporters.load(on_error='warn', group='plugins')\n"
        "print(seen[0].category.__name__, seen[0].filename.endswith('main.py'))\n"
        "print(exporters.names(), exporters.groups())",
    ) == ["RuntimeWarning True", "('csv', 'xml') ('plugins',)"]


def test_entry_points_are_registered_all_or_none(world: World) -> None:
    """A name that is taken half-way takes back those before it."""
    offer(world, xml="zeta:fast")
    assert loaded(
        world,
        "try: exporters.load()\nexcept overt.DuplicateError as e: print(str(e)[:34])\nshow()\n"
        "try: exporters.load(on_error='stop')\nexcept overt.Error as e: print(e)",
    ) == [
        "'xml' is taken in registry 'shop.e",
        "shop.exporters: on_error is 'raise' or 'warn', not 'stop'",
    ]


def loaded(world: World, source: str) -> list[str]:
    world.overt.write("main.py", ENTRY_POINTS + source)
    done = world.overt.plain(sys.executable, "main.py")
    assert done.stderr == ""
    return done.stdout.splitlines()
