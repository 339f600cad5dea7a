"""How long the command takes to start and to answer: whole processes, from spawn to exit.

`overt list` of one governed process, of none, and `overt --version`, which does nothing; beside
them `true`, the least that a process costs on this machine. The claim is about the start: what
`overt list` takes more than `true` where there is nothing to list.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import sys
import tempfile
import time

import machine
from switch import governed, row

from run import OVERT

LIMIT = 5.0  # milliseconds, of the median


def runs(words: list[str], environ: dict[str, str], count: int) -> list[float]:
    """Microseconds of a whole process, sorted."""
    taken = []
    silent = [(os.POSIX_SPAWN_OPEN, n, os.devnull, os.O_RDWR, 0) for n in (1, 2)]
    for _ in range(count):
        start = time.perf_counter()
        pid = os.posix_spawn(words[0], words, environ, file_actions=silent)
        os.waitpid(pid, 0)
        taken.append((time.perf_counter() - start) * 1e6)
    return sorted(taken)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the runs")
    count = 50 if parser.parse_args().quick else 500
    for name, value in machine.describe().items():
        print(f"{name:10} {value}")
    print(f"\n  {'microseconds':28} {'p50':>9} {'p99':>9} {'p99.9':>9} {'most':>9}")
    overt = str(OVERT)
    with tempfile.TemporaryDirectory(prefix="overt-bench-") as directory:
        nobody = {**os.environ, "OVERT_RUNTIME_DIR": directory}
        least = runs([shutil.which("true") or "/bin/true"], nobody, count)
        row("true", least)
        row("overt --version", runs([overt, "--version"], nobody, count))
        listed = runs([overt, "list"], nobody, count)
        row("overt list, nothing there", listed)
    with governed("idle") as (_pid, _path, environ):
        row("overt list, one process", runs([overt, "list"], environ, count))
    start = (statistics.median(listed) - statistics.median(least)) / 1e3
    held = start <= LIMIT
    print(
        f"\nstart of `overt list`: {start:.2f} ms, at most {LIMIT:g}: {'PASS' if held else 'LOSS'}"
    )
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
