"""What a patched call costs: Overt's patches, wrappers by hand, and other libraries.

  python bench/call_path.py [--quick] [--json FILE] [--markdown]

Each way of wrapping stands around a function and a method that return their first argument.
Instructions are counted by valgrind, exact, and told over those of the bare call; times are the
least of many rounds in one process, as a ratio to the bare call's. Other libraries are measured
where they are installed: pip install -r bench/requirements.txt
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import callgrind
import machine

from run import Failed, command, output

TITLES = {
    "bare": "bare call",
    "overt_removed": "Overt: removed",
    "overt_everywhere_removed": "Overt: removed, `reach=everywhere`",
    "overt_off_settled": "Overt: off, after a second of quiet",
    "overt_off": "Overt: off, at once",
    "overt_observe": "Overt: observe",
    "overt_tap": "Overt: tap, one observer",
    "overt_patch": "Overt: patch",
    "overt_around_exact": "Overt: around, exact signature",
    "overt_around_star": "Overt: around, `*args, **kwargs`",
    "overt_everywhere_exact": "Overt: around, exact, `reach=everywhere`",
    "overt_compat": "Overt: `compat.wrapt`, `wrap_function_wrapper`",
    "wraps_exact": "by hand: `functools.wraps`, exact",
    "wraps_star": "by hand: `functools.wraps`, star",
    "wraps_timing": "by hand: the same with `perf_counter`",
    "wrapt_on": "wrapt: `wrap_function_wrapper`",
    "wrapt_disabled": "wrapt: `enabled=` a function",
    "ddtrace_wrap": "ddtrace: `wrap`",
    "aspectlib_weave": "aspectlib: `Aspect`",
    "mock_wraps": "unittest.mock: `wraps=`",
}
SUBJECTS = ("functions", "methods")


@dataclass(frozen=True)
class Cost:
    """Of one way and subject: instructions over a bare call, nanoseconds and their ratio to it."""

    instructions: float | None
    nanoseconds: float
    ratio: float


# Instructions differ between versions by a third: numbers other than 0 were set for this one.
LIMITS_OF = (3, 14)

type Costs = dict[str, dict[str, Cost]]


@dataclass(frozen=True)
class Claim:
    """Instructions of `way` are at most `limit`, or that part of those of `than`."""

    subject: str
    way: str
    limit: float
    than: str = ""

    # A call costs whole instructions; what is less than half of one belongs to the loop around it.
    SLACK = 0.5

    def judge(self, costs: Costs) -> tuple[str, str]:
        """PASS, LOSS or -, and the claim in words with what was found."""
        found = self.of(costs, self.way)
        other = self.of(costs, self.than) if self.than else None
        words = f"{TITLES[self.way]}, {self.subject}: "
        if found is None or (self.than and other is None):
            return "-", words + "not measured"
        if not self.than or other is None:
            words += f"{found:,.1f} instructions over a bare call, at most {self.limit:,g}"
            if self.limit and sys.version_info < LIMITS_OF:
                return "-", words + " on CPython 3.14, which the limit is for"
            return ("PASS" if found <= self.limit + self.SLACK else "LOSS"), words
        words += f"{found / other:.2f} of {TITLES[self.than]}, at most {self.limit:.2f}"
        return ("PASS" if found <= self.limit * other else "LOSS"), words

    def of(self, costs: Costs, way: str) -> float | None:
        cost = costs.get(way, {}).get(self.subject)
        return cost.instructions if cost else None


def claims() -> Iterator[Claim]:
    """The limits of the design, one by one."""
    for subject in SUBJECTS:
        methods = subject == "methods"
        yield Claim(subject, "overt_removed", 0)
        yield Claim(subject, "overt_everywhere_removed", 0)
        yield Claim(subject, "overt_off_settled", 0)
        yield Claim(subject, "overt_off", 320)
        yield Claim(subject, "overt_observe", 330)
        yield Claim(subject, "overt_around_exact", 620 + 60 * methods)
        yield Claim(subject, "overt_around_star", 1330 + 100 * methods)
        yield Claim(subject, "overt_around_exact", 0.65, than="wraps_star")
        yield Claim(subject, "overt_around_star", 1.3, than="wraps_star")
        yield Claim(subject, "overt_observe", 1 / 3, than="wraps_star")
        yield Claim(subject, "overt_off", 1 / 3, than="wraps_star")
        for way in ("off", "observe", "tap", "patch", "around_exact", "around_star"):
            yield Claim(subject, f"overt_{way}", 1 / 3, than="wrapt_on")


def per_call(ways: Sequence[str]) -> list[list[float]]:
    """Instructions of one call: of a loop, twice as long less once. See programs/calls.py."""
    counts = callgrind.parts(command("calls.py", "count", "0", *ways), governed=False)
    if len(counts) != 6 * len(SUBJECTS) * len(ways) + 1:
        raise Failed(f"calls.py count: {len(counts)} parts of {len(ways)} ways")
    loops = [(counts[i + 5] - counts[i + 3]) / 2000 for i in range(0, len(counts) - 1, 6)]
    return [loops[i : i + 2] for i in range(0, len(loops), 2)]


def processes(ways: Sequence[str]) -> Iterator[list[str]]:
    """Ways that share a process, each with the bare call; ddtrace brings threads along."""
    yield [way for way in ways if not way.startswith("ddtrace")]
    if noisy := [way for way in ways if way.startswith("ddtrace")]:
        yield ["bare", *noisy]


def measure(quick: bool) -> Costs:
    costs: Costs = {}
    rounds = "100" if quick else "600"
    for ways in processes(json.loads(output(command("calls.py", "names"), governed=False))):
        times = json.loads(output(command("calls.py", "time", rounds, *ways), governed=False))
        counts = per_call(ways) if callgrind.available() else None
        for i, way in enumerate(ways):
            costs.setdefault(way, {})
            for j, subject in enumerate(SUBJECTS):
                over = counts[i][j] - counts[0][j] if counts else None
                costs[way][subject] = Cost(over, times[i][j], times[i][j] / times[0][j])
    return costs


def cells(cost: Cost) -> list[str]:
    over = "" if cost.instructions is None else f"{cost.instructions:,.0f}".replace("-0", "0")
    return [over, f"{cost.nanoseconds:.0f}", f"{cost.ratio:.1f}"]


def rows(costs: Costs) -> list[list[str]]:
    heads = ["instructions over a bare call", "ns", "ratio"]
    table = [["", *(f"{subject}: {head}" for subject in SUBJECTS for head in heads)]]
    for way, title in TITLES.items():
        if way in costs:
            found = costs[way]
            table.append([title, *(cell for subject in SUBJECTS for cell in cells(found[subject]))])
        else:
            table.append([title, *["not installed"] * 6])
    return table


def markdown(costs: Costs) -> str:
    """The table of the README: instructions, and times as multiples of the bare call's."""
    lines = [["", "function", "method", "function, time", "method, time"]]
    lines.append(["---", *["---:"] * 4])
    for way, title in TITLES.items():
        if way in costs:
            each = [cells(costs[way][subject]) for subject in SUBJECTS]
            lines.append([title, *(cell[0] for cell in each), *(f"x {cell[2]}" for cell in each)])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def plain(costs: Costs) -> str:
    head, *body = rows(costs)
    two = [[word.partition(": ")[0] for word in head], [word.partition(": ")[2] for word in head]]
    table = [*two, *body]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if i else cell.ljust(width)
            for i, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in table
    )


