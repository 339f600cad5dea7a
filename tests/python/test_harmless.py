"""Watching changes nothing for the program: errors stay set, and none of its code is run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import World

HEAD = """
import gc, shop, sys, types
def fake(*args): pass
"""
ERRORS = {
    "in an except block": "try: 1 / 0\nexcept ZeroDivisionError:\n    shop.price = fake\n"
    "    print(sys.exc_info()[0].__name__)",
    "raised again": "try:\n    try: 1 / 0\n    finally: shop.price = fake\n"
    "except ZeroDivisionError as e: print(type(e).__name__)",
    "with a context": "try:\n    try: 1 / 0\n    except ZeroDivisionError:\n"
    "        shop.price = fake\n        raise KeyError\n"
    "except KeyError as e: print(type(e.__context__).__name__)",
    "in a destructor while an error passes": """
class D:
    def __del__(self): shop.price = fake
def f():
    d = D()
    1 / 0
try: f()
except ZeroDivisionError as e:
    e.__traceback__.tb_next.tb_frame.clear()
    print(type(e).__name__)
""",
    "a namespace that dies while an error passes": """
def f():
    m = types.ModuleType("m"); m.C = type("C", (), {"f": len})
    sys.modules["tracer.m"] = m
    del sys.modules["tracer.m"]
    return 1 / 0
shop.price = fake
try: f()
except ZeroDivisionError as e: print(type(e).__name__)
""",
    "the end of a generator": "def g():\n    yield 1\n    shop.price = fake\n"
    "    return 'ZeroDivisionError'\n"
    "def h(): print((yield from g()))\nassert list(h()) == [1]",
    "the end of an iterator": """
class I:
    def __iter__(self): return self
    def __next__(self):
        shop.price = fake
        raise StopIteration
assert list(I()) == []
print("ZeroDivisionError")
""",
    "a generator that is closed": "def g():\n    try: yield 1\n    finally: shop.price = fake\n"
    "i = g(); next(i); i.close(); print('ZeroDivisionError')",
    "an unpacking": "try:\n    shop.price, _ = fake, 1 / 0\nexcept ZeroDivisionError as e:\n"
    "    shop.price = fake; print(type(e).__name__)",
    "C code that clears its error": "getattr(shop, 'nothing', None); hasattr(shop, 'x')\n"
    "shop.price = fake; print('ZeroDivisionError')",
}


@pytest.mark.parametrize("case", ERRORS)
def test_error_that_is_set_stays_set(world: World, case: str) -> None:
    """A write in the middle of an error changes nothing of it."""
    seen = world.sees(ERRORS[case], HEAD)
    assert seen.stdout == "ZeroDivisionError\n"
    assert seen.rows == ["replaced shop:price"]


# A class each of whose special methods counts its calls and fails.
HOSTILE = (
    HEAD
    + """
calls, failure = [], RuntimeError
NAMES = '''__getattribute__ __getattr__ __setattr__ __eq__ __ne__ __hash__ __call__ __repr__ __str__
__bool__ __len__ __iter__ __contains__ __getitem__ __get__ __set__ __delete__ __set_name__ __dir__
__format__ __lt__ __index__ __int__ __fspath__ __reduce__
__instancecheck__ __subclasscheck__'''.split()
def hostile(name):
    def method(*args, **kwargs):
        calls.append(name)
        raise failure(name)
    return method
def cls(self): return hostile("__class__")()
body = {name: hostile(name) for name in NAMES} | {
    "__class__": property(cls), "__doc__": property(cls),
    "__module__": property(cls), "__qualname__": "Hostile", "__wrapped__": property(cls)}
Hostile = type.__new__(type, "Hostile", (), body)
class Meta(type):
    def __getattribute__(self, name):
        calls.append(name); raise RuntimeError(name)
    __eq__ = __hash__ = __call__ = __repr__ = __instancecheck__ = hostile("meta")
HostileClass = type.__new__(Meta, "HostileClass", (), {})
def hostile_subclass(base):
    return type.__new__(type, "Hostile" + base.__name__, (base,), dict(body))
