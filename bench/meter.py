"""What it costs to measure the patches of others: a call, and a whole service.

  python bench/meter.py [--quick] [--service] [--json FILE]

A call of a wrapped function, by kind of wrapper: not watched, watched and not measured, measured,
and switched off. Instructions are counted by valgrind, exact, and include the sampled timing; times
are the least of many rounds. Then the shop of examples/: processor time of the server for each
request, without Overt, with `overt run --no-meter`, with `overt run`, and with that while `overt
list --watch` looks on. Four shops stay open, are loaded by turns for a second or two, and are made
anew some times. Told is the median of the ratios between neighbours, of processor time, which is
what is judged, and of requests per second, which say little on a machine that does other work.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import signal
import statistics
import subprocess
import sys
import tempfile
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


class Shop:
    """One that stays open, and has served its first requests."""

    def __init__(self, way: str, report: Path) -> None:
        words = [sys.executable, str(SHOP), "--redis=off", "--requests=200", "--stay"]
        words.append(f"--prefix={PREFIXES[way].format(report=report)}")
        self._process = subprocess.Popen(
            words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        self._looking = None
        said = ""
        for line in self._process.stdout or ():
            said += line
            if found := re.search(r"process (\d+)\) stays open at (\S+);", line):
                self._pid, self._url = int(found[1]), found[2]
                break
        else:
            raise Failed(f"the shop, {way}:\n{said}{self._process.communicate()[1][-2000:]}")
        if way == "watched":
            self._looking = subprocess.Popen(
                [OVERT, "list", "watched-shop", "--watch"], stdout=subprocess.DEVNULL
            )

    def load(self, requests: int, seed: int) -> tuple[float, float]:
        """Milliseconds of processor time that it takes for a request, and requests per second."""
        words = [sys.executable, str(SHOP.with_name("load.py")), f"--url={self._url}"]
        words += [f"--requests={requests}", f"--seed={seed}", "--threads=4"]
        before = processor_seconds(self._pid)
        done = subprocess.run(words, capture_output=True, text=True)
        used = processor_seconds(self._pid) - before
        told = re.search(r"load: (\d+) requests, 0 failures, (\d+) requests/s", done.stdout)
        if done.returncode or not told:
            raise Failed(f"the load: status {done.returncode}\n{done.stdout}{done.stderr[-2000:]}")
        return used * 1e3 / int(told[1]), float(told[2])

    def close(self) -> None:
        if self._looking:
            self._looking.kill()
            self._looking.wait()
        self._process.send_signal(signal.SIGINT)
        self._process.communicate()


def processor_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


type Loads = dict[str, list[tuple[float, float]]]


def service(sets: int, rounds: int, requests: int) -> Loads:
    """Short loads by turns, in another order each time; each set has four shops of its own."""
    found: Loads = {way: [] for way in PREFIXES}
    ways = list(PREFIXES)
    with tempfile.TemporaryDirectory() as directory:
        for number in range(sets):
            shops = {}
            try:
                for way in ways:
                    shops[way] = Shop(way, Path(directory) / f"{way}.json")
                for turn in range(rounds):
                    for way in ways:
                        found[way].append(shops[way].load(requests, seed=number * rounds + turn))
                    ways.append(ways.pop(0))
            finally:
                for each in shops.values():
                    each.close()
    return found


def spread(ratios: list[float]) -> str:
    low, middle, high = statistics.quantiles(ratios, n=4)
    return f"{middle:+.1f} % (half of the loads between {low:+.1f} and {high:+.1f})"


def judge(found: Loads) -> int:
    """Per cent more processor time than without Overt, and how many are above their limit."""
    lost = 0
    bare_ms, bare_rate = (statistics.median(each) for each in zip(*found["none"], strict=True))
    print(
        f"without Overt: {bare_ms:.2f} ms of processor time a request, {bare_rate:.0f} requests/s; "
        f"{len(found['none'])} loads of each kind, by turns"
    )
    for way, limit in LIMITS.items():
        pairs = list(zip(found["none"], found[way], strict=True))
        more = [(each[0] / bare[0] - 1) * 100 for bare, each in pairs]
        rate = [(each[1] / bare[1] - 1) * 100 for bare, each in pairs]
        is_lost = statistics.median(more) > limit
        lost += is_lost
        print(f"{'LOSS' if is_lost else 'PASS'}  {way}, at most {limit} %")
        print(f"      processor time {spread(more)}, requests/s {spread(rate)}")
    return lost


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="fewer rounds")
    parser.add_argument("--service", action="store_true", help="the shop only")
    parser.add_argument("--json", metavar="FILE", help="write the numbers to this file, too")
    arguments = parser.parse_args()
    facts = machine.describe()
    for name, value in facts.items():
        print(f"{name:10} {value}")
    print(flush=True)
    of_calls = {} if arguments.service else calls(arguments.quick)
    print(flush=True)
    of_service = service(*(2, 3, 200) if arguments.quick else (4, 5, 400))
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
