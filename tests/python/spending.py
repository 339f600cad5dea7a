"""Ways to take a known time."""

from __future__ import annotations

import time

clock = time.perf_counter_ns


def busy(microseconds: float) -> None:
    """Take so long, with the interpreter."""
    end = clock() + microseconds * 1000
    while clock() < end:
        pass


def sleeping(microseconds: float) -> None:
    """Take at least so long, without it."""
    time.sleep(microseconds / 1e6)
