"""Fails the Nth allocation of an operation, for each N until it passes: python no_memory.py NAME

Prints how often it ended in which way. What was left standing is what stood before or what was
asked for, and nothing in between.
"""

from __future__ import annotations

import _testcapi
import json
import sys
import types
from collections import Counter

import overt
from overt import _native

shop = types.ModuleType("shop")
sys.modules["shop"] = shop
exec("def now(): return 'now'\nclass Cart:\n    def total(self): return 'total'\n", vars(shop))
originals = shop.now, shop.Cart.total


def advice(original, *arguments):
    return original(*arguments)


# Made with memory to spare: nanobind ends the process where it cannot make the object of a handle.
name = overt.around("shop:now", advice)
function = overt.around("shop:now", advice, reach="everywhere")
method = overt.around("shop:Cart.total", advice)
registry = overt.registry("entries")


def foreign():
    shop.now = print
    shop.now = originals[0]


def switched():
    shop.now = print
    _native.switch_owner("__main__", True, "")
    _native.switch_owner("__main__", False, "")
    shop.now = originals[0]


def entries():
    registry.register("a", print)
    registry.unregister("a")


def governed(patch):
    def operation():
        patch.install()
        patch.off()
        patch.on()
        patch.remove()

    return operation


OPERATIONS = {
    "foreign": foreign,
    "switched": switched,
    "entries": entries,
    "name": governed(name),
    "function": governed(function),
    "method": governed(method),
    "report": _native.report,  # not overt.report(): json.loads() of 3.13 itself crashes
}


def clean():
    """Undo what an operation that failed left, with memory."""
    for patch in (name, function, method):
        patch.remove()
        patch.on()
    shop.now = originals[0]
    registry.reset()


def main(operation):
    overt.watch()
    for _ in range(3):  # what is made once is made
        operation()
        clean()
    ended, passed, n = Counter(), 0, 0
    while passed < 40:
        n += 1
        outcome = ""
        _testcapi.set_nomemory(n, n + 1)
        try:
            operation()
        except BaseException as error:  # noqa: BLE001  # counted by its type
            outcome = type(error).__name__
        _testcapi.remove_mem_hooks()
        ended[outcome] += 1
        passed = 0 if outcome else passed + 1
        clean()
        assert (shop.now, shop.Cart.total) == originals, (n, outcome, shop.now)
        assert (shop.now(), shop.Cart().total()) == ("now", "total")
    print(json.dumps(ended))


if __name__ == "__main__":
    main(OPERATIONS[sys.argv[1]])
