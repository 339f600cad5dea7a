"""What it costs a program to be watched: at start, at work, at each store, in memory.

  python bench/watch.py [--quick] [--json FILE]

Each row runs the same code bare and under `overt run`. Instructions are counted by valgrind and
exact; what a loop costs is the difference between one that is twice as long and one that is not.
Times are the least of many, from processes that take turns; their spread is that of the differences
between neighbours.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import callgrind
import machine
from table import Pair, Row, Target, render

from run import Failed, command, milliseconds, output

sys.path.append(str(Path(__file__).resolve().parent / "programs"))
import patched
import steady
import stores

START, STEADY, STORES, OTHERS, MEMORY, FORK = (
    "start and end of a program (ms)",
    "steady state, an iteration (ns)",
    "a store to a name (ns)",
    "functions, classes, patches (ns)",
    "memory, a watched namespace (bytes)",
    "a child process (us)",
)
IMPORT_TARGET = Target("instructions", 3)
STEADY_TARGET = Target("instructions", 0)
STORE_TARGET = Target("time", 25, "ns")

KERNELS = (
    *((STEADY, kernel, STEADY_TARGET) for kernel in steady.KERNELS),
    *((STORES, kernel, STORE_TARGET) for kernel in stores.GLOBALS),
    *((STORES, kernel, None) for kernel in stores.CLASSES),
    *((STORES, kernel, STORE_TARGET) for kernel in patched.STORES),
    *((OTHERS, kernel, None) for kernel in stores.OTHERS),
    *((OTHERS, kernel, None) for kernel in patched.PATCHES),
)


def in_turns(measure: Callable[[bool], Sequence[float]], unit: str, rounds: int) -> list[Pair]:
    """The least of each number, bare and governed, over processes that take turns."""
    bare, watched = [], []
    for _ in range(rounds):
        bare.append(measure(False))
        watched.append(measure(True))
    pairs = []
    for each, other in zip(zip(*bare, strict=True), zip(*watched, strict=True), strict=True):
        more = [b - a for a, b in zip(each, other, strict=True)]
        pairs.append(Pair(unit, min(each), min(other), (min(more), max(more))))
    return pairs


def both(words: list[str], environ: Mapping[str, str] | None = None) -> tuple[list[int], list[int]]:
    """The counts of a program, bare and governed."""
    with ThreadPoolExecutor(2) as pool:
        bare = pool.submit(callgrind.parts, words, governed=False, environ=environ)
        governed = pool.submit(callgrind.parts, words, governed=True, environ=environ)
        counts = bare.result(), governed.result()
    if len(counts[0]) != len(counts[1]):
        raise Failed(f"{words}: {len(counts[0])} and {len(counts[1])} parts")
    return counts


def processes(words: list[str], rounds: int) -> Pair:
    def measure(governed: bool) -> list[float]:
        return [milliseconds(words, governed=governed)]

    return in_turns(measure, "ms", rounds)[0]


def start(quick: bool, count: bool) -> list[Row]:
    program = command("imports.py", *(["few"] if quick else []))
    rounds = 3 if quick else 9
    empty = processes([sys.executable, "-c", "pass"], rounds)
    whole = processes(program, rounds)
    if not count:
        return [Row(START, "boot", time=empty), Row(START, "all of it", time=whole)]
    bare, watched = both(program)
    pairs = [Pair("instructions", a, b) for a, b in zip(bare, watched, strict=True)]
    total = Pair("instructions", sum(bare[:4]), sum(watched[:4]))
    rows = [
        Row(START, "boot", pairs[0], empty),
        Row(
            START,
            "import of flask, requests" if quick else "import of what the shop imports",
            pairs[1],
            target=IMPORT_TARGET,
        ),
    ]
    if not quick:
        rows.append(Row(START, "its instrumentation: patches seen", pairs[2]))
    rows.append(Row(START, "the report", pairs[3]))
    return [*rows, Row(START, "all of it", total, whole)]


def per_operation(counts: list[int]) -> list[float]:
    """Of each kernel: twice the length less once the length. See programs/loops.py count."""
    found = []
    for i, (_, kernel, _) in enumerate(KERNELS):
        once, twice = counts[6 * i + 3], counts[6 * i + 5]
        found.append((twice - once) / kernel.length / kernel.operations)
    return found


def least_counts(words: list[str], seeds: int) -> Iterator[list[float]]:
    """Of each kernel, bare and governed, the least over processes whose objects lie elsewhere.

    The interpreter's cache of methods is a table of addresses, where two names may be in each
    other's way for as long as a process lives.
    """
    runs = []
    for seed in range(seeds):
        environ = callgrind.EVEN_MEMORY | {"PYTHONHASHSEED": str(seed)}
        runs.append([per_operation(counts) for counts in both(words, environ)])
    for side in zip(*runs, strict=True):
        yield [min(each) for each in zip(*side, strict=True)]


def loops(quick: bool, count: bool) -> list[Row]:
    words = command("loops.py", "time", "20" if quick else "60")

    def measure(governed: bool) -> list[float]:
        return list(map(float, json.loads(output(words, governed=governed))))

    times = in_turns(measure, "ns", 3 if quick else 9)
    if not count:
        return [Row(s, k.name, None, t, g) for (s, k, g), t in zip(KERNELS, times, strict=True)]
    bare, watched = least_counts(command("loops.py", "count"), 1 if quick else 3)
    return [
        Row(section, kernel.name, Pair("instructions", a, b), time, target)
        for (section, kernel, target), a, b, time in zip(KERNELS, bare, watched, times, strict=True)
    ]


def memory(quick: bool) -> list[Row]:
    modules = 2000 if quick else 10000

    def measure(governed: bool) -> list[float]:
        rss, made, judged = json.loads(
            output(command("memory.py", str(modules)), governed=governed)
        )
        return [rss / modules / 2, made / modules / 2, judged / modules]

    names = (
        "resident, a module and its class",
        "allocated, a module and its class",
        "allocated for a class that was judged",
    )
    pairs = in_turns(measure, "bytes", 1 if quick else 3)
    return [Row(MEMORY, name, time=pair) for name, pair in zip(names, pairs, strict=True)]


def fork(quick: bool) -> list[Row]:
    words = command("forks.py", "100" if quick else "300")
    pairs = in_turns(lambda governed: [float(output(words, governed=governed))], "us", 3)
    return [Row(FORK, "fork, exit, wait", time=pairs[0])]


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--quick", action="store_true", help="under a minute; fewer imports, rounds"
    )
    parser.add_argument("--json", metavar="FILE", help="write the numbers to this file, too")
    arguments = parser.parse_args()
    quick, count = arguments.quick, callgrind.available()
    facts = machine.describe()
    for name, value in facts.items():
        print(f"{name:10} {value}")
    if not count:
        print("\nvalgrind is missing: only times below, which a busy machine blurs\n")
    print(flush=True)
    rows = [*start(quick, count), *loops(quick, count), *memory(quick), *fork(quick)]
    print(render(rows))
    losses = [row for row in rows if row.verdict == "LOSS"]
    print(f"\n{sum(row.verdict == 'PASS' for row in rows)} claims hold, {len(losses)} do not")
    if arguments.json:
        found = {"machine": facts, "quick": quick, "rows": [row.as_json() for row in rows]}
        Path(arguments.json).write_text(json.dumps(found, indent=1) + "\n")
    return 1 if losses else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Failed as failed:
        sys.exit(f"watch: {failed}")
