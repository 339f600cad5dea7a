"""What the patches of one target cost, measured in place: the same calls with them and without."""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import overt._native as _native
from overt._errors import TargetError

_ROUND_NS = 2_000_000  # long enough for the clock, short enough for many rounds
_MOST_CALLS = 1_000_000


@dataclass(frozen=True, slots=True)
class Measurement:
    """Nanoseconds of one call, with the target's patches and without them."""

    target: str
    patches: int
    """How many were switched off for the baseline."""
    baseline: float
    patched: float
    difference: float
    """The median of what a round with the patches took more than its neighbour without them."""
    spread: tuple[float, float]
    """Half of these differences lie between the two."""
    rounds: int
    calls: int
    """In each round."""


def _round(calls: Callable[[], object], count: int) -> float:
    repeat = range(count)
    start = time.perf_counter_ns()
    for _ in repeat:
        calls()
    return (time.perf_counter_ns() - start) / count


def _count_for(calls: Callable[[], object]) -> int:
    count = 1
    while count < _MOST_CALLS and (took := _round(calls, count) * count) < _ROUND_NS:
        count = min(_MOST_CALLS, max(2 * count, int(count * _ROUND_NS / max(took, 1))))
    return count


def measure(target: str, calls: Callable[[], object], *, rounds: int = 40) -> Measurement:
    """Measure what all patches of `target` cost together, governed ones and those of others.

    `calls` is called again and again, and is to call the target; a round takes some milliseconds.
    Rounds with the patches and without take turns, so that a machine that slows down slows both.
    Meanwhile other threads, too, run without the patches half of the time. Patches that are off
    already stay off. Raises TargetError where no patch of the target can be switched.
    """
    if rounds < 2:
        raise ValueError("rounds: two at least")
    why = "no patch of it is known; overt.watch() sees those of others from its call on"
    switched = [row for row in _vote(target, off=True) if row[2]]
    rows = _vote(target, off=False)
    if not switched:
        why = "; ".join(row[3] for row in rows if row[3]) or why
        raise TargetError(f"{target}: there is nothing to measure: {why}", target=target)
    try:
        count = _count_for(calls)
        with_, without = [], []
        for _ in range(rounds):
            with_.append(_round(calls, count))
            _vote(target, off=True)
            without.append(_round(calls, count))
            _vote(target, off=False)
    finally:
        _vote(target, off=False)
    differences = [a - b for a, b in zip(with_, without, strict=True)]
    low, _, high = statistics.quantiles(differences, n=4)
    return Measurement(
        target,
        len(switched),
        statistics.median(without),
        statistics.median(with_),
        statistics.median(differences),
        (low, high),
        rounds,
        count,
    )


def _vote(target: str, *, off: bool) -> list[tuple[int, str, bool, str]]:
    return _native.switch_target(target, off, "measured by overt.measure()")


def _main() -> int:
    """`overt bench`, in the interpreter that it names."""
    parser = argparse.ArgumentParser(prog="overt bench")
    parser.add_argument("target")
    parser.add_argument("call")
    parser.add_argument("--setup", action="append", default=[])
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    if "" not in sys.path:
        sys.path.insert(0, "")  # as `python -c` has it: modules of the user's own directory
    import overt

    overt.watch()
    names: dict[str, Any] = {"__name__": "__main__", "__builtins__": __builtins__}
    for code in (*arguments.setup, f"import {arguments.target.partition(':')[0]}"):
        exec(compile(code, "<setup>", "exec"), names)
    code = compile(f"def calls(): {arguments.call}", "<call>", "exec")
    exec(code, names)
    try:
        found = measure(arguments.target, names["calls"], rounds=arguments.rounds)
    except TargetError as error:
        print(f"overt: {error}", file=sys.stderr)
        return 4
    except ValueError as error:
        print(f"overt: {error}", file=sys.stderr)
        return 2
    if arguments.json:
        print(json.dumps({"schema": "overt.bench/1", **asdict(found)}, indent=1))
    else:
        print(_words(found))
    return 0


def _words(found: Measurement) -> str:
    low, high = found.spread
    return (
        f"{found.target}, {found.patches} {'patch' if found.patches == 1 else 'patches'}\n"
        f"  without  {found.baseline:,.0f} ns a call\n"
        f"  with     {found.patched:,.0f} ns a call\n"
        f"  more     {found.difference:,.0f} ns, half of the rounds between "
        f"{low:,.0f} and {high:,.0f} ({found.rounds} rounds of {found.calls:,} calls, in turns)"
    )


if __name__ == "__main__":
    sys.exit(_main())
