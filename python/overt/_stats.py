"""What was counted and measured of a patch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class Timing:
    """Durations in nanoseconds, of a sample of the calls."""

    sampled: int
    mean: float
    p50: float
    p99: float
    max: float
    total: float
    """Of all calls, as far as those of the sample speak for them."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What became of exceptions below an advice, seen on the calls that were probed.

    The first calls are probed one by one, later ones by sample, and any call that follows one in
    which the original raised.
    """

    probed: int
    raised: int
    """The original raised."""
    swallowed: int
    """It did, and the advice returned."""
    replaced: int
    """The advice raised another exception, with the first as its cause or context."""
    hidden: int
    """The advice raised another exception, with no way to the first (`from None`)."""
    contained: int
    """Errors of observers that were kept from the program."""


@dataclass(frozen=True, slots=True)
class Stats:
    """The numbers of one patch since it was first installed."""

    calls: int
    errors: int
    """Calls, or lives, that ended with an exception."""
    inside: int
    """Calls that have not returned yet."""
    cancelled: int
    """Coroutines that were cancelled, and generators that were closed before their end."""
    abandoned: int
    """Coroutines and generators that were dropped before their end."""
    own: Timing
    """Time in the patch and not in what it replaced; of a coroutine or generator over its life."""
    original: Timing
    """Time in what it replaced, below it."""
    uncertainty: float
    """Of a single call's own time: what reading the clock may cost more than was subtracted."""
    elapsed: Timing
    """Of coroutines and generators that are observed: from the call to the end."""
    evidence: Evidence

    @classmethod
    def of(cls, native: dict[str, Any]) -> Self:
        """Make the typed view of what the extension counted."""
        return cls(
            **{
                **native,
                "own": Timing(**native["own"]),
                "original": Timing(**native["original"]),
                "elapsed": Timing(**native["elapsed"]),
                "evidence": Evidence(**native["evidence"]),
            }
        )