x = object.__new__(Hostile)
del calls[:]
"""
)
TOUCHES = {
    "as a new value": "shop.price = x",
    "as an old value": "vars(shop)['HOOK'] = x; vars(shop)['HOOK'] = None",
    "added": "shop.extra = x; del shop.extra",
    "on a class": "type.__setattr__(shop.Item, 'name', x)",
    "on a class, replaced": "shop.Item.extra = fake; type.__setattr__(shop.Item, 'extra', 1)",
    "a class as a value": "vars(shop)['price'] = HostileClass",
    "a class as an attribute": "type.__setattr__(shop.Item, 'Part', HostileClass)",
    "in a list": "shop.HOOK = [x]; shop.HOOK = None",
    "in a dict": "shop.HOOK = {'x': x}; shop.HOOK = None",
    "in a tuple of lists": "shop.HOOK = ([x],); shop.HOOK = None",
    "in sys.modules": "sys.modules['shop'] = x; sys.modules['tracer.x'] = x",
    "in builtins": "import builtins; builtins.extra = x; del builtins.extra",
    "put back": "old = shop.price; shop.price = x; shop.price = old",
    "in a static method": "globals().update(failure=AttributeError); m = staticmethod(x); "
    "calls.clear(); "
    "shop.Item.parse = m",
    "in a property": "m = property(x, x, x, 'doc'); calls.clear(); shop.Item.cost = m",
    "as a function's default": "shop.price.__defaults__ = (x,); shop.price.__defaults__ = None",
    "a hostile function's name": "fake.__module__ = x; shop.price = fake",
}


@pytest.mark.parametrize("case", TOUCHES)
def test_no_code_of_a_value_is_run(world: World, case: str) -> None:
    """Values are told apart by their types alone: nothing is asked of them."""
    code = f"try:\n{''.join(f'    {part.strip()}{chr(10)}' for part in TOUCHES[case].split(';'))}"
    code += "except RuntimeError: print('own', end=' ')\nprint(*calls)"
    seen = world.sees(code, HOSTILE)
    assert seen.patches or case == "a hostile function's name"
    assert seen.stdout == "\n"


SUBCLASSES = [
    "str",
    "int",
    "tuple",
    "list",
    "dict",
    "set",
    "frozenset",
    "types.ModuleType",
    "bytes",
]


@pytest.mark.parametrize("base", SUBCLASSES)
def test_no_code_of_a_subclass_is_run(world: World, base: str) -> None:
    """An instance of a built-in type's subclass is foreign too."""
    head = HOSTILE + f"Sub = hostile_subclass({base})\nx = {base}.__new__(Sub)\ndel calls[:]\n"
    code = "shop.HOOK = x; shop.price = x; shop.HOOK = [x]; shop.HOOK = None; print(*calls)"
    seen = world.sees(code, head)
    assert seen.stdout == "\n"
    assert seen.patches


ODD = {
    "a key of a str subclass": (
        "class S(str): pass\nvars(shop)[S('price')] = fake",
        ["replaced shop:price"],
    ),
    "a hostile key": (
        "class S(str):\n"
        "    n = 0\n"
        "    __hash__ = str.__hash__\n"
        "    def __eq__(self, other): S.n += 1; return str.__eq__(self, other)\n"
        "vars(shop)[S('new')] = fake; print(S.n)",
        None,
    ),
    "a key that is no string": (
        "vars(shop)[1] = fake; vars(shop)[None] = fake; del vars(shop)[1]",
        [],
    ),
    "a key of sys.modules that is no string": ("sys.modules[1] = fake; del sys.modules[1]", []),
    "a lone surrogate": ("setattr(shop, chr(0xd800), fake)", None),
    "a lone surrogate in sys.modules": ("sys.modules['a' + chr(0xd800)] = fake", None),
    "an empty name": ("setattr(shop, '', fake)", ["added shop:"]),
    "a name with a dot and a space": ("setattr(shop, 'a. b', fake)", ["added shop:a. b"]),
    "a name with a line break": ("setattr(shop, 'a\\nb', fake)", ["added shop:a\nb"]),
    "letters of other scripts": (
        "shop.größe = shop.数 = fake",
        ["added shop:größe", "added shop:数"],
    ),
    "a module without a name": ("del shop.__name__; shop.price = fake", None),
    "a module whose name is no string": ("shop.__name__ = 7; shop.price = fake", None),
    "a class whose module is no string": ("shop.Item.__module__ = 7; shop.Item.name = fake", None),
    "a module without a file": ("del shop.__file__; shop.price = fake", ["replaced shop:price"]),
    "a module whose file is no string": (
        "shop.__file__ = 7; shop.price = fake",
        None,
    ),
    "a hostile spec": (
        "class S:\n    def __getattribute__(self, name): print(name)\n"
        "shop.__spec__ = S(); shop.price = fake",
        ["replaced shop:price"],
    ),
    "a hostile spec of __main__": (
        "class S:\n    def __getattribute__(self, name): print(name)\n"
        "m = sys.modules['__main__']\nm.__spec__ = S()\nm.shop = fake",
        ["replaced __main__:shop"],
    ),
    "the writer has no name": ("del globals()['__name__']; shop.price = fake", None),
    "deep containers": ("x = fake\nfor _ in range(500): x = [x]\nshop.HOOK = x", None),
    "a list that holds itself": ("x = []; x.append(x); shop.HOOK = x; shop.HOOK = fake", None),
    "a set of many": ("shop.HOOK = set(range(10000)) | {fake}", None),
}


@pytest.mark.parametrize("case", ODD)
def test_odd_names_and_values_do_no_harm(world: World, case: str) -> None:
    """Whatever a namespace holds, the program runs on and a report is made."""
    code, expected = ODD[case]
    world.tracer(code, HEAD)
    seen = world.run("import shop, tracer\ntracer.go()\n")
    assert expected is None or seen.rows == expected
    assert seen.stdout == ("0\n" if case == "a hostile key" else "")


def test_lazy_module_stays_lazy(world: World) -> None:
    """Watching, patching and reporting load no module that the program put off."""
    world.install("sloth", "1", sloth="print('loaded')\ndef f(): pass\n")
    code = """
import importlib.util
spec = importlib.util.find_spec("sloth")
spec.loader = importlib.util.LazyLoader(spec.loader)
module = sys.modules["sloth"] = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
shop.HOOK = module
types.ModuleType.__getattribute__(module, "__dict__")["early"] = fake
shop.price = fake
print("end")
"""
    seen = world.sees(code, HEAD)
    assert seen.stdout == "end\n"
    assert "replaced shop:price" in seen.rows
