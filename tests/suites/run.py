"""Runs the test suites of real libraries plainly, under `overt run`, and with the pytest plugin.

  python tests/suites/run.py [-v] [suite ...]

Each suite of suites.toml gets a virtual environment of its own with Overt in it; its tests come
from the library's source distribution. Every test must end under `overt run` as it does plainly,
and with `--overt=error` too, but for those of which the table says what they leave behind. Needs
OVERT_WHEEL, the wheel of Overt, and pip with a package index.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections import Counter
from pathlib import Path

import environment
import outcomes
import table
from outcomes import Ended
from table import Suite

WAYS = ("run", "error")


def differences(suite: Suite, plain: dict[str, Ended], other: dict[str, Ended]) -> list[str]:
    """What ended in another way, and what leaked without being in the table."""
    told, known = [], set()
    for test in sorted(plain.keys() | other.keys()):
        before, now = plain.get(test), other.get(test)
        glob = table.fits(test, suite.leaks) if now is not None and now.leak else None
        if glob:
            known.add(glob)
        elif not table.fits(test, suite.flaky) and (before and before.outcome) != (
            now and now.outcome
        ):
            text = (now and now.text) or (before and before.text) or ""
            told.append(f"{test}: {before and before.outcome} -> {now and now.outcome}\n{text}")
    if any(ended.leak for ended in other.values()):
        told += [f"{glob} no longer leaks" for glob in suite.leaks if glob not in known]
    return told


def hold_against_plain(suite: Suite, home: Path, verbose: bool) -> bool:
    """Run one suite in all ways, print its line; returns whether all is as it should be."""
    print(f"{suite.name:34} {suite.version:9}", end="", flush=True)
    try:
        place = environment.make(suite, home)
    except environment.Missing as missing:
        print(f"  cannot be had here\n{missing}")
        return False
    plain = outcomes.run(place, suite, "plain")
    counts = Counter(ended.outcome for ended in plain.tests.values())
    print(f" {counts['passed']:6} passed {counts['failed'] + counts['error']:4} failed", end="")
    print(f" {plain.seconds:6.1f} s", end="", flush=True)
    told = [] if counts["passed"] else [f"no test passes plainly\n{plain.output[-3000:]}"]
    for way in WAYS:
        other = outcomes.run(place, suite, way)
        found = differences(suite, plain.tests, other.tests)
        if not other.tests:
            found.append(f"nothing was told\n{other.output[-3000:]}")
        told += [f"{way}: {each}" for each in found]
        leaks = sum(ended.leak for ended in other.tests.values())
        said = f"{len(found)} differ" if found else f"{leaks} leaks" if leaks else "same"
        print(f"   {way}: {said:9} x{other.seconds / plain.seconds:.2f}", end="", flush=True)
    print()
    for each in told if verbose else [text.partition("\n")[0] for text in told[:10]]:
        print("    " + each.replace("\n", "\n    "), flush=True)
    return not told


def main() -> None:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--keep", type=Path, default=Path("build/suites"), help="environments")
    parser.add_argument("-v", "--verbose", action="store_true", help="all differences, in full")
    parser.add_argument("suites", nargs="*")
    words = parser.parse_args()
    # The job of a shell ignores it; a suite that sends it does not.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if not os.environ.get("OVERT_WHEEL"):
        sys.exit("suites: OVERT_WHEEL names no wheel: use `make suites`")
    chosen = [suite for suite in table.read() if suite.name in words.suites or not words.suites]
    failed = [
        suite.name for suite in chosen if not hold_against_plain(suite, words.keep, words.verbose)
    ]
    if failed:
        sys.exit(f"suites: not as they should be: {' '.join(failed)}")


if __name__ == "__main__":
    main()
