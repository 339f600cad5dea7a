"""A kernel: a loop around one thing that programs do all the time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Kernel:
    name: str
    run: Callable[[int], None]
    length: int  # iterations that take some half a millisecond
    operations: int = 1  # of the kind that is named, in one iteration
