"""Attributes of classes: of every kind of class, wherever it comes from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import World

HEAD = """
import collections, datetime, decimal, enum, functools, http.client, io, re, threading
import shop
def fake(*args): pass
class Fake: pass
"""
F = "-> function tracer:fake"
ATTRIBUTES = {
    "a method": ("Item.name = fake", f"replaced shop:Item.name: function shop:Item.name {F}"),
    "a method by None": (
        "Item.name = None",
        "replaced shop:Item.name: function shop:Item.name -> NoneType",
    ),
    "a static method": (
        "Item.parse = staticmethod(fake)",
        "replaced shop:Item.parse: staticmethod shop:Item.parse -> staticmethod tracer:fake",
    ),
    "a class method": (
        "Item.create = classmethod(fake)",
        "replaced shop:Item.create: classmethod shop:Item.create -> classmethod tracer:fake",
    ),
    "a property": (
        "Item.cost = property(fake)",
        "replaced shop:Item.cost: property shop:Item.cost -> property tracer:fake",
    ),
    "a property by data": (
        "Item.cost = 1",
        "replaced shop:Item.cost: property shop:Item.cost -> int",
    ),
    "a nested class": (
        "Item.Part = Fake",
        "replaced shop:Item.Part: type shop:Item.Part -> type tracer:Fake",
    ),
    "a nested class's method": (
        "Item.Part.fit = fake",
        f"replaced shop:Item.Part.fit: function shop:Item.Part.fit {F}",
    ),
    "an inherited method": (
        "Special.name = fake",
        f"added shop:Special.name: nothing {F}",
    ),
    "a new special method": ("Item.__len__ = fake", f"added shop:Item.__len__: nothing {F}"),
    "an inherited special method": (
        "Item.__eq__ = fake",
        f"added shop:Item.__eq__: nothing {F}",
    ),
    "a metaclass's method": (
        "Meta.build = fake",
        f"replaced shop:Meta.build: function shop:Meta.build {F}",
    ),
    "through the metaclass": (
        "type(Built).build = fake",
        f"replaced shop:Meta.build: function shop:Meta.build {F}",
    ),
    "a class with a metaclass": ("Built.extra = fake", f"added shop:Built.extra: nothing {F}"),
    "a class with slots": (
        "Slotted.size = fake",
        f"replaced shop:Slotted.size: function shop:Slotted.size {F}",
    ),
    "a slot": (
        "Slotted.x = property(fake)",
        "replaced shop:Slotted.x: member_descriptor -> property tracer:fake",
    ),
    "data by a method": ("Item.label = fake", f"replaced shop:Item.label: str {F}"),
    "deleted": ("del Item.name", "deleted shop:Item.name: function shop:Item.name -> nothing"),
    "through an instance's class": (
        "default.__class__.name = fake",
        f"replaced shop:Item.name: function shop:Item.name {F}",
    ),
}


@pytest.mark.parametrize("case", ATTRIBUTES)
def test_attribute_of_a_class_is_seen(world: World, case: str) -> None:
    """Each kind of attribute is reported under the class that it is stored in."""
    code, expected = ATTRIBUTES[case]
    assert world.sees(code, HEAD + "from shop import *").values == [expected]


DATA = {
    "data for data": "shop.Item.label = 'fancy'",
    "new data": "shop.Item.mark = 1",
    "the class's own books": "shop.Item.__doc__ = 'x'; shop.Item.__module__ = 'shop'",
    "its qualified name": "shop.Item.__qualname__ = 'Thing'; shop.Item.__name__ = 'Thing'",
    "its abstract methods": "shop.Item.__abstractmethods__ = frozenset()",
}


@pytest.mark.parametrize("case", DATA)
def test_data_of_a_class_is_not_reported(world: World, case: str) -> None:
    """What changes no behaviour of a class is no patch."""
    assert world.sees(DATA[case], HEAD).values == []


FOREIGN = {
    "standard library": (
        "http.client.HTTPConnection.putrequest = fake",
        "replaced http.client:HTTPConnection.putrequest",
    ),
    "written in Python and C": ("decimal.Decimal.exp = fake", "replaced decimal:Decimal.exp"),
    "a heap type in C": (
        "functools.partial.__call__ = fake",
        "replaced functools:partial.__call__",
    ),
    "an extension's class": ("collections.extra = fake", "added collections:extra"),
    "an enumeration": ("re.RegexFlag.extra = fake", "added re:RegexFlag.extra"),
    "a class of the interpreter's start": (
        "io.TextIOBase.extra = fake",
        "added io:TextIOBase.extra",
    ),
    "a lock's maker": ("threading.Thread.start = fake", "replaced threading:Thread.start"),
    "an abstract base class": (
        "collections.abc.Mapping.get = fake",
        "replaced collections.abc:Mapping.get",
    ),
}


@pytest.mark.parametrize("case", FOREIGN)
def test_class_of_the_standard_library_is_seen(world: World, case: str) -> None:
    """A class is watched in whatever language it was written, when Python lets it be changed."""
    code, expected = FOREIGN[case]
    head = HEAD + "import collections.abc, sys\n"
    probe = f"try:\n    {code}\nexcept TypeError:\n    print('immutable')"
    seen = world.sees(probe, head)
    assert seen.rows == ([] if "immutable" in seen.stdout else [expected])


BUILTIN = {
    "str": ("str", "words", "added builtins:str.words"),
    "str's own": ("str", "upper", "replaced builtins:str.upper"),
    "dict": ("dict", "extra", "added builtins:dict.extra"),
    "list": ("list", "index", "replaced builtins:list.index"),
    "object": ("object", "extra", "added builtins:object.extra"),
    "a C class of a module": (
        "datetime.datetime",
        "isoformat",
        "replaced datetime:datetime.isoformat",
    ),
    "an ordered dict": (
        "collections.OrderedDict",
        "pop",
        "replaced collections:OrderedDict.pop",
    ),
}


@pytest.mark.parametrize("case", BUILTIN)
def test_builtin_type_changed_behind_its_back_is_seen(world: World, case: str) -> None:
    """The dict of an immutable type, reached through ctypes, is watched like any other."""
    name, attribute, expected = BUILTIN[case]
    head = """
import collections, ctypes, datetime
def fake(self): pass
get_dict = ctypes.pythonapi.PyType_GetDict
get_dict.argtypes, get_dict.restype = [ctypes.py_object], ctypes.py_object
"""
    # CPython's method cache points to the old value: without a reference to it, this crashes.
    code = (
        f"global kept; d = get_dict({name}); kept = d.get('{attribute}'); d['{attribute}'] = fake"
    )
    seen = world.sees(code, head)
    (patch,) = seen.patches
    assert seen.rows == [expected]
    assert patch["boundary"] == "builtins"
