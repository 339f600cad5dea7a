"""Functions that are changed in place: their code and their defaults."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import World

HEAD = """
import shop, time
def fake(amount=1, *, tax=0): return "fake"
"""
CODE = {
    "code": ("shop.price.__code__ = fake.__code__", "code -> code"),
    "code by setattr": ("setattr(shop.price, '__code__', fake.__code__)", "code -> code"),
    "code by type.__setattr__": (
        "object.__setattr__(shop.price, '__code__', fake.__code__)",
        "code -> code",
    ),
    "defaults": ("shop.price.__defaults__ = (5,)", "tuple -> tuple"),
    "no defaults": ("shop.price.__defaults__ = None", "tuple -> NoneType"),
    "defaults deleted": ("del shop.price.__defaults__", "tuple -> nothing"),
    "new defaults": ("shop.sale.__defaults__ = ()", "nothing -> tuple"),
    "keyword defaults": ("shop.price.__kwdefaults__ = {'tax': 9}", "dict -> dict"),
    "no keyword defaults": ("shop.price.__kwdefaults__ = None", "dict -> NoneType"),
    "a method's code": (
        "shop.Item.name.__code__ = (lambda self: 1).__code__",
        "code -> code",
    ),
    "a static method's code": (
        "shop.Item.parse.__code__ = (lambda: 1).__code__",
        "code -> code",
    ),
    "a property's code": (
        "shop.Item.cost.fget.__code__ = (lambda self: 1).__code__",
        "code -> code",
    ),
}
TARGETS = {
    "new defaults": "shop:sale",
    "a method's code": "shop:Item.name",
    "a static method's code": "shop:Item.parse",
    "a property's code": "shop:Item.cost",
}


@pytest.mark.parametrize("case", CODE)
def test_function_changed_in_place_is_seen(world: World, case: str) -> None:
    """Code and defaults are reported as a change of the function, wherever it is referred to."""
    code, change = CODE[case]
    seen = world.sees(code, HEAD)
    (patch,) = seen.patches
    old, _, new = change.partition(" -> ")
    assert (patch["target"], patch["change"]) == (TARGETS.get(case, "shop:price"), "code")
    kinds = [patch[side].get("type", "nothing") for side in ("old", "new")]
    # What Python calls None, the function calls nothing: both say that there are no defaults.
    assert [k.replace("NoneType", "nothing") for k in kinds] == [
        k.replace("NoneType", "nothing") for k in (old, new)
    ]


RESTORED = {
    "code": "old = f.__code__; f.__code__ = fake.__code__; f.__code__ = old",
    "defaults": "old = f.__defaults__; f.__defaults__ = (7,); f.__defaults__ = old",
    "keyword defaults": "old = f.__kwdefaults__; f.__kwdefaults__ = {'tax': 7}\n"
    "f.__kwdefaults__ = old",
    "defaults to none": "f = shop.sale; f.__defaults__ = (); f.__defaults__ = None",
}


@pytest.mark.parametrize("case", RESTORED)
def test_function_put_back_is_reverted(world: World, case: str) -> None:
    """The old code or the old defaults, put back, undo the patch."""
    seen = world.sees(f"f = shop.price; {RESTORED[case]}", HEAD)
    assert [patch["state"] for patch in seen.patches] == ["reverted"]


def test_code_and_defaults_are_undone_each_on_its_own(world: World) -> None:
    """Who puts the defaults back has not put the code back."""
    seen = world.sees(
        """
f = shop.price
code, defaults = f.__code__, f.__defaults__
f.__code__ = fake.__code__
f.__defaults__ = (7,)
f.__code__ = code
""",
        HEAD,
    )
    assert seen.rows == ["code shop:price (reverted)", "code shop:price"]


def test_function_of_generated_code_belongs_to_no_module(world: World) -> None:
    """A function whose globals are no module's namespace is not watched."""
    world.install("maker", "1", maker="d = {}\nexec('def f(): pass', d)\nf = d['f']\n")
    seen = world.sees("maker.f.__code__ = (lambda: 1).__code__", "import maker")
    assert seen.rows == []


QUIET = {
    "its own function": "fake.__code__ = (lambda: 1).__code__; fake.__defaults__ = (1,)",
    "its own closure": "def inner(): pass\ninner.__code__ = (lambda: 1).__code__",
    "the same code": "shop.price.__code__ = shop.price.__code__",
    "names and notes": "shop.price.__name__ = 'x'; shop.price.__doc__ = 'y'; shop.price.mark = 1",
    "annotations": "shop.price.__annotations__ = {}",
}


@pytest.mark.parametrize("case", QUIET)
def test_what_changes_no_foreign_function_is_not_reported(world: World, case: str) -> None:
    """A distribution may change its own functions, and anybody may annotate one."""
    assert world.sees(QUIET[case], HEAD).rows == []
