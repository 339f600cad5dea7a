"""Memory does not grow with the number of installations and calls.

Each case runs in a process of its own and prints how many bytes the process grew by, per round,
over the second half of the rounds: what is allocated once, caches and arenas are in the first half.
"""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAD = """
import gc, resource, sys, types, asyncio, overt
m = types.ModuleType("m"); sys.modules["m"] = m
exec(\"\"\"
class Base:
    def method(self): return 1
class C(Base):
    pass
def f(x=1): return x
def fail(): raise ValueError
def g(): yield 1
async def a(): return 1
\"\"\", m.__dict__)
c = m.C()
around = lambda original, *args, **kwargs: original(*args, **kwargs)
def rss():
    gc.collect()
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * resource.getpagesize()
def measure(rounds, step):
    for _ in range(rounds // 2):
        step()
    start = rss()
    for _ in range(rounds // 2):
        step()
    print((rss() - start) / (rounds // 2))
def cycle(make):
    def step():
        with make():
            pass
    return step
def calls(make, call):
    with make():
        measure(CALLS, call)
def failing():
    try:
        m.fail()
    except ValueError:
        pass
CYCLES, CALLS = 100_000, 1_000_000
"""
CASES = {
    "new handles": "measure(CYCLES, cycle(lambda: overt.around('m:f', around)))",
    "new handles, inherited": "measure(CYCLES, cycle(lambda: overt.observe('m:C.method')))",
    "new handles, everywhere": (
        "measure(CYCLES, cycle(lambda: overt.around('m:f', around, reach='everywhere')))"
    ),
    "one handle": "handle = overt.around('m:f', around); measure(CYCLES, cycle(lambda: handle))",
    "pending": "measure(CYCLES // 10, cycle(lambda: overt.observe('json.tool:main')))",
    "refused": """
def step():
    try:
        overt.around('m:f', lambda: 1).install()
    except overt.SignatureError:
        pass
measure(CYCLES // 10, step)""",
    "new functions, everywhere": """
def step():
    exec("def h(): pass", m.__dict__)
    with overt.observe('m:h', reach='everywhere'):
        m.h()
measure(CYCLES, step)""",
    "calls of around": ("calls(lambda: overt.around('m:f', around), lambda: m.f(2))"),
    "calls of observe": "calls(lambda: overt.observe('m:C.method'), lambda: c.method())",
    "calls of tap": "calls(lambda: overt.tap('m:f', after=lambda *a, **k: 0), lambda: m.f(2))",
    "calls that raise": (
        "CALLS //= 5; calls(lambda: overt.around('m:fail', around, notes=True), failing)"
    ),
    "lives": "CALLS //= 5; calls(lambda: overt.observe('m:g'), lambda: list(m.g()))",
    "coroutines": """
def step():
    try:
        m.a().send(None)
    except StopIteration:
        pass
CALLS //= 5
calls(lambda: overt.observe('m:a'), step)""",
    "everywhere": "calls(lambda: overt.around('m:f', around, reach='everywhere'), lambda: m.f(2))",
}


@pytest.mark.parametrize("case", CASES)
def test_memory_does_not_grow(case) -> None:
    """Less than a sixth of the smallest object that a round could lose."""
    done = subprocess.run(
        [sys.executable, "-c", HEAD + CASES[case]], capture_output=True, text=True, check=False
    )
    assert done.stderr == ""
    assert float(done.stdout) < (8 if "calls" not in case else 4)
