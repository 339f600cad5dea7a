"""What can be patched and what is refused; what is removed leaves nothing."""

from __future__ import annotations

import dataclasses
import enum
import re
import sys
import time
import types
from datetime import datetime

import pytest

import overt

# Target, and how it is called; each gives the same as `original` when it is not patched.
CALLED = {
    "function": ("patch_cast:price", lambda m: m.price(2)),
    "method": ("patch_cast:Item.method", lambda m: m.item.method(2)),
    "method of a nested class": ("patch_cast:Item.Part.fit", lambda m: m.Item.Part().fit()),
    "static method": ("patch_cast:Item.static", lambda m: (m.Item.static(2), m.item.static(2))),
    "class method": ("patch_cast:Item.named", lambda m: (m.Special.named(2), m.item.named(2))),
    "property": ("patch_cast:Item.cost", lambda m: m.item.cost),
    "__call__": ("patch_cast:Item.__call__", lambda m: m.item(2)),
    "__init__": ("patch_cast:Item.__init__", lambda m: m.Item("x").name),
    "inherited method": ("patch_cast:Special.inherited", lambda m: m.Special().inherited()),
    "inherited static": ("patch_cast:Special.static", lambda m: m.Special.static(2)),
    "inherited class method": ("patch_cast:Special.named", lambda m: m.Special.named(2)),
    "inherited property": ("patch_cast:Special.cost", lambda m: m.Special().cost),
    "method of an instance": ("patch_cast:item.method", lambda m: m.item.method(2)),
    "bound method": ("patch_cast:bound", lambda m: m.bound(2)),
    "callable object": ("patch_cast:item", lambda m: m.item(2)),
    "class": ("patch_cast:Item", lambda m: m.Item("x").name),
    "cached function": ("patch_cast:cached", lambda m: m.cached(2)),
    "function in a slot": ("patch_cast:slotted.x", lambda m: m.slotted.x(2)),
    "C function": ("patch_cast:clock", lambda m: m.clock() > 0),
    "method of a C type": ("re:Pattern.search", lambda m: bool(re.compile("a").search("ba"))),
    "class method of a C type": ("datetime:datetime.fromtimestamp",
                                 lambda m: datetime.fromtimestamp(0).year),
}  # fmt: skip
BY_NAME = [kind for kind in CALLED if "C type" not in kind]
EVERYWHERE = [
    kind
    for kind in CALLED
    if kind not in {"class", "callable object", "cached function", "bound method",
                    "function in a slot", "method of an instance"}
]  # fmt: skip


def namespaces(module):
    """Every class's and object's own attributes, as they are."""
    kept = {"module": dict(vars(module))}
    for name, value in vars(module).items():
        home = value.__module__ if isinstance(value, type) else type(value).__module__
        if home == module.__name__ and hasattr(value, "__dict__"):
            kept[name] = dict(vars(value))
    return kept


def identical(before, after):
    assert before.keys() == after.keys()
    for place, attributes in before.items():
        assert attributes.keys() == after[place].keys()
        for name, value in attributes.items():
            assert after[place][name] is value, (place, name)


@pytest.mark.parametrize(
    ("kind", "reach"),
    [(k, "name") for k in BY_NAME] + [(k, "everywhere") for k in EVERYWHERE],
)
def test_every_kind_of_target(cast, kind, reach) -> None:
    """The advice sees each call, off and on again; afterwards every object is what it was."""
    target, call = CALLED[kind]
    before = namespaces(cast)
    plain = call(cast)
    seen = []

    def advice(original, *args, **kwargs):
        seen.append((args, kwargs))
        return original(*args, **kwargs)

    handle = overt.around(target, advice, reach=reach)
    for _ in range(2):  # a handle can be used again
        with handle:
            seen.clear()
            assert call(cast) == plain
            assert len(seen) == (
                2 if isinstance(plain, tuple) and isinstance(plain[0], tuple) else 1
            )
            handle.off()
            assert call(cast) == plain
            assert handle.state == "off"
            count = len(seen)
            handle.on()
            assert call(cast) == plain
            assert len(seen) == 2 * count
            assert handle.original is not None
        assert call(cast) == plain
        identical(before, namespaces(cast))
    assert handle.state == "idle"
    assert handle.original is None


@pytest.mark.parametrize("kind", BY_NAME)
@pytest.mark.parametrize("make", [overt.observe, lambda t: overt.tap(t, before=lambda *a, **k: 0)])
def test_native_layers_on_every_kind_of_target(cast, kind, make) -> None:
    """Counting and observers change no result."""
    target, call = CALLED[kind]
    before = namespaces(cast)
    plain = call(cast)
    with make(target) as handle:
        assert call(cast) == plain
        assert handle.stats.calls >= 1
    identical(before, namespaces(cast))


