"""What the tests of governed patches patch: a module with one of each kind of target.

A file of its own, so that its functions have source and can be pickled; it is imported anew for
each test (conftest.py, `cast`).
"""

from __future__ import annotations

import asyncio
import functools
import time
import types

LIMIT = 10
SETTINGS = {"x": 1, "deep": {"y": [2, 3]}}
clock = time.time


def price(amount: int = 1, *, tax: int = 0) -> int:
    """Return what it costs."""
    return amount + tax


def fail(*args, **kwargs):
    """Raise what it is given, or an error of its own."""
    raise args[0] if args else ValueError("failed")


async def fetch(url):
    """Return the url, a little later."""
    await asyncio.sleep(0)
    return url


@types.coroutine
def old_fetch(url):
    """Await as it was done once."""
    yield
    return url


def walk(count):
    """Count up."""
    received = []
    for i in range(count):
        received.append((yield i))
    return received


async def stream(count):
    """Count up, a little later each time."""
    for i in range(count):
        await asyncio.sleep(0)
        yield i


@functools.lru_cache
def cached(amount):
    """Return twice the amount."""
    return amount * 2


@functools.singledispatch
def show(what):
    """Return what kind of thing it is."""
    return "object"


@show.register
def _(what: int):
    return "int"


class Base:
    def inherited(self):
        """Return where it is from."""
        return "inherited"


class Item(Base):
    label = "plain"

    def __init__(self, name="thing"):
        self.name = name

    def method(self, amount=1):
        """Return itself and the amount."""
        return ("method", amount)

    @staticmethod
    def static(amount=1):
        """Return the amount."""
        return ("static", amount)

    @classmethod
    def named(cls, amount=1):
        """Return the class and the amount."""
        return (cls.__name__, amount)

    @property
    def cost(self):
        """What it costs."""
        return 5

    @cost.setter
    def cost(self, value):
        self.paid = value

    @functools.cached_property
    def slow(self):
        return "slow"

    def __call__(self, amount=1):
        return ("call", amount)

    class Part:
        def fit(self):
            return "fit"


class Special(Item):
    pass


class Slotted:
    __slots__ = ("x",)

    def size(self):
        return "size"


class Empty:
    pass


item = Item()
bound = item.method
slotted = Slotted()
slotted.x = item.method
