"""Facts about CPython that the watcher rests on: each would cost dearly if it changed."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import World

HEAD = """
import shop, sys
def fake(*args): pass
"""
QUIET = {
    # The event of a dict that is copied carries a dict where others carry a name.
    "a namespace copied": "for d in (vars(shop), vars(sys), sys.modules): d.copy(), dict(d)",
    "a copy changed": "d = vars(shop).copy(); d['price'] = fake; d.clear()",
    "a namespace merged": "d = {}; d.update(vars(shop)); d | vars(shop)",
    "a class's namespace copied": "type('Copy', (), dict(vars(shop.Item)))",
    "types.coroutine": "import types\n@types.coroutine\ndef f(): yield\nf()",
    "a named tuple with defaults": "import collections\n"
    "collections.namedtuple('N', 'a b', defaults=(1,)).__new__.__defaults__",
    "typing.NamedTuple": "import typing\nclass N(typing.NamedTuple):\n    a: int = 1",
    "a data class": "import dataclasses\n@dataclasses.dataclass(order=True)\nclass D:\n"
    "    a: int = 1",
    "an abstract class": "import abc, collections.abc\nclass A(abc.ABC): pass\nA.register(int)\n"
    "collections.abc.Sized.register(shop.Item)\nissubclass(shop.Item, collections.abc.Sized)",
    "a cached property": "import functools\nclass C:\n    @functools.cached_property\n"
    "    def x(self): return 1\nC().x",
    "total_ordering": "import functools\n@functools.total_ordering\nclass C:\n"
    "    def __lt__(self, o): return 1\n    def __eq__(self, o): return 1",
    "singledispatch": "import functools\nf = functools.singledispatch(fake)\nf.register(int)(fake)",
    "warnings": "import warnings\nwith warnings.catch_warnings(): warnings.simplefilter('ignore')",
    "an encoding": "'x'.encode('punycode'); import encodings.idna",
    "a traceback": "import traceback\ntry: 1 / 0\nexcept Exception: traceback.format_exc()",
    "a pattern": "import re; re.compile('a(?P<b>c)')",
    "pickling a class": "import copyreg, pickle; pickle.loads(pickle.dumps(shop.Item()))",
    "a template": "import string; string.Template('$x').substitute(x=1)",
    "garbage": "import gc\nclass A: pass\nA.a = A\ndel A\ngc.collect()",
    "an audit hook": "sys.addaudithook(lambda *a: None)",
    "the import system's caches": "import importlib; importlib.invalidate_caches()\n"
    "sys.path_importer_cache.clear()",
    "a subinterpreter's name": "import types; types.ModuleType('shop').price = fake",
    "locale and time": "import locale, time; locale.getlocale(); time.tzset()",
    "asyncio": "import asyncio\nasync def f(): await asyncio.sleep(0)\nasyncio.run(f())",
    "threads and pools": "from concurrent.futures import ThreadPoolExecutor\n"
    "with ThreadPoolExecutor(1) as p: p.submit(len, '').result()",
}


@pytest.mark.parametrize("case", QUIET)
def test_machinery_is_no_patch(world: World, case: str) -> None:
    """What the interpreter and its library do for everybody gives no line."""
    assert world.sees(QUIET[case], HEAD).values == []


COMPLETED = {
    "enum.global_enum": "import enum\n@enum.global_enum\nclass E(enum.IntFlag):\n    A = 1\n",
    "enum.IntEnum._convert_": "import enum\nALPHA_A = 1\nALPHA_B = 2\n"
    "enum.IntEnum._convert_('E', __name__, lambda n: n.startswith('ALPHA'))\n",
    "a helper in the body": "import filler\nfiller.fill(globals())\n",
    "a helper on a class": "import filler\n@filler.make\nclass A:\n    def f(self): pass\n",
    "a helper that exchanges": "import filler\nclass A:\n    f = id\nfiller.exchange(A)\n",
    "a helper called later": "import filler\nclass A:\n    x = 1\ndef use(): filler.make(A)\n",
    "exec": "exec('def f(): pass', globals())\n",
    "star import": "from filler import *\n",
    "a descriptor's __set_name__": "import filler\nclass A:\n    d = filler.Named()\n",
    "__init_subclass__": "import filler\nclass A(filler.Base): pass\n",
}
FILLER = """
def fill(d): d['filled'] = len
def make(cls):
    cls.__init__ = lambda self: None
    cls.__repr__ = lambda self: ""
    return cls
