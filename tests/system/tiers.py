"""The two tiers of fault tests: quick in every run, `make soak` for hours when it is asked for."""

from __future__ import annotations

import os
import random

import pytest


def tiers(quick: int, soak: int) -> list[object]:
    """Return how often a fault is made: a few times, and many under the mark `soak`."""
    return [quick, pytest.param(soak, marks=[pytest.mark.soak, pytest.mark.timeout(3600)])]


def seeded() -> random.Random:
    """Return a source of random numbers; its seed is printed, and OVERT_SEED sets it again."""
    seed = int(os.environ.get("OVERT_SEED") or random.randrange(2**32))
    print(f"OVERT_SEED={seed}")
    return random.Random(seed)
