"""Advice on the call of a class: the class stays at its name, and is what it was in every way."""

from __future__ import annotations

import abc
import copy
import dataclasses
import functools
import gc
import inspect
import io
import pickle
import pydoc
import sys
import types
import typing
import weakref

import pytest

import overt


def marked(original, *args, **kwargs):
    """Make the object and mark it."""
    made = original(*args, **kwargs)
    made.mark = "patched"
    return made


@pytest.fixture(params=["name", "everywhere"])
def patched(request, cast):
    """patch_cast with advice on a call of Item."""
    with overt.around("patch_cast:Item", marked, reach=request.param):
        yield cast


def test_class_is_the_same_object(cast) -> None:
    """Identity, type, dict and references are as they were, while it is patched and after."""
    before, space = cast.Item, dict(vars(cast.Item))
    with overt.around("patch_cast:Item", marked):
        assert cast.Item is before
        assert type(cast.Item) is type
        mark = cast.Item("x").mark
        assert mark == "patched"
        assert vars(cast.Item) == space
    assert vars(cast.Item) == space
    count = sys.getrefcount(cast.Item)
    for _ in range(10):
        with overt.around("patch_cast:Item", marked):
            cast.Item("x")
    left = sys.getrefcount(cast.Item)
    assert left == count


def test_instances_are_pickled_and_copied(patched) -> None:
    """By the class's name, which leads to the class."""
    made = patched.Item("x")
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        again = pickle.loads(pickle.dumps(made, protocol))
        assert (type(again), again.name, again.mark) == (patched.Item, "x", "patched")
        assert pickle.loads(pickle.dumps(patched.Item, protocol)) is patched.Item
    assert copy.deepcopy(made).name == copy.copy(made).name == "x"
    assert copy.deepcopy(patched.Item) is patched.Item


def test_class_patterns_match(patched) -> None:
    """`case Item()` takes a class and nothing else."""
    match patched.Item("x"):
        case patched.Item(name="x", mark="patched"):
            found = True
        case _:
            found = False
    assert found


def test_subclasses_are_made_and_called_as_ever(patched) -> None:
    """By a class statement, type(), types.new_class(); their calls are not the patched one's."""
    statement = type("Statement", (patched.Item,), {})
    for made in (statement, types.new_class("Made", (patched.Item,)), patched.Special):
        assert issubclass(made, patched.Item)
        assert made.__mro__[1] is patched.Item
        thing = made("x")
        assert isinstance(thing, patched.Item)
        assert not hasattr(thing, "mark")
        assert thing.method() == ("method", 1)


def test_help_and_inspection(patched) -> None:
    """help() prints the class, inspect knows its signature, singledispatch and cases take it."""
    out = io.StringIO()
    pydoc.Helper(output=out)(patched.Item)
    assert "class Item(Base)" in out.getvalue()
    assert inspect.isclass(patched.Item)
    assert str(inspect.signature(patched.Item)) == "(name='thing')"
    assert inspect.getsource(patched.Item).startswith("class Item(Base):")

    @functools.singledispatch
    def kind(what):
        return "object"

    kind.register(patched.Item, lambda what: "item")
    assert kind(patched.Item()) == "item"


def test_every_way_of_calling_it_is_reached(patched) -> None:
    """By name, by copy, from C, with keywords, without."""
    held = patched.Item
    ways = [
        lambda: patched.Item(),
        lambda: held("x"),
        lambda: held(name="x"),
        lambda: held(*["x"], **{}),
        lambda: next(map(held, "x")),
        functools.partial(held, "x"),
        types.MethodType(held, "x"),
    ]
    for way in ways:
        assert {way().mark for _ in range(100)} == {"patched"}
    assert isinstance(held.__new__(held), held)  # is not called


def test_object_that_is_no_instance(cast) -> None:
    """An advice may return what it likes: a cached object, something else."""
    with overt.around("patch_cast:Item", lambda original, name="thing": {"name": name}):
        assert cast.Item("x") == {"name": "x"}
    with overt.around("patch_cast:Item", functools.lru_cache(lambda original, name="": original())):
        assert cast.Item("x").name == "thing"