def versions() -> dict[str, str]:
    out = {}
    for name in ("wrapt", "ddtrace", "aspectlib"):
        try:
            out[name] = version(name)
        except PackageNotFoundError:
            out[name] = "missing: pip install -r bench/requirements.txt"
    return out


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="fewer rounds for the times")
    parser.add_argument("--json", metavar="FILE", help="write the numbers to this file, too")
    parser.add_argument("--markdown", action="store_true", help="print the table as in the README")
    arguments = parser.parse_args()
    facts = {**machine.describe(), **versions()}
    for name, value in facts.items():
        print(f"{name:10} {value}")
    print(flush=True)
    costs = measure(arguments.quick)
    print(markdown(costs) if arguments.markdown else plain(costs), end="\n\n")
    verdicts = [claim.judge(costs) for claim in claims()]
    for verdict, words in verdicts:
        if verdict != "PASS":
            print(f"{verdict}  {words}")
    held, lost, open_ = (sum(v == word for v, _ in verdicts) for word in ("PASS", "LOSS", "-"))
    print(f"{held} claims hold, {lost} do not, {open_} not judged")
    if arguments.json:
        found = {way: {s: vars(c) for s, c in each.items()} for way, each in costs.items()}
        text = json.dumps({"machine": facts, "costs": found, "claims": verdicts}, indent=1)
        Path(arguments.json).write_text(text + "\n")
    return 1 if lost else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Failed as failed:
        sys.exit(f"call_path: {failed}")
