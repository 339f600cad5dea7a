"""Memory stays where it is, however often a patch is called, switched, made and taken off."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from test_faults_processes import HEAD
from tiers import tiers

if TYPE_CHECKING:
    from conftest import Overt

MEASURE = """
import asyncio, gc, json, overt
overt.watch()
def held():
    gc.collect()
    return sys.getallocatedblocks(), int(open("/proc/self/statm").read().split()[1]) * 4096
def grown(run, often):
    run(often // 4)  # caches, meters, the allocator's arenas
    before = held()
    run(often)
    return [now - then for now, then in zip(held(), before)]
"""
WAYS = {
    "around": "overt.around('prog:price', lambda original: original()).install()",
    "observe": "overt.observe('prog:price').install()",
    "tap": "overt.tap('prog:price', before=lambda: None, after=lambda r: None).install()",
    "patch": "overt.patch('prog:price', lambda: 'new').install()",
    "notes": "overt.around('prog:price', lambda original: original(), notes=True).install()",
    "context": "overt.around('prog:price', lambda original: original(), scope='context').install()",
    "everywhere": "overt.around('prog:price', lambda original: original(), "
    "reach='everywhere').install()",
    "foreign": "json.dumps = (lambda kept: lambda *a: kept(*a))(json.dumps)",
}
CALLS = """
def run(often):
    for i in range(often):
        json.dumps(1) if WAY == "foreign" else price()
"""
CYCLES = {
    "install and remove": "handle.install(); price(); handle.remove()",
    "off and on": "price(); handle.off(); price(); handle.on()",
    "by another": "kept = json.dumps; json.dumps = lambda *a: 1; json.dumps(1); json.dumps = kept",
    "a vote": "switch = overt.switch('acme'); switch.off(); price(); switch.on()",
    "a wrapper": "overt.wrapper(lambda original: original())(lambda: 1)()",
    "a life": "asyncio.run(slow())",
    "an error": "try: fails()\n        except ValueError: pass",
}
PREPARE = {
    "off and on": "handle.install()",
    "a vote": "handle.install()",
    "a life": "overt.observe('prog:slow').install()",
    "an error": "overt.around('prog:fails', lambda original: original(), notes=True).install()",
}


def grown(overt: Overt, source: str) -> tuple[int, int]:
    """Blocks of Python and bytes of memory that a program has more after than before."""
    done = overt.plain("python", overt.write("app.py", HEAD + MEASURE + source), timeout=3000)
    assert done.stderr == ""
    blocks, size = map(int, done.stdout.split())
    return blocks, size


@pytest.mark.parametrize("often", tiers(40_000, 10_000_000))
@pytest.mark.parametrize("way", WAYS)
def test_calls_keep_nothing(overt: Overt, way: str, often: int) -> None:
    """Ten million of each kind in the long run."""
    source = f"WAY = {way!r}\n{WAYS[way]}\n{CALLS}\nprint(*grown(run, {often}))"
    blocks, size = grown(overt, source)
    assert blocks < 200
    assert size < 2_000_000


@pytest.mark.parametrize("often", tiers(1_000, 100_000))
@pytest.mark.parametrize("cycle", CYCLES)
def test_cycles_keep_nothing(overt: Overt, cycle: str, often: int) -> None:
    """A hundred thousand of each kind in the long run; the journal in memory has its limit."""
    source = f"""
async def slow(): return 1
def fails(): raise ValueError
handle = overt.patch("prog:price", lambda: "patched", owner="acme")
{PREPARE.get(cycle, "")}
def run(often):
    for i in range(often):
        {CYCLES[cycle]}
print(*grown(run, {often}))
"""
    blocks, size = grown(overt, source)
    assert blocks < 500
    assert size < 4_000_000
