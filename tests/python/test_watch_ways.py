"""The ways by which a write can come about: none of them goes unseen."""

from __future__ import annotations

import shutil
import subprocess
import sysconfig
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import World

HEAD = """
import builtins, ctypes, shop, sys, threading, types
def fake(*args): pass
set_in_c = ctypes.pythonapi.PyObject_SetAttrString
def in_thread(f):
    thread = threading.Thread(target=f)
    thread.start()
    thread.join()
"""
WAYS = {
    "setattr": "setattr(shop, 'price', fake)",
    "object.__setattr__": "object.__setattr__(shop, 'price', fake)",
    "the module type's slot": "types.ModuleType.__setattr__(shop, 'price', fake)",
    "vars": "vars(shop)['price'] = fake",
    "__dict__.update": "shop.__dict__.update(price=fake)",
    "|=": "d = vars(shop); d |= {'price': fake}",
    "dict.__setitem__": "dict.__setitem__(vars(shop), 'price', fake)",
    "a function's globals": "shop.sale.__globals__['price'] = fake",
    "the module from sys.modules": "sys.modules['shop'].price = fake",
    "ctypes": "set_in_c(ctypes.py_object(shop), b'price', ctypes.py_object(fake))",
    "a thread": "in_thread(lambda: setattr(shop, 'price', fake))",
    "generated code": "exec('m.price = f', {'m': shop, 'f': fake})",
    "map": "list(map(lambda name: setattr(shop, name, fake), ['price']))",
    "map in C": "list(map(setattr, [shop], ['price'], [fake]))",
    "a partial": "import functools; functools.partial(setattr, shop, 'price')(fake)",
    "a generator": "list(setattr(shop, 'price', fake) for _ in [1])",
    "a coroutine": "import asyncio\nasync def main(): shop.price = fake\nasyncio.run(main())",
    "a destructor": "type('D', (), {'__del__': lambda self: setattr(shop, 'price', fake)})()",
    "a weak reference's callback": "import weakref\nr = weakref.ref(type('T', (), {})(), "
    "lambda _: setattr(shop, 'price', fake))",
    "a signal's handler": "import signal\n"
    "signal.signal(signal.SIGUSR1, lambda *_: setattr(shop, 'price', fake))\n"
    "signal.raise_signal(signal.SIGUSR1)",
    "an audit hook": "done = []\ndef hook(event, _):\n"
    "    if event == 'tracer' and not done: done.append(1); shop.price = fake\n"
    "sys.addaudithook(hook); sys.audit('tracer')",
    "a deep recursion": "sys.setrecursionlimit(9000)\ndef down(n):\n"
    "    if n: down(n - 1)\n    else: shop.price = fake\ndown(5000)",
    "a sort's key": "sorted([1], key=lambda _: setattr(shop, 'price', fake))",
    "contextlib": "import contextlib\nwith contextlib.ExitStack() as stack:\n"
    "    stack.callback(setattr, shop, 'price', fake)",
}


@pytest.mark.parametrize("way", WAYS)
def test_write_to_a_module_is_seen_however_it_is_made(world: World, way: str) -> None:
    """The way of a write changes neither target nor owner."""
    seen = world.sees(WAYS[way], HEAD)
    assert seen.values == ["replaced shop:price: function shop:price -> function tracer:fake"]


TYPE_WAYS = {
    "setattr": "setattr(shop.Item, 'name', fake)",
    "type.__setattr__": "type.__setattr__(shop.Item, 'name', fake)",
    "a metaclass's __setattr__": "type(shop.Item).__setattr__(shop.Item, 'name', fake)",
    "ctypes": "set_in_c(ctypes.py_object(shop.Item), b'name', ctypes.py_object(fake))",
    "a thread": "in_thread(lambda: setattr(shop.Item, 'name', fake))",
    "generated code": "exec('m.Item.name = f', {'m': shop, 'f': fake})",
}


@pytest.mark.parametrize("way", TYPE_WAYS)
def test_write_to_a_class_is_seen_however_it_is_made(world: World, way: str) -> None:
    """The way of a write changes neither target nor owner."""
    seen = world.sees(TYPE_WAYS[way], HEAD)
    assert seen.rows == ["replaced shop:Item.name"]


def test_generated_code_that_names_a_module_is_that_modules(world: World) -> None:
    """Code that says whose it is has an owner, although no file of that name was read."""
    world.tracer("exec('m.price = len', {'m': shop, '__name__': 'tracer'})")
    seen = world.run("import tracer\ntracer.go()\n")
    assert seen.owners == ["shop:price by acme-tracer 1.4"]
    assert seen.patches[0]["site"]["file"] == "<string>"


