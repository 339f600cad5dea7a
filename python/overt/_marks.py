"""What a library writes down on other people's classes: a mark that nobody but it asks for.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import builtins
import functools
import operator
import sys
import types
from typing import Any


def is_mark(record: dict[str, Any]) -> bool:
    """Tell whether a library noted an object of a library's class under a name of its own.

    That is a new name like `__implemented__`: with two underscores on both sides, as libraries
    call such notes, and none that Python has a use for.
    """
    name = record["target"].rpartition(":")[2].rpartition(".")[2]
    if record["change"] != "added" or not (name.startswith("__") and name.endswith("__")):
        return False
    # Of an object without a name of its own a record has the class: "a zope.interface.Implements".
    library, dot, _ = (record["new"] or "").removeprefix("a ").partition(".")
    noted = dot and record["new"].startswith("a ") and library not in sys.stdlib_module_names
    return bool(noted) and name not in _names_of_python()


_IMMUTABLE = 1 << 8  # Py_TPFLAGS_IMMUTABLETYPE: nobody could note anything on these
# Special names that no type of the interpreter has, nor a function of operator.
_RARE = (
    *("__aenter__", "__aexit__", "__copy__", "__deepcopy__", "__fspath__", "__getattr__"),
    *("__match_args__", "__missing__", "__set_name__", "__signature__"),
)


@functools.cache
def _names_of_python() -> frozenset[str]:
    types_ = [*vars(builtins).values(), *vars(types).values()]
    fixed = [each for each in types_ if isinstance(each, type) and each.__flags__ & _IMMUTABLE]
    return frozenset({name for each in fixed for name in dir(each)} | {*dir(operator), *_RARE})