@pytest.mark.parametrize(
    ("target", "read"),
    [
        ("patch_cast:LIMIT", lambda m: m.LIMIT),
        ('patch_cast:SETTINGS["x"]', lambda m: m.SETTINGS["x"]),
        ('patch_cast:SETTINGS["deep"]["y"][1]', lambda m: m.SETTINGS["deep"]["y"][1]),
        ("patch_cast:Item.label", lambda m: m.item.label),
        ("patch_cast:Special.label", lambda m: m.Special.label),
        ("patch_cast:item.name", lambda m: m.item.name),
        ("patch_cast:Item.slow", lambda m: m.Item().slow),
        ("patch_cast:Item", lambda m: m.Item),
    ],
)
def test_values_are_replaced(cast, target, read) -> None:
    """A value is bound as it is, goes when the patch is off, and leaves the old object."""
    before = namespaces(cast)
    items = dict(cast.SETTINGS), list(cast.SETTINGS["deep"]["y"])
    plain = read(cast)
    for value in (None, 0, plain, [plain]):
        with overt.patch(target, value) as handle:
            assert read(cast) is value
            handle.off()
            assert read(cast) == plain
            handle.on()
            assert read(cast) is value
        identical(before, namespaces(cast))
    assert (dict(cast.SETTINGS), cast.SETTINGS["deep"]["y"]) == items


def test_descriptors_stay_what_they_are(cast) -> None:
    """A static method is one, a property keeps its setter and doc."""
    with (
        overt.observe("patch_cast:Item.static"),
        overt.observe("patch_cast:Item.named"),
        overt.observe("patch_cast:Item.cost") as cost,
    ):
        assert type(vars(cast.Item)["static"]) is staticmethod
        assert type(vars(cast.Item)["named"]) is classmethod
        assert type(cast.Item.cost) is property
        assert cast.Item.cost.__doc__ == "What it costs."
        cast.item.cost = 7
        assert (cast.item.paid, cast.item.cost, cost.stats.calls) == (7, 5, 1)


def test_attribute_of_object_leaves_no_residue(cast) -> None:
    """object.__init__ and __new__ check their arguments only while a class has none of its own."""
    plain_init = overt.around("patch_cast:Empty.__init__", lambda original, *a, **k: original(*a))
    plain_new = overt.around("patch_cast:Empty.__new__", lambda original, *a, **k: original(*a))
    for handle in (plain_init, plain_new):
        with handle:
            assert isinstance(cast.Empty(), cast.Empty)
        assert not {"__init__", "__new__"} & vars(cast.Empty).keys()
        with pytest.raises(TypeError, match="takes no arguments"):
            cast.Empty(1)
        cast.Empty()
    with plain_init, plain_new, pytest.raises(TypeError, match="takes exactly one argument"):
        cast.Empty(1)
    with overt.observe("patch_cast:Special.__init__"), overt.observe("patch_cast:Item.__new__"):
        assert cast.Special(name="x").name == "x"
        assert cast.Item("x").name == "x"
    assert cast.Special(name="x").name == "x"
    assert cast.Item("x").name == "x"
    sub = type("Sub", (cast.Empty,), {"__new__": lambda cls, *args: object.__new__(cls)})
    cast.Sub = sub
    sub(1)
    with overt.observe("patch_cast:Sub.__init__"):
        sub(1)
    sub(1)


@dataclasses.dataclass(frozen=True)
class Frozen:
    value: int = 1


class Colour(enum.Enum):
    RED = 1


REFUSED = {
    "patch_cast:nope": "there is no 'nope' in patch_cast",
    "patch_cast:Item.nope": "there is no 'nope' in patch_cast:Item",
    "patch_cast:Nope.method": "there is no 'Nope' in patch_cast",
    "patch_cast:SETTINGS['z']": "there is no ",
    "patch_cast:price.<locals>.f": "local to a function",
    "patch_cast:Item.method.__code__": "computed by its class",
    "patch_cast:slotted.size": "patch its class instead",
    "patch_cast:constants[0]": "the items of this object cannot be written",
    "patch_cast:proxy['a']": "cannot be written",
    "patch_cast:frozen.value": "cannot be written",
    "patch_cast:Colour.RED": "cannot be written",
    "patch_cast:text[0]": "cannot be written",
    "builtins:int.bit_length": 'immutable type.*reach="everywhere"',
}


@pytest.mark.parametrize("target", REFUSED)
def test_refused_with_a_reason(cast, target) -> None:
    """What does not exist or cannot be written is told at installation, and nothing has changed."""
    vars(cast).update(
        constants=(1, 2),
        proxy=types.MappingProxyType({"a": 1}),
        frozen=Frozen(),
        Colour=Colour,
        text=b"ab",
    )
    before = namespaces(cast)
    handle = overt.patch(target, 5)
    with pytest.raises(overt.Error, match=REFUSED[target]) as refusal:
        handle.install()
    missing = "there is no" in REFUSED[target]
    assert refusal.value.code == ("not_found" if missing else "refused")
    assert isinstance(refusal.value, LookupError) == missing
    assert refusal.value.target == target
    assert handle.state == "idle"
    identical(before, namespaces(cast))


