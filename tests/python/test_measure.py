"""`overt.measure()` and `overt bench`: the same calls with a target's patches and without."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

import overt

if TYPE_CHECKING:
    from types import ModuleType

    from conftest import World

TRACER = """
import time
def busy(ns):
    end = time.perf_counter_ns() + ns
    while time.perf_counter_ns() < end: pass
def go():
    import shop
    old = shop.price
    def price(*args, **kwargs):
        busy(20_000)
        return old(*args, **kwargs)
    shop.price = price
"""


def test_a_governed_patch_is_measured_in_place(cast: ModuleType) -> None:
    """With it and without it, and afterwards it is as it was."""

    def slow(original: Any, x: Any) -> Any:
        for _ in range(2000):
            pass
        return original(x)

    cast.twice = lambda x: 2 * x
    with overt.around("patch_cast:twice", slow) as handle:
        found = overt.measure("patch_cast:twice", lambda: cast.twice(1), rounds=10)
        assert handle.record.state == "on"
    assert found.patches == 1
    assert found.patched > 5 * found.baseline > 0
    assert found.difference == pytest.approx(found.patched - found.baseline, rel=0.5)
    low, high = found.spread
    assert low <= found.difference <= high


def test_nothing_to_measure_is_an_error() -> None:
    """The error says what is missing."""
    with pytest.raises(overt.TargetError, match="no patch of it is known") as caught:
        overt.measure("json:dumps", lambda: None)
    assert caught.value.target == "json:dumps"
    with pytest.raises(ValueError, match="two at least"):
        overt.measure("json:dumps", lambda: None, rounds=1)


def test_overt_bench_measures_patches_of_others(world: World) -> None:
    """The command imports, lets the vendor patch, and measures the call that it is given."""
    world.install("acme-tracer", "1.4", tracer=TRACER)
    bench = ("bench", "--setup", "import tracer; tracer.go()", "shop:price", "shop.price()")
    done = world.overt(*bench, "--rounds", "5", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    found = json.loads(done.stdout)
    assert (found["schema"], found["patches"], found["rounds"]) == ("overt.bench/1", 1, 5)
    assert found["difference"] > 15_000 > found["baseline"]
    done = world.overt(*bench, "--rounds", "5")
    assert done.stdout.startswith("shop:price, 1 patch\n  without  ")


def test_overt_bench_without_a_patch_is_an_error(world: World) -> None:
    """Exit status 4, and one line."""
    done = world.overt("bench", "shop:price", "shop.price()")
    assert (done.returncode, done.stdout) == (4, "")
    assert "no patch of it is known" in done.stderr
    assert len(done.stderr.splitlines()) == 1
