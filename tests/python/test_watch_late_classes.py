"""Classes that appear while the program runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import World

LATE = {
    "made after the start": (
        "import late",
        "class Late:\n    def f(self): pass",
        "late.Late.f = print",
        "late:Late.f",
    ),
    "made in a function and stored": (
        "import late",
        "def make():\n    class Late:\n        def f(self): pass\n    return Late\nLate = make()",
        "late.Late.f = print",
        "late:make.<locals>.Late.f",
    ),
    "made by type()": (
        "import late",
        "Late = type('Late', (), {'f': print})",
        "late.Late.f = len",
        "late:Late.f",
    ),
    "stored by a function, later": (
        "import late; late.make()",
        "def make():\n    global Late\n    class Late:\n        def f(self): pass",
        "late.Late.f = print",
        "late:Late.f",
    ),
    "decorated": (
        "import late",
        "def same(c): return c\n@same\nclass Late:\n    def f(self): pass",
        "late.Late.f = print",
        "late:Late.f",
    ),
    "a data class": (
        "import late",
        """
from dataclasses import dataclass
@dataclass
class Late:
    x: int
""",
        "late.Late.__init__ = print",
        "late:Late.__init__",
    ),
    "a data class with slots": (
        "import late",
        """
from dataclasses import dataclass
@dataclass(slots=True)
class Late:
    x: int = 1
    def f(self): pass
""",
        "late.Late.f = print",
        "late:Late.f",
    ),
    "a named tuple": (
        "import late",
        "from collections import namedtuple\nLate = namedtuple('Late', 'f g')",
        "late.Late._asdict = print",
        "late:Late._asdict",
    ),
    "an enumeration": (
        "import late",
        "import enum\nclass Late(enum.Enum):\n    A = 1\n    def f(self): pass",
        "late.Late.f = print",
        "late:Late.f",
    ),
    "nested in a stored class": (
        "import late; late.make()",
        """
class Outer: pass
def make():
    class Late:
        def f(self): pass
    Outer.Late = Late
""",
        "late.Outer.Late.f = print",
        "late:make.<locals>.Late.f",
    ),
}


@pytest.mark.parametrize("case", LATE)
def test_class_made_late_is_watched_at_once(world: World, case: str) -> None:
    """A class is watched from the moment that a module or class holds it."""
    main, source, code, expected = LATE[case]
    world.install("late-bird", "1.0", late=source + "\n")
    seen = world.sees(code, "import late", main)
    assert seen.rows == [f"replaced {expected}"]


def test_class_nested_deep_is_watched(world: World) -> None:
    """Classes in classes in classes are found when the outermost is stored."""
    world.install("late-bird", "1.0", late="class A:\n class B:\n  class C:\n   f = id\n")
    assert world.sees("late.A.B.C.f = len", "import late").rows == ["replaced late:A.B.C.f"]


def test_class_that_is_exchanged_is_watched_in_its_place(world: World) -> None:
    """The class that a patch puts in place is the next one's target, under its own name."""
    world.audit("shop.Item.name = len")
    world.tracer("class Mine:\n    def name(self): pass\nshop.Item = Mine", "import shop")
    seen = world.run("import audit, tracer\ntracer.go()\naudit.go()\n")
    assert seen.owners == [
        "shop:Item by acme-tracer 1.4",
        "tracer:go.<locals>.Mine.name by audit 0.9",
    ]


def test_class_renamed_after_a_patch_has_its_new_name(world: World) -> None:
    """A package that gives its classes its own name is believed: that is their public name."""
    source = "class A:\n    def f(self): pass\nA.__module__ = 'late'\n"
    world.install("late-bird", "1.0", late___impl=source)
    (world.site / "late" / "__init__.py").write_text("from late._impl import A\n")
    assert world.sees("late.A.f = len", "import late").rows == ["replaced late:A.f"]
