"""Calls of what others patched: python metered.py KIND STATE CALLS [ROUNDS]

KIND: how it is wrapped. STATE: `bare` (not even watched), `seen` (watched, not measured),
`measured` or `off`. With ROUNDS prints the least nanoseconds of a call; without, marks the ends of
two loops, the second twice as long, for valgrind.
"""

from __future__ import annotations

import os
import sys
import time
import types
from collections.abc import Callable
from typing import Any

TARGET = """
def query(a, b): return a
class Thing:
    def method(self, a, b): return a
"""

VENDOR = """
import functools
def exact(old):
    @functools.wraps(old)
    def wrapper(a, b): return old(a, b)
    return wrapper
def star(old):
    @functools.wraps(old)
    def wrapper(*args, **kwargs): return old(*args, **kwargs)
    return wrapper
def trace(wrapped, instance, args, kwargs): return wrapped(*args, **kwargs)
def install(module, kind):
    if kind == "exact": module.query = exact(module.query)
    elif kind == "star": module.query = star(module.query)
    elif kind == "method": module.Thing.method = star(module.Thing.method)
    elif kind == "wrapt":
        import wrapt
        wrapt.wrap_function_wrapper(module, "query", trace)
    elif kind == "deep":
        for _ in range(3): module.query = star(module.query)
"""


def made(name: str, source: str) -> types.ModuleType:
    module = types.ModuleType(name)
    module.__file__ = f"/vendor/{name}.py"
    sys.modules[name] = module
    exec(compile(source, module.__file__, "exec"), module.__dict__)
    return module


def main() -> None:
    kind, state, count, *rounds = sys.argv[1:]
    target = made("target", TARGET)
    vendor = made("vendor", VENDOR)
    if state != "bare":
        import overt

        overt.watch(meter=state != "seen")
    vendor.install(target, kind)
    if state == "off":
        overt.switch("vendor").off()
    call = target.Thing().method if kind == "method" else target.query
    calls = int(count)
    loop(call, 20_000)  # specialised, and past the first calls that are timed each
    if rounds:
        print(min(timed(call, calls) for _ in range(int(rounds[0]))))
        return
    os.getppid()
    loop(call, calls)
    os.getppid()
    loop(call, 2 * calls)
    os.getppid()


def loop(call: Callable[..., Any], count: int) -> None:
    for _ in range(count):
        call(1, 2)


def timed(call: Callable[..., Any], count: int) -> float:
    start = time.perf_counter_ns()
    loop(call, count)
    return (time.perf_counter_ns() - start) / count


if __name__ == "__main__":
    main()
