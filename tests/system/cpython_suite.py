"""Runs a test module of CPython, bare or with every function of some modules patched, and prints
how it ended: python cpython_suite.py bare|name|everywhere|observe TEST MODULE..."""

from __future__ import annotations

import importlib
import inspect
import json
import sys
import unittest
from typing import Any


def patch(modules: list[str], reach: Any) -> list[int]:
    """Put a pass-through advice around every Python function; returns made and refused."""
    import overt

    def passing(original: Any, /, *args: Any, **kwargs: Any) -> Any:
        return original(*args, **kwargs)

    counts = [0, 0]
    for name in modules:
        module = importlib.import_module(name)
        for attribute, value in sorted(vars(module).items()):
            if not inspect.isfunction(value) or value.__module__ != name:
                continue
            # Whoever took a function before its name was patched cannot pickle it by that name:
            # so it is with every patch of a name, and functools does that to private ones.
            if reach == "name" and attribute.startswith("_"):
                continue
            try:
                target = f"{name}:{attribute}"
                if reach == "observe":
                    overt.observe(target, reach="everywhere").install()
                else:
                    overt.around(target, passing, reach=reach).install()
                counts[0] += 1
            except overt.Error:
                counts[1] += 1
    return counts


def main(mode: str, test: str, *modules: str) -> None:
    """Print one line of JSON."""
    counts = patch(list(modules), mode) if mode != "bare" else [0, 0]
    result = unittest.TestResult()
    unittest.defaultTestLoader.loadTestsFromName(test).run(result)
    told = {
        "run": result.testsRun,
        "failures": sorted(str(case) for case, _ in result.failures),
        "errors": sorted(str(case) for case, _ in result.errors),
        "skipped": sorted(str(case) for case, _ in result.skipped),
        "patched": counts,
        "texts": [text for _, text in result.failures + result.errors],
    }
    sys.__stdout__.write("\n" + json.dumps(told) + "\n")
    sys.__stdout__.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
