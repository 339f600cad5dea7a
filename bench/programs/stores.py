"""What watchers do see: stores to globals and classes, functions and classes that come and go."""

from __future__ import annotations

import gc
from collections.abc import Callable

import neighbour
from kernel import Kernel

number = 0
thing: object = None


class Settings:
    number = 0
    method: Callable[[], None]


def one() -> None: ...


def two() -> None: ...


def int_global(n: int) -> None:
    global number
    a, b = 1000, 1001
    for _ in range(n):
        number = a
        number = b
        number = a
        number = b
        number = a
        number = b
        number = a
        number = b


def object_global(n: int) -> None:
    global thing
    a, b = one, two
    for _ in range(n):
        thing = a
        thing = b
        thing = a
        thing = b
        thing = a
        thing = b
        thing = a
        thing = b


def int_class_attribute(n: int) -> None:
    a, b = 1000, 1001
    for _ in range(n):
        Settings.number = a
        Settings.number = b
        Settings.number = a
        Settings.number = b


def method_class_attribute(n: int) -> None:
    a, b = one, two
    for _ in range(n):
        Settings.method = a
        Settings.method = b
        Settings.method = a
        Settings.method = b


def int_of_another_module(n: int) -> None:
    a, b = 1000, 1001
    for _ in range(n):
        neighbour.number = a
        neighbour.number = b
        neighbour.number = a
        neighbour.number = b


def closures(n: int) -> None:
    for i in range(n):
        lambda: i  # noqa: B018, B023


def generator_expressions(n: int) -> None:
    for i in range(n):
        sum(j for j in (i, 1, 2, 3))


def class_statements(n: int) -> None:
    global Made
    for _ in range(n):

        class Made:
            number = 0

            def method(self) -> None: ...

    gc.collect()  # a class is a cycle: what it costs to lose one belongs to it


GLOBALS = (
    Kernel("own global, an int", int_global, 1500, 8),
    Kernel("own global, a function", object_global, 1500, 8),
    Kernel("an int of another module", int_of_another_module, 2000, 4),
)
CLASSES = (
    Kernel("class attribute, an int", int_class_attribute, 1000, 4),
    Kernel("class attribute, a function", method_class_attribute, 1000, 4),
)
OTHERS = (
    Kernel("a closure made and lost", closures, 4000),
    Kernel("a generator expression", generator_expressions, 1500),
    Kernel("a class statement", class_statements, 30),
)
