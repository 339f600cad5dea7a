"""What it takes to find who refers to what was patched, in a program of 5,000 modules.

  python bench/reach.py [--modules N]

Fifty patches of one class and one module, modules of sixty names each. The median of 20 passes;
each is the whole of `overt.report()`, of which finding is a part. The budget is 20 ms.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import threading
import time
import types

import machine

import overt
from overt import _native

BUDGET = 20.0  # ms
PASSES = 20


def fill(count: int) -> None:
    """Put modules into sys.modules, one in ten of which holds a copy or the class."""
    for i in range(count):
        module = types.ModuleType(f"filler_{i}")
        module.__dict__.update({f"name_{i}_{j}": object() for j in range(60)})
        if i % 10 == 0:
            module.__dict__.update(Thread=threading.Thread, now=time.time)
        sys.modules[module.__name__] = module


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--modules", type=int, default=5000)
    count = arguments.parse_args().modules
    fill(count)
    overt.watch()
    for i in range(50):
        setattr(threading.Thread, f"mark_{i}", print)
    time.time = lambda: 0.0
    took = []
    for _ in range(PASSES):
        start = time.perf_counter()
        _native.report()
        took.append((time.perf_counter() - start) * 1000)
    median = statistics.median(took)
    print(", ".join(machine.describe().values()))
    print(
        f"{count} modules, 51 patches: {median:.1f} ms (least {min(took):.1f}), budget {BUDGET} ms"
    )
    return int(min(took) > BUDGET)


if __name__ == "__main__":
    sys.exit(main())
