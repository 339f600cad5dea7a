"""A few hundred visits to a running shop, over several threads; every answer is checked.

  python examples/shop/load.py --url http://127.0.0.1:8000 --requests 400 --threads 4

Prints one summary line. Exit status 1 when anything was not as it should be.
"""

from __future__ import annotations

import argparse
import random
import sys
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import requests

from visitor import Unexpected, Visitor

SHOWN_FAILURES = 10


@dataclass
class Tally:
    """What all visitors did together, and when they may stop."""

    limit: int
    counts: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, what: str) -> None:
        with self.lock:
            self.counts[what] += 1

    def fail(self, what: str) -> None:
        with self.lock:
            self.failures.append(what)

    def enough(self) -> bool:
        with self.lock:
            return self.counts["requests"] >= self.limit or len(self.failures) >= SHOWN_FAILURES


def visit_until_enough(url: str, tally: Tally, seed: int) -> None:
    chance = random.Random(seed)
    while not tally.enough():
        # A visitor is a browser: connections and cookies of its own.
        with requests.Session() as session:
            session.trust_env = False
            try:
                Visitor(url, session, tally.add, chance).visit()
            except (Unexpected, requests.RequestException) as error:
                tally.fail(f"{type(error).__name__}: {error}")


def check_books(url: str, tally: Tally) -> None:
    """Nothing sold twice, nothing lost: what came minus what went is what stands on the shelf."""
    for line in requests.get(f"{url}/office/stock", timeout=10).json():
        tally.counts["items sold"] += line["sold"]
        tally.counts["items delivered"] += line["delivered"]
        expected = line["initial"] + line["delivered"] - line["sold"]
        if line["on_hand"] != expected or line["on_hand"] < 0:
            tally.fail(f"stock of {line['sku']}: {line['on_hand']} on hand, {expected} expected")


def check_health(url: str, tally: Tally) -> str:
    """Asks often enough to meet every worker, and says what they say."""
    workers = {}
    for _ in range(12):
        answer = requests.get(f"{url}/office/health", timeout=10).json()
        workers[answer["process"]] = answer
    if not all(worker["feed"] for worker in workers.values()):
        tally.fail("a worker does not get the supplier's deliveries")
    sent: Counter[str] = Counter()
    for worker in workers.values():
        sent.update(worker["telemetry"] or {})
    if any(worker["telemetry"] is not None for worker in workers.values()):
        for kind in ("opentelemetry.span", "sentry.event", "sentry.transaction"):
            if not sent[kind]:
                tally.fail(f"the instrumentation recorded no {kind}")
    telemetry = ", ".join(f"{number} {kind}" for kind, number in sorted(sent.items()))
    caches = "/".join(sorted({worker["cache"] for worker in workers.values()}))
    return f"{len(workers)} process(es), cache {caches}, telemetry: {telemetry or 'off'}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--url", default="http://127.0.0.1:8000")
    parser.add_argument("--requests", type=int, default=400, help="stop after about so many")
    parser.add_argument("--threads", type=int, default=4)
    parser.add_argument("--seed", type=int, default=1987)
    arguments = parser.parse_args()

    tally = Tally(arguments.requests)
    start = time.perf_counter()
    with ThreadPoolExecutor(arguments.threads) as pool:
        visits = [
            pool.submit(visit_until_enough, arguments.url, tally, arguments.seed + number)
            for number in range(arguments.threads)
        ]
    seconds = time.perf_counter() - start
    for visit in visits:
        visit.result()
    health = "no answer at the end"
    try:
        check_books(arguments.url, tally)
        health = check_health(arguments.url, tally)
    except (requests.RequestException, ValueError) as error:
        tally.fail(f"{type(error).__name__}: {error}")

    for failure in tally.failures[:SHOWN_FAILURES]:
        print(f"load: {failure}", file=sys.stderr)
    number = tally.counts.pop("requests", 0)
    details = ", ".join(f"{count} {what}" for what, count in sorted(tally.counts.items()))
    print(f"load: {health}")
    print(f"load: in {seconds:.1f} s over {arguments.threads} threads: {details}")
    rate = f"{number / seconds:.0f} requests/s"
    print(f"load: {number} requests, {len(tally.failures)} failures, {rate}", flush=True)
    return 1 if tally.failures or not number else 0


if __name__ == "__main__":
    sys.exit(main())
