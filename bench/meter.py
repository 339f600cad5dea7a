"""What it costs to measure the patches of others: a call, and a whole service.

  python bench/meter.py [--quick] [--json FILE]

A call of a wrapped function, by kind of wrapper: not watched, watched and not measured, measured,
and switched off. Instructions are counted by valgrind, exact, and include the sampled timing; times
are the least of many rounds. Then the shop of examples/: processor time of the server for each
request, without Overt, with `overt run --no-meter`, with `overt run`, and with that while `overt
list --watch` looks on. The four take turns; told is the median of the differences between
neighbours.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import statistics
import subprocess
import sys
from pathlib import Path

import callgrind
import machine

from run import OVERT, Failed, command, output

KINDS = {
    "exact": "function, exact signature",
    "star": "function, `*args, **kwargs`",
    "method": "method, `*args, **kwargs`",
    "wrapt": "wrapt's `wrap_function_wrapper`",
    "deep": "three such functions on one target",
}
STATES = ("bare", "seen", "measured", "off")
LIMITS = {"no-meter": 0.5, "meter": 2.0, "watched": 2.0}  # per cent of the requests per second
SHOP = Path(__file__).resolve().parents[1] / "examples/shop/run.py"
PREFIXES = {
    "none": "",
    "no-meter": f"{OVERT} run --no-meter --report {{report}} --",
    "meter": f"{OVERT} run --report {{report}} --",
    "watched": f"{OVERT} run --report {{report}} --name watched-shop --",
}


def instructions(kind: str, state: str) -> float | None:
    """Of one call: a loop of 40,000 less one of 20,000."""
    if not callgrind.available():
        return None
    before, once, twice, _ = callgrind.parts(
        command("metered.py", kind, state, "20000"), governed=False
    )
    del before
    return (twice - once) / 20_000


def nanoseconds(kind: str, state: str, rounds: int) -> float:
    return float(output(command("metered.py", kind, state, "5000", str(rounds)), governed=False))


def calls(quick: bool) -> dict[str, dict[str, list[float | None]]]:
    found: dict[str, dict[str, list[float | None]]] = {}
    for kind, title in KINDS.items():
        found[kind] = {
            state: [instructions(kind, state), nanoseconds(kind, state, 20 if quick else 200)]
            for state in STATES
        }
        words = []
        for state, (count, least) in found[kind].items():
            told = "" if count is None else f"{count:,.0f} instructions, "
            words.append(f"{state}: {told}{least:,.0f} ns")
        print(f"{title:36}" + "; ".join(words), flush=True)
    return found


def shop(way: str, requests: int, report: Path) -> float:
    """Milliseconds of processor time that the server takes for a request."""
    words = [sys.executable, str(SHOP), "--redis=off", f"--requests={requests}", "--threads=4"]
    words.append(f"--prefix={PREFIXES[way].format(report=report)}")
    looking = None
    if way == "watched":
        looking = subprocess.Popen(
            [sys.executable, "-c", LOOK, str(OVERT)], stdout=subprocess.DEVNULL
        )
    try:
        done = subprocess.run(words, capture_output=True, text=True)
    finally:
        if looking:
            looking.kill()
            looking.wait()
    took = re.search(r"the load took ([\d.]+) s of", done.stdout)
    if done.returncode or not took:
        raise Failed(f"the shop, {way}: status {done.returncode}\n{done.stderr[-2000:]}")
    return float(took[1]) * 1e3 / requests


# Until the service is there `overt list` says that nothing is governed; then it stays and looks.
LOOK = """
import subprocess, sys, time
while True:
    subprocess.run([sys.argv[1], "list", "watched-shop", "--watch"], stderr=subprocess.DEVNULL)
    time.sleep(0.2)
"""


def service(rounds: int, requests: int) -> dict[str, list[float]]:
    report = Path(os.environ.get("TMPDIR", "/tmp")) / f"overt-bench-{os.getpid()}.json"
    found: dict[str, list[float]] = {way: [] for way in PREFIXES}
    try:
        for _ in range(rounds):
            for way in PREFIXES:
                found[way].append(shop(way, requests, report))
    finally:
        report.unlink(missing_ok=True)
    return found


def judge(found: dict[str, list[float]]) -> int:
    """Per cent more processor time than without Overt, and how many are above their limit."""
    lost = 0
    print(f"without Overt: {statistics.median(found['none']):.2f} ms of processor time a request")
    for way, limit in LIMITS.items():
        pairs = zip(found["none"], found[way], strict=True)
        more = [(each / bare - 1) * 100 for bare, each in pairs]
        middle = statistics.median(more)
        lost += middle > limit
        verdict = "LOSS" if middle > limit else "PASS"
        print(
            f"{verdict}  {way}: {middle:+.1f} %, between {min(more):+.1f} and {max(more):+.1f}, "
            f"at most {limit}"
        )
    return lost


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="fewer rounds")
    parser.add_argument("--json", metavar="FILE", help="write the numbers to this file, too")
    arguments = parser.parse_args()
    facts = machine.describe()
    for name, value in facts.items():
        print(f"{name:10} {value}")
    print(flush=True)
    of_calls = calls(arguments.quick)
    print(flush=True)
    of_service = service(*(3, 300) if arguments.quick else (9, 1500))
    lost = judge(of_service)
    if arguments.json:
        found = {"machine": facts, "calls": of_calls, "service": of_service}
        Path(arguments.json).write_text(json.dumps(found, indent=1) + "\n")
    return 1 if lost else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Failed as failed:
        sys.exit(f"meter: {failed}")