def exchange(cls): cls.f = len
class Named:
    def __set_name__(self, owner, name): owner.set_name_was_here = len
class Base:
    def __init_subclass__(cls): cls.subclassed = len
"""


@pytest.mark.parametrize("case", COMPLETED)
def test_namespace_that_is_being_completed_is_no_patch(world: World, case: str) -> None:
    """Helpers that fill a namespace for its own module body are asked to."""
    world.install("filler", "1.0", filler=FILLER)
    world.install("completed", "1.0", completed=COMPLETED[case])
    call = "getattr(completed, 'use', len)(*[''][hasattr(completed, 'use'):])"
    assert world.run(f"import completed\n{call}\n").values == []


def test_old_value_is_the_one_that_was_there(world: World) -> None:
    """During the callback the old value is still in the dict: each layer names its own."""
    code = "shop.price = fake; shop.price = fake2; shop.price = len; del shop.price"
    seen = world.sees(code, HEAD + "def fake2(): pass\n")
    assert seen.values == [
        "replaced shop:price: function shop:price -> function tracer:fake",
        "replaced shop:price (layer 2): function tracer:fake -> function tracer:fake2",
        "replaced shop:price (layer 3): function tracer:fake2 -> builtin_function_or_method"
        " builtins:len",
        "deleted shop:price (layer 4): builtin_function_or_method builtins:len -> nothing",
    ]


def test_end_of_an_import_is_no_replacement(world: World) -> None:
    """The import system removes each module and puts it back when its body has run."""
    world.install("late", "1.0", late="def f(): pass\n")
    code = "import late\nlate.f = fake\nimport late\n__import__('late')"
    assert world.sees(code, HEAD).rows == ["replaced late:f"]


def test_frames_of_the_import_system_are_not_in_the_stack(world: World) -> None:
    """The stack of a report shows who imported whom, and nothing of how."""
    world.install("acme-tracer", "1.4", tracer="import shop\nshop.price = len\n")
    (patch,) = world.run("import tracer\n").patches
    stack = [(site["module"], site["function"], site["line"]) for site in patch["stack"]]
    assert stack == [("tracer", "<module>", 2), ("__main__", "<module>", 1)]


def test_namespace_filled_by_cloning_is_compared(world: World) -> None:
    """update() of an empty dict copies the whole table in one event, whatever it held before."""
    code = """
saved = dict(vars(shop))
changed = saved | {"price": fake}
vars(shop).clear()
vars(shop).update(changed)
vars(shop).clear()
vars(shop).update(saved)
"""
    assert world.sees(code, HEAD).rows == ["replaced shop:price (reverted)"]


def test_module_dict_cleared_and_filled_again_is_unchanged(world: World) -> None:
    """A namespace that is emptied and filled as it was has not changed."""
    code = "saved = dict(vars(shop)); vars(shop).clear(); vars(shop).update(saved)"
    assert world.sees(code, HEAD).rows == []


EXHAUSTED = """
import ctypes, overt
CALLBACK = ctypes.PYFUNCTYPE(ctypes.c_int, ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)
callback = CALLBACK(lambda *args: 0)
pointer = ctypes.cast(callback, ctypes.c_void_p)
held = []
try:
    while True: held.append(ctypes.pythonapi.PyDict_AddWatcher(pointer))
except RuntimeError: pass
for attempt in range(3):
    try: overt.watch()
    except RuntimeError as error: print(error)
    assert not overt.watching()
ctypes.pythonapi.PyDict_ClearWatcher(held.pop())
overt.watch()
assert overt.watching()
overt.unwatch()
print("recovered")
"""


@pytest.mark.parametrize("kind", ["Dict", "Function"])
def test_no_watcher_id_left_is_a_clear_error(world: World, kind: str) -> None:
    """CPython has eight ids of a kind; when others hold them all, watch() says so and recovers."""
    world.overt.write("main.py", EXHAUSTED.replace("PyDict_", f"Py{kind}_"))
    done = world.overt.plain(sys.executable, "main.py")
    assert done.stderr == ""
    *errors, last = done.stdout.splitlines()
    assert last == "recovered"
    assert len(errors) == 3
    assert all("no watcher id left" in error for error in errors)


def test_watcher_ids_are_given_back(world: World) -> None:
    """watch() and unwatch() may follow each other for ever."""
    world.overt.write(
        "main.py", "import overt\nfor _ in range(100): overt.watch(); overt.unwatch()\n"
    )
    done = world.overt.plain(sys.executable, "main.py")
    assert (done.returncode, done.stderr) == (0, "")