def test_globals_of_the_application_can_be_patched(world: World) -> None:
    """What another distribution exchanges in the running script is a patch, as its body runs."""
    world.install(
        "acme-tracer", "1.4", tracer="import sys\ndef go():\n    sys.modules['__main__'].f = len\n"
    )
    seen = world.run("import tracer\ndef f(): pass\nprint(globals()['f'])\ntracer.go()\n")
    assert seen.owners == ["__main__:f by acme-tracer 1.4"]


def test_own_globals_are_no_patch(world: World) -> None:
    """A module writes to itself in any way it likes."""
    source = """
def f(): pass
def go():
    globals()["f"] = len
    globals().update(f=print)
    exec("def f(): pass", globals())
    setattr(__import__(__name__), "f", id)
"""
    world.install("selfish", "1", selfish=source)
    assert world.run("import selfish\nselfish.go()\n").rows == []


def test_each_thread_is_named(world: World) -> None:
    """A patch carries the native id of the thread that made it."""
    code = """
shop.price = fake
def other():
    shop.sale = fake
    print(threading.get_native_id())
in_thread(other)
print(threading.get_native_id())
"""
    seen = world.sees(code, HEAD)
    other, main = map(int, seen.stdout.split())
    assert [patch["thread"] for patch in seen.patches] == [main, other]


def test_patches_of_many_threads_are_all_seen(world: World) -> None:
    """Eight threads that patch and undo at the same time lose nothing."""
    code = """
old = shop.price
def work(n):
    for i in range(200):
        setattr(shop, f"extra_{n}", fake)
        delattr(shop, f"extra_{n}")
        shop.price = fake
        shop.price = old
threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
for t in threads: t.start()
for t in threads: t.join()
"""
    seen = world.sees(code, HEAD)
    targets = {patch["target"] for patch in seen.patches}
    assert targets == {f"shop:extra_{n}" for n in range(8)} | {"shop:price"}
    added = [patch for patch in seen.patches if patch["change"] == "added"]
    assert {(patch["times"], patch["state"]) for patch in added} == {(200, "reverted")}


EXTENSION = r"""
#include <Python.h>
#include <pthread.h>
static PyObject *module, *replacement;
static void *work(void *unused) {
  PyGILState_STATE state = PyGILState_Ensure();
  PyObject_SetAttrString(module, "price", replacement);
  PyGILState_Release(state);
  return unused;
}
static PyObject *patch(PyObject *self, PyObject *args) {
  pthread_t thread;
  if (!PyArg_ParseTuple(args, "OO", &module, &replacement)) return NULL;
  Py_BEGIN_ALLOW_THREADS
  pthread_create(&thread, NULL, work, NULL);
  pthread_join(thread, NULL);
  Py_END_ALLOW_THREADS
  Py_RETURN_NONE;
}
static PyObject *here(PyObject *self, PyObject *args) {
  if (!PyArg_ParseTuple(args, "OO", &module, &replacement)) return NULL;
  if (PyObject_SetAttrString(module, "price", replacement) != 0) return NULL;
  Py_RETURN_NONE;
}
static PyMethodDef methods[] = {
    {"in_thread", patch, METH_VARARGS, ""},
    {"here", here, METH_VARARGS, ""},
    {NULL, NULL, 0, NULL}};
static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, "native", NULL, -1, methods, NULL, NULL, NULL, NULL};
PyMODINIT_FUNC PyInit_native(void) { return PyModule_Create(&definition); }
"""


@pytest.fixture
def extension(world: World, tmp_path: Path) -> None:
    """Install the distribution native-code 3.0 with an extension module, written in C."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    include = sysconfig.get_path("include")
    if compiler is None:
        pytest.skip("no C compiler")
    (tmp_path / "native.c").write_text(EXTENSION)
    world.install("native-code", "3.0")
    words = [compiler, "-shared", "-fPIC", f"-I{include}", "-o", world.site / "native.so"]
    subprocess.run([*words, tmp_path / "native.c", "-lpthread"], check=True)


@pytest.mark.usefixtures("extension")
def test_write_from_a_thread_of_c_has_no_owner(world: World) -> None:
    """Without any Python frame the change is seen, and the report says that nobody can be named."""
    seen = world.run("import native, shop\nnative.in_thread(shop, len)\n")
    assert seen.rows == ["replaced shop:price"]
    (patch,) = seen.patches
    assert patch["owner"]["name"] == "unknown"
    assert patch["stack"] == []


@pytest.mark.usefixtures("extension")
def test_write_from_c_belongs_to_the_caller(world: World) -> None:
    """Code without a frame acts for the Python code that calls it."""
    seen = world.sees("native.here(shop, fake)", HEAD + "import native")
    assert seen.rows == ["replaced shop:price"]
