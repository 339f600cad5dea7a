"""What foreign patches cost: exact calls and errors, and own time without the original's."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from conftest import World

# The original takes 200 us; the tracer adds a known time of its own around it.
PRELUDE = """
import json, sys, threading, time
import overt
overt.watch()
import shop, tracer
clock = time.perf_counter_ns

def busy(ns):
    end = clock() + ns
    while clock() < end:
        pass

def tell(*targets):
    found = {p["target"]: p for p in overt.report()["patches"] if not p["reverted"]}
    print(json.dumps([found[t] for t in targets]))
"""

BUSY = """
import time
_clock = time.perf_counter_ns
def busy(ns):
    end = _clock() + ns
    while _clock() < end:
        pass
"""


def run(world: World, shop: str, tracer: str, main: str) -> list[dict[str, Any]]:
    """Let the tracer patch the shop, run the program, and return the patches that it tells of."""
    world.install("shop-core", "2.0", shop=BUSY + shop)
    world.install("acme-tracer", "1.4", tracer=BUSY + "import shop\n" + tracer)
    world.overt.write("main.py", PRELUDE + main)
    done: subprocess.CompletedProcess[str] = world.overt.plain(sys.executable, "main.py")
    assert (done.returncode, done.stderr) == (0, "")
    result: list[dict[str, Any]] = json.loads(done.stdout)
    return result


def close(measured: float, truth: float, patch: dict[str, Any]) -> bool:
    """Within a tenth, or the uncertainty that is stated, or what a busy loop itself overshoots."""
    return abs(measured - truth) <= max(truth / 10, patch["own_ns"]["uncertainty"] * 3, 2_000)


@pytest.mark.parametrize("own", [0, 1_000, 5_000, 50_000, 500_000])
def test_own_time_is_that_of_the_patch(world: World, own: int) -> None:
    """A patch of known cost around an original that takes much longer."""
    calls = 400
    (patch,) = run(
        world,
        "def query(): busy(200_000)\n",
        f"def install():\n    old = shop.query\n    def query():\n        busy({own})\n"
        "        return old()\n    shop.query = query\n",
        f"tracer.install()\nfor _ in range({calls}): shop.query()\ntell('shop:query')\n",
    )
    assert (patch["metered"], patch["calls"], patch["errors"]) == (True, calls, 0)
    assert close(patch["own_ns"]["p50"], own, patch), patch["own_ns"]
    assert patch["original_ns"]["p50"] == pytest.approx(200_000, rel=0.1)
    assert patch["own_ns"]["sampled"] == calls  # slow calls are timed each
    assert not patch["own_ns"]["at_most"]


def test_sleeping_counts_too(world: World) -> None:
    """A patch that waits is a patch that takes time."""
    (patch,) = run(
        world,
        "def query(): busy(50_000)\n",
        "def install():\n    old = shop.query\n    def query():\n        time.sleep(0.002)\n"
        "        return old()\n    shop.query = query\n",
        "tracer.install()\nfor _ in range(50): shop.query()\ntell('shop:query')\n",
    )
    assert 2_000_000 <= patch["own_ns"]["p50"] < 3_000_000


def test_layers_of_two_owners_are_told_apart(world: World) -> None:
    """The outer patch is not charged with the inner one, which is its original."""
    world.install(
        "audit",
        "0.9",
        audit=BUSY + "import shop\ndef install():\n    old = shop.query\n"
        "    def query():\n        busy(30_000)\n        return old()\n"
        "    shop.query = query\n",
    )
    world.install("shop-core", "2.0", shop=BUSY + "def query(): busy(100_000)\n")
    world.install(
        "acme-tracer",
        "1.4",
        tracer=BUSY + "import shop\ndef install():\n    old = shop.query\n"
        "    def query():\n        busy(5_000)\n        old()\n        busy(5_000)\n"
        "    shop.query = query\n",
    )
    world.overt.write(
        "main.py",
        PRELUDE
        + """
