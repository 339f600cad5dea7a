"""State of a program that a test only begins anew: no behaviour came in, and none went.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import dis
import sys
from types import CodeType, FunctionType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

_BEHAVIOUR = {"__call__", "__get__", "__set__"}


def is_reset(record: dict[str, Any], now: object) -> bool:
    """Tell whether a patch took away an object that is no behaviour and put as little there.

    That is None or an object of the same class, in a name that functions of the module assign
    themselves: what stood there when the test began may be what is there `now`. Or, in a module
    that is installed, a new object of the same class of its own.
    """
    module, _, name = record["target"].partition(":")
    kind = _class_of_instance(record["old"]) if record["change"] == "replaced" else None
    if kind is None or any(_BEHAVIOUR & vars(base).keys() for base in kind.__mro__):
        return False
    same = record["new"] == record["old"] and not _holds_behaviour(now)
    if (same or record["new"] == "a NoneType") and _assigns(sys.modules.get(module), name):
        return True
    own = kind.__module__.partition(".")[0] == module.partition(".")[0]
    file = getattr(sys.modules.get(module), "__file__", None) or ""
    installed = "site-packages" in file or "dist-packages" in file
    return same and own and installed


def _holds_behaviour(value: object) -> bool:
    if isinstance(value, dict):
        value = value.values()
    elif not isinstance(value, list | tuple | set | frozenset):
        return False
    return any(map(callable, value))


def _class_of_instance(told: str | None) -> type | None:
    # Of an object without a name of its own a record has the class: "a shop.cart.Cart".
    if told is None or not told.startswith("a "):
        return None
    module, _, name = told.removeprefix("a ").rpartition(".")
    found = getattr(sys.modules.get(module or "builtins"), name, None)
    return found if isinstance(found, type) else None


def _assigns(module: object, name: str) -> bool:
    attribute, opcode = name.rpartition(".")[2], "STORE_ATTR" if "." in name else "STORE_GLOBAL"
    return any(
        step.opname == opcode and step.argval == attribute
        for code in _codes(module)
        if attribute in code.co_names
        for step in dis.get_instructions(code)
    )


def _codes(module: object) -> Iterator[CodeType]:
    own = getattr(module, "__name__", None)
    values = list(getattr(module, "__dict__", {}).values())
    for value in list(values):
        if isinstance(value, type) and value.__module__ == own:
            values += vars(value).values()
    for value in values:
        function = getattr(value, "__func__", value)
        function = getattr(function, "fget", function)
        if isinstance(function, FunctionType) and function.__module__ == own:
            yield from _within(function.__code__)


def _within(code: CodeType) -> Iterator[CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _within(constant)