@pytest.mark.parametrize(
    ("target", "why"),
    [
        ("builtins:len", "specialised instruction"),
        ("builtins:isinstance", "specialised instruction"),
        ("builtins:list.append", "specialised instruction"),
        ("builtins:str", "in ways of its own"),
        ("builtins:ValueError", "in ways of its own"),
        ("enum:Enum", "its metaclass 'EnumType' calls it in a way of its own"),
        ("patch_cast:LIMIT", "no entry of its own"),
        ("patch_cast:bound", "patch the method of its class"),
        ("patch_cast:cached", "patch it by its name"),
    ],
)
def test_refused_everywhere(cast, target, why) -> None:
    """What the interpreter calls in ways of its own, or has no entry, says so."""
    with pytest.raises(overt.RefusedError, match=why):
        overt.around(
            target, lambda original, *a, **k: original(*a, **k), reach="everywhere"
        ).install()


def test_value_for_a_function_everywhere_is_refused(cast) -> None:
    """Only a function can take the calls of one; the refusal names the target."""
    with pytest.raises(overt.RefusedError, match="give a function") as refusal:
        overt.patch("patch_cast:price", 5, reach="everywhere").install()
    assert refusal.value.target == "patch_cast:price"


def test_class_of_exceptions_is_caught_as_ever(cast) -> None:
    """The class stays what it is, so `except` finds it, whatever is patched."""
    cast.Oops = type("Oops", (Exception,), {"__module__": "patch_cast"})
    with overt.observe("patch_cast:Oops") as handle:
        with pytest.raises(cast.Oops):
            raise cast.Oops("x")
        with pytest.raises(cast.Oops):
            raise cast.Oops
        assert handle.stats.calls == 2
    with overt.observe("patch_cast:Oops.__init__") as handle:
        with pytest.raises(cast.Oops):
            raise cast.Oops("x")
        assert handle.stats.calls == 1
    assert "__init__" not in vars(cast.Oops)


@pytest.mark.parametrize("target", ["", "patch_cast", "patch_cast:", ":price", "a b:c", "x:y[z"])
def test_target_that_is_none(target) -> None:
    """Misspelled ones are told when the handle is made."""
    with pytest.raises(overt.Error):
        overt.observe(target).install()


def test_everywhere_reaches_copies(cast) -> None:
    """The function itself is redirected: copies and bound methods made before are reached, too."""
    copy, method = cast.price, cast.item.method
    with overt.patch("patch_cast:price", lambda *a, **k: "new", reach="everywhere"):
        assert copy() == "new"
        assert cast.price is copy
    with overt.patch("patch_cast:Item.method", lambda self, amount=1: "new"):
        assert method() == ("method", 1)
    with overt.patch("patch_cast:Item.method", lambda self, amount=1: "new", reach="everywhere"):
        assert method() == "new"
    copied = time.monotonic
    with overt.patch("time:monotonic", lambda: -1.0, reach="everywhere"):
        assert copied() == time.monotonic() == -1.0
    assert copied() >= 0
    assert copy() == 1


def test_name_leaves_copies_alone(cast) -> None:
    """With the default reach only the name is rebound."""
    copy = cast.price
    with overt.patch("patch_cast:price", lambda *a, **k: "new"):
        assert (cast.price(), copy()) == ("new", 1)


def test_original_is_released(cast) -> None:
    """A handle that is kept does not keep what it had patched."""
    function = cast.price
    count = sys.getrefcount(function)
    handle = overt.around("patch_cast:price", lambda original, *a, **k: original(*a, **k))
    for reach in range(3):
        with handle:
            assert cast.price(reach) == reach
        assert sys.getrefcount(function) == count


@pytest.mark.parametrize("attribute", ["cost", "__init__"])
def test_an_inherited_attribute_is_reached_at_call_sites_that_are_warm(cast, attribute) -> None:
    """The interpreter has copied the code of the base class's function into the caller by then."""

    class Base:
        def __init__(self, label="plain"):
            self.label = label

        @property
        def cost(self):
            return 1

    cast.Base, cast.Heir = Base, type("Heir", (Base,), {})

    def use(heir):
        return heir().cost

    for _ in range(500):
        use(cast.Heir)
    with overt.observe(f"patch_cast:Heir.{attribute}", reach="everywhere") as handle:
        for _ in range(300):
            use(cast.Heir)
        assert handle.stats.calls == 300
    assert use(cast.Heir) == 1
    assert handle.stats.calls == 300