import audit
audit.install(); tracer.install()
for _ in range(300): shop.query()
print(json.dumps([p for p in overt.report()["patches"]]))
""",
    )
    done = world.overt.plain(sys.executable, "main.py")
    assert (done.returncode, done.stderr) == (0, "")
    inner, outer = json.loads(done.stdout)
    assert close(inner["own_ns"]["p50"], 30_000, inner), inner["own_ns"]
    assert close(outer["own_ns"]["p50"], 10_000, outer), outer["own_ns"]
    assert outer["original_ns"]["p50"] == pytest.approx(130_000, rel=0.1)


def test_recursion_is_charged_once(world: World) -> None:
    """A nested call has a time of its own: the sum is that of all calls."""
    (patch,) = run(
        world,
        "def walk(n):\n    busy(20_000)\n    import shop\n    if n: shop.walk(n - 1)\n",
        "def install():\n    old = shop.walk\n    def walk(n):\n        busy(5_000)\n"
        "        return old(n)\n    shop.walk = walk\n",
        "tracer.install()\nfor _ in range(40): shop.walk(9)\ntell('shop:walk')\n",
    )
    assert patch["calls"] == 400
    assert close(patch["own_ns"]["p50"], 5_000, patch), patch["own_ns"]


def test_a_patch_that_calls_itself_is_charged_once(world: World) -> None:
    """Where the patch itself recurses, each call is charged with its own part."""
    (patch,) = run(
        world,
        "def walk(n): busy(20_000)\n",
        "def install():\n    old = shop.walk\n    def walk(n):\n        busy(5_000)\n"
        "        return walk(n - 1) if n else old(n)\n    shop.walk = walk\n",
        "tracer.install()\nfor _ in range(40): shop.walk(9)\ntell('shop:walk')\n",
    )
    assert patch["calls"] == 400
    assert close(patch["own_ns"]["p50"], 5_000, patch), patch["own_ns"]


def test_errors_are_counted_and_pass(world: World) -> None:
    """An exception of the original goes through the patch, and its time is the original's."""
    (patch,) = run(
        world,
        "def query(n):\n    busy(50_000)\n    if n % 4 == 0: raise ValueError(n)\n",
        "def install():\n    old = shop.query\n    def query(n):\n        busy(10_000)\n"
        "        return old(n)\n    shop.query = query\n",
        "tracer.install()\nfailed = 0\nfor n in range(200):\n    try: shop.query(n)\n"
        "    except ValueError: failed += 1\nassert failed == 50\ntell('shop:query')\n",
    )
    assert (patch["calls"], patch["errors"]) == (200, 50)
    assert close(patch["own_ns"]["p50"], 10_000, patch)


def test_threads_do_not_mix(world: World) -> None:
    """Originals that other threads call at the same time are not subtracted from a patch."""
    (patch,) = run(
        world,
        "import time\ndef query(): time.sleep(0.002)\n",
        "import time\ndef install():\n    global old\n    old = shop.query\n    def query():\n"
        "        time.sleep(0.001)\n        return old()\n    shop.query = query\n",
        "tracer.install()\n"
        "def work():\n    for _ in range(60): shop.query()\n"
        "def direct():\n    for _ in range(60): tracer.old()\n"
        "all = [threading.Thread(target=t) for t in (work, work, direct, direct)]\n"
        "for t in all: t.start()\nfor t in all: t.join()\ntell('shop:query')\n",
    )
    assert patch["calls"] == 120
    assert 1_000_000 <= patch["own_ns"]["p50"] < 1_950_000, patch["own_ns"]
    assert 2_000_000 <= patch["original_ns"]["p50"] < 2_950_000, patch["original_ns"]


def test_greenlets_do_not_mix(world: World) -> None:
    """Greenlets share a thread and exchange its stack in the middle of calls."""
    pytest.importorskip("greenlet")
    (patch,) = run(
        world,
        "import greenlet\ndef query():\n    greenlet.getcurrent().parent.switch()\n"
        "    busy(100_000)\n",
        "def install():\n    old = shop.query\n    def query():\n        busy(20_000)\n"
        "        old()\n        busy(20_000)\n    shop.query = query\n",
        "import greenlet\ntracer.install()\n"
        "def work():\n    for _ in range(30): shop.query()\n"
        "all = [greenlet.greenlet(work) for _ in range(5)]\n"
        "while any(not g.dead for g in all):\n    for g in all:\n"
        "        if not g.dead: g.switch()\n"
        "tell('shop:query')\n",
    )
    assert patch["calls"] == 150
    assert close(patch["own_ns"]["p50"], 40_000, patch), patch["own_ns"]


