"""Runs every kernel. python loops.py count | python loops.py time ROUNDS

count: for valgrind; between two marks stands one call of a kernel: first to warm up, then of its
length, then of twice its length.
time: prints the least nanoseconds of an operation of each kernel.
"""

from __future__ import annotations

import gc
import json
import os
import sys
import time

import neighbour
import patched
import steady
import stores
from kernel import Kernel

KERNELS = (
    *steady.KERNELS,
    *stores.GLOBALS,
    *stores.CLASSES,
    *patched.STORES,
    *stores.OTHERS,
    *patched.PATCHES,
)


def open_pools() -> list[bytes]:
    """Leaves pymalloc with free blocks of every size, in pools that are neither full nor empty.

    Else a loop that happens to stand at a pool's end opens and closes that pool each time round,
    which costs some loops a per cent or two, by luck. The result must be kept.
    """
    header = sys.getsizeof(b"")
    blocks = [bytes(size - header) for size in range(48, 513, 16) for _ in range(3 * 16384 // size)]
    return blocks[::2]


def count() -> None:
    for kernel in KERNELS:
        for length in (kernel.length, kernel.length, 2 * kernel.length):
            os.getppid()  # a mark
            kernel.run(length)
            os.getppid()


def least(kernel: Kernel, rounds: int) -> float:
    best = float("inf")
    for _ in range(rounds):
        start = time.perf_counter_ns()
        kernel.run(kernel.length)
        best = min(best, float(time.perf_counter_ns() - start))
    return best / kernel.length / kernel.operations


def main() -> None:
    neighbour.patch(patched)
    kept = open_pools()
    gc.collect()
    gc.freeze()
    gc.disable()
    if sys.argv[1] == "count":
        count()
    else:
        print(json.dumps([least(kernel, int(sys.argv[2])) for kernel in KERNELS]), flush=True)
    os._exit(0 if kept else 1)


if __name__ == "__main__":
    main()
