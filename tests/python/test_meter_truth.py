"""What patches of others cost, of known cost: by kind of wrapper, and by how they are called.

Each patch tells how long it took, so that a busy machine slows down both; what is compared are
medians of a hundred calls.
"""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from conftest import World

COSTS = (0, 1, 5, 50, 500)  # us
SPENT = ("busy", "sleeping")
CALLING = 1_000  # ns: to enter the wrapper, and for it to ask for the time

SHOP = """
import time
clock = time.perf_counter_ns
rest = lambda: None
def busy(us):
    end = clock() + us * 1000
    while clock() < end: pass
def sleeping(us): time.sleep(us / 1e6)
def make(name):
    def query(depth=0):
        rest()
        busy(50)
        if depth: globals()[name](depth - 1)
    return query
for spent in ("busy", "sleeping"):
    for cost in (0, 1, 5, 50, 500):
        globals()[f"{spent}_{cost}"] = make(f"{spent}_{cost}")
"""

TRACER = """
import statistics
import shop
truths = {}
def spender(name):
    spent, cost = name.split("_")
    spend, cost, took = getattr(shop, spent), int(cost), truths.setdefault(name, [])
    def truth():
        start = shop.clock()
        spend(cost)
        took.append(shop.clock() - start)
    return truth
def function(name):
    old, truth = getattr(shop, name), spender(name)
    def traced(*args, **kwargs):
        truth()
        return old(*args, **kwargs)
    setattr(shop, name, traced)
def wrapt(name):
    import wrapt
    truth = spender(name)
    def traced(wrapped, instance, args, kwargs):
        truth()
        return wrapped(*args, **kwargs)
    wrapt.wrap_function_wrapper(shop, name, traced)
def medians():
    return {name: statistics.median_low(took) for name, took in truths.items()}
"""

MAIN = """
import json, sys, threading
import overt
overt.watch()
import shop, tracer
kind, how = sys.argv[1:]
names = [n for n in vars(shop) if n.partition("_")[2].isdigit()]
for name in names: getattr(tracer, kind)(name)

def some(name):
    for _ in range(50): getattr(shop, name)()
def plainly(name):
    some(name), some(name)
def recursively(name):
    for _ in range(10): getattr(shop, name)(9)
def in_threads(name):
    threads = [threading.Thread(target=some, args=[name]) for _ in "12"]
    for thread in threads: thread.start()
    for thread in threads: thread.join()
def in_greenlets(name):
    import gevent
    shop.rest = lambda: gevent.sleep(0)
    gevent.joinall([gevent.spawn(some, name) for _ in "12"])

for name in names: globals()[how](name)
patches = {p["target"].removeprefix("shop:"): p for p in overt.report()["patches"]}
print(json.dumps({n: [truth, patches[n]] for n, truth in tracer.medians().items()}))
"""


@pytest.mark.parametrize("how", ["plainly", "recursively", "in_threads", "in_greenlets"])
@pytest.mark.parametrize("kind", ["function", "wrapt"])
def test_own_time_is_the_truth(world: World, kind: str, how: str) -> None:
    """Within a tenth, or the stated uncertainty beside what calling the wrapper takes."""
    if kind == "wrapt":
        pytest.importorskip("wrapt")
    if how == "in_greenlets":
        pytest.importorskip("gevent")
    world.install("shop-core", "2.0", shop=SHOP)
    world.install("acme-tracer", "1.4", tracer=TRACER)
    world.overt.write("main.py", MAIN)
    wrong = measured_wrong(world, kind, how)
    # What disturbs a run is elsewhere in the next one; a wrong subtraction is wrong in each.
    for _ in range(2):
        if wrong:
            wrong = {n: each for n, each in measured_wrong(world, kind, how).items() if n in wrong}
    assert not wrong


def measured_wrong(world: World, kind: str, how: str) -> dict[str, Any]:
    """Run the program; return the patches whose own time is not what they took, with both."""
    done: subprocess.CompletedProcess[str] = world.overt.plain(sys.executable, "main.py", kind, how)
    assert (done.returncode, done.stderr) == (0, "")
    found = json.loads(done.stdout)
    assert sorted(found) == sorted(f"{spent}_{cost}" for spent in SPENT for cost in COSTS)
    wrong = {}
    for name, (truth, patch) in found.items():
        own = patch["own_ns"]
        assert (patch["calls"], own["at_most"], own["at_least"]) == (100, False, False)
        if abs(own["p50"] - truth) > max(truth / 10, own["uncertainty"] + CALLING):
            wrong[name] = (truth, own)
    return wrong