def test_one_wrapt_function_for_two_targets_is_two_meters(world: World) -> None:
    """Wrapt wrappers are measured by their inner function, each target for itself."""
    pytest.importorskip("wrapt")
    price, name = run(
        world,
        "def price(): busy(100_000)\nclass Item:\n    def name(self): busy(50_000)\n",
        "import wrapt\ndef install():\n    def trace(wrapped, instance, args, kwargs):\n"
        "        busy(10_000)\n        return wrapped(*args, **kwargs)\n"
        "    wrapt.wrap_function_wrapper(shop, 'price', trace)\n"
        "    wrapt.wrap_function_wrapper(shop, 'Item.name', trace)\n",
        "tracer.install()\nitem = shop.Item()\nfor _ in range(200): shop.price()\n"
        "for _ in range(100): item.name()\ntell('shop:price', 'shop:Item.name')\n",
    )
    assert (price["calls"], name["calls"]) == (200, 100)
    assert close(price["own_ns"]["p50"], 10_000, price), price["own_ns"]
    assert close(name["own_ns"]["p50"], 10_000, name), name["own_ns"]
    assert price["original_ns"]["p50"] == pytest.approx(100_000, rel=0.1)
    assert name["original_ns"]["p50"] == pytest.approx(50_000, rel=0.1)


def test_a_c_original_cannot_be_told_apart(world: World) -> None:
    """Then the whole call is charged, and said to be at most that."""
    (patch,) = run(
        world,
        "import time\nwait = time.sleep\n",
        "def install():\n    old = shop.wait\n    def wait(s):\n        return old(s)\n"
        "    shop.wait = wait\n",
        "tracer.install()\nfor _ in range(20): shop.wait(0.001)\ntell('shop:wait')\n",
    )
    assert patch["own_ns"]["at_most"]
    assert patch["own_ns"]["p50"] >= 1_000_000


def test_of_a_coroutine_the_call_is_seen_and_not_its_life(world: World) -> None:
    """The object that the program gets is the wrapper's own, so its time is at least that."""
    waiting, plain = run(
        world,
        "async def wait(): pass\ndef query(): pass\n",
        "def install():\n    old, older = shop.wait, shop.query\n"
        "    async def wait():\n        busy(200)\n        return await old()\n"
        "    def query(): return older()\n"
        "    shop.wait, shop.query = wait, query\n",
        "import asyncio, types\ntracer.install()\nfor _ in range(20):\n"
        "    made = shop.wait()\n    assert type(made) is types.CoroutineType\n"
        "    asyncio.run(made)\n    shop.query()\ntell('shop:wait', 'shop:query')\n",
    )
    assert waiting["calls"] == 20
    assert waiting["own_ns"]["at_least"]
    assert not plain["own_ns"]["at_least"]


def test_fast_calls_are_timed_by_sample(world: World) -> None:
    """Every call is counted; timing takes a small part of them."""
    (patch,) = run(
        world,
        "def query(): pass\n",
        "def install():\n    old = shop.query\n    def query():\n        return old()\n"
        "    shop.query = query\n",
        "tracer.install()\nfor _ in range(100_000): shop.query()\ntell('shop:query')\n",
    )
    assert patch["calls"] == 100_000
    assert 16 < patch["own_ns"]["sampled"] < 20_000


def test_without_metering_nothing_is_counted(world: World) -> None:
    """`watch(meter=False)` leaves functions as they are: as fast as never seen."""
    (patch,) = run(
        world,
        "def query(): pass\n",
        "def install():\n    old = shop.query\n    def query():\n        return old()\n"
        "    shop.query = query\n",
        "overt.unwatch(); overt.watch(meter=False)\ntracer.install()\nshop.query()\n"
        "tell('shop:query')\n",
    )
    assert (patch["metered"], patch["calls"]) == (False, 0)


def test_a_patch_that_is_undone_leaves_its_functions_as_they_were(world: World) -> None:
    """Wrapper and original are called at the speed that they had, and nobody keeps the wrapper."""
    (patch,) = run(
        world,
        "def query(): pass\n",
        "import weakref\ndef install():\n    global old, ref\n    old = shop.query\n"
        "    def query():\n        return old()\n    ref = weakref.ref(query)\n"
        "    shop.query = query\ndef undo(): shop.query = old\n",
        "import gc\ntracer.install()\nfor _ in range(50): shop.query()\n"
        "tracer.undo()\nfor _ in range(50): shop.query()\ngc.collect()\n"
        "assert tracer.ref() is None\n"
        "print(json.dumps(overt.report()['patches']))\n",
    )
    assert (patch["reverted"], patch["calls"]) == (True, 50)
