"""A module that others patch. REQUIRES: neighbour.patch(patched) before its kernels run."""

from __future__ import annotations

import sys

import neighbour
from kernel import Kernel

number = 0


def function() -> None: ...


def another() -> None: ...


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


def patch_and_revert(n: int) -> None:
    neighbour.patch_and_revert(sys.modules[__name__], n)


STORES = (Kernel("own global, an int; module is patched", int_global, 1500, 8),)
PATCHES = (Kernel("a patch made and reverted", patch_and_revert, 50),)
