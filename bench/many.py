"""What very many patches cost: python bench/many.py [patches]

Each of them on a function of its own, of a hundred owners. Prints, for each step, the time of all
and of one, and the memory of the process.
"""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Callable
from types import ModuleType
from typing import Any

import machine

import overt

OWNERS = 100


def resident() -> float:
    """MiB of memory."""
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096 / 2**20


def negated(original: Callable[[int], int], value: int) -> int:
    return -original(value)


def target_module(count: int) -> ModuleType:
    module = ModuleType("many")
    sys.modules["many"] = module
    for i in range(count):
        exec(f"def f{i}(value): return value + {i}", vars(module))
    return module


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    module = target_module(count)
    before = dict(vars(module))
    print(f"{machine.processor()}, Python {sys.version.split()[0]}, {count:,} patches")

    def step(name: str, do: Callable[[], Any]) -> Any:
        start = time.perf_counter()
        result = do()
        taken = time.perf_counter() - start
        print(f"{name:24} {taken:7.2f} s {taken / count * 1e6:7.1f} us each {resident():7.0f} MiB")
        return result

    handles = step(
        "make",
        lambda: [
            overt.around(f"many:f{i}", negated, owner=f"owner-{i % OWNERS}") for i in range(count)
        ],
    )
    step("install", lambda: [handle.install() for handle in handles])
    assert module.f5(1) == -6
    switches = [overt.switch(f"owner-{i}") for i in range(OWNERS)]
    step("off, by owner", lambda: [switch.off() for switch in switches])
    assert module.f5(1) == 6
    step("on, by owner", lambda: [switch.on() for switch in switches])
    step("off, one by one", lambda: [handle.off() for handle in handles])
    step("on, one by one", lambda: [handle.on() for handle in handles])
    assert module.f5(1) == -6
    assert len(step("report", overt.report)["patches"]) == min(count, 100_000)
    random.shuffle(handles)
    step("remove, in any order", lambda: [handle.remove() for handle in handles])
    assert dict(vars(module)) == before


if __name__ == "__main__":
    main()