def test_wrong_arguments_raise_as_ever(patched) -> None:
    """The error is the class's own."""
    with pytest.raises(TypeError, match=r"Item.__init__\(\) takes from 1 to 2 positional"):
        patched.Item(1, 2, 3)
    with pytest.raises(TypeError, match="unexpected keyword argument 'key'"):
        patched.Item(key=1)


def test_init_that_is_replaced_meanwhile(cast) -> None:
    """Others may patch the class's own methods, before and during; both hold."""
    with overt.around("patch_cast:Item", marked):
        cast.Item()
        with overt.around(
            "patch_cast:Item.__init__", lambda original, self, name="": original(self, "y")
        ):
            made = cast.Item("x")
            assert (made.name, made.mark) == ("y", "patched")
        with overt.around(
            "patch_cast:Item.__new__", lambda original, *args, **k: original(args[0])
        ):
            assert cast.Item("x").mark == "patched"
        made = cast.Item("x")
        assert (made.name, made.mark) == ("x", "patched")


def test_class_that_others_put_there(cast) -> None:
    """The name leads to another class: ours says that it is buried, and leaves as ever."""
    first = cast.Item
    with overt.around("patch_cast:Item", marked) as handle:
        cast.Item = type("Item", (first,), {"__module__": "patch_cast"})
        assert handle.state == "buried"
        assert not hasattr(cast.Item("x"), "mark")
        cast.Item = first
        assert handle.state == "on"
    assert not hasattr(first("x"), "mark")


def test_replacement_by_a_class_is_bound(cast) -> None:
    """overt.patch() with a class puts it at the name, as ever."""
    other = type("Other", (), {})
    with overt.patch("patch_cast:Item", other):
        assert cast.Item is other


@pytest.mark.parametrize(
    "target", ["collections:OrderedDict", "datetime:date", "decimal:Decimal", "threading:Thread"]
)
def test_classes_of_the_library(target) -> None:
    """Also those that are made in C."""
    module, _, name = target.partition(":")
    found = getattr(__import__(module), name)
    args = {"date": (2026, 1, 2)}.get(name, ())
    with overt.observe(target) as handle:
        assert [type(found(*args)) for _ in range(100)] == [found] * 100
        assert handle.stats.calls == 100
        handle.off()
        found(*args)
        assert handle.stats.calls == 100
    found(*args)
    assert handle.stats.calls == 100


def test_dataclass_named_tuple_and_abstract_class(cast) -> None:
    """Classes whose metaclass is not type, or whose __new__ is their own."""

    @dataclasses.dataclass(frozen=True, slots=True)
    class Row:
        x: int

    class Pair(typing.NamedTuple):
        x: int

    class Abstract(abc.ABC):
        @abc.abstractmethod
        def f(self): ...

    for made in (Row, Pair, Abstract):
        setattr(cast, made.__name__, made)
        made.__module__ = "patch_cast"
        made.__qualname__ = made.__name__
    with (
        overt.observe("patch_cast:Row") as row,
        overt.observe("patch_cast:Pair") as pair,
        overt.observe("patch_cast:Abstract") as abstract,
    ):
        assert dataclasses.replace(Row(1), x=2).x == 2
        assert pickle.loads(pickle.dumps(Row(3))) == Row(3)
        assert Pair(1)._replace(x=2) == Pair(2)
        with pytest.raises(TypeError, match="abstract"):
            Abstract()
        assert (row.stats.calls, pair.stats.calls) == (4, 2)
        assert (abstract.stats.calls, abstract.stats.errors) == (1, 1)


def test_class_made_in_a_loop_is_forgotten(cast) -> None:
    """Nothing of a patched class stays when the patch is gone."""
    gone = []
    for _ in range(10):
        cast.Local = type("Local", (), {"__module__": "patch_cast"})
        with overt.observe("patch_cast:Local"):
            cast.Local()
        gone.append(weakref.ref(cast.Local))
        del cast.Local
    gc.collect()
    assert [each() for each in gone] == [None] * 10
