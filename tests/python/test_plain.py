"""OVERT=0: the no-magic path; and OVERT_OFF where nothing is started by `overt run`."""

from __future__ import annotations

import os
import subprocess
import sys

PATCHES = """
import json, os, sys, threading, time
import overt
sys.modules["prog"] = sys.modules["__main__"]
LIMIT = 10
def price(): return "price"
class Item:
    def name(self): return "name"
def advice(original, *args, **kwargs): return "patched"
"""


def run(source: str, **environ: str) -> str:
    """Run a program that patches itself; return what it prints."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", PATCHES + source],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **environ},
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    return done.stdout


EVERY_KIND = """
raw = price, Item.__dict__["name"], time.time, LIMIT, vars(json).get("dumps")
handles = [
    overt.patch("prog:price", lambda: "patched"),
    overt.around("prog:Item.name", advice, fail="patched", reason="security"),
    overt.observe("json:dumps", reach="everywhere"),
    overt.tap("time:time", before=print, reach="everywhere"),
    overt.patch("prog:LIMIT", 99, ttl="1ms"),
    overt.patch("prog:MISSING", 99),
    overt.around("not.imported:yet", advice, scope="context"),
]
@overt.wrapper
def decorator(original, *args): return "wrapped"
def decorated(): return "plain"
assert decorator(decorated) is decorated
for handle in handles: handle.install()
time.sleep(0.01)
assert raw == (price, Item.__dict__["name"], time.time, LIMIT, vars(json).get("dumps"))
assert (price(), Item().name(), LIMIT, time.time() > 1) == ("price", "name", 10, True)
assert [handle.state for handle in handles] == ["off"] * 7, handles
assert decorator.on().state == "off"
for handle in handles: handle.on()
assert {p.state for p in overt.ledger()} == {"off"}
assert [p.target for p in overt.ledger()] == [handle.target for handle in handles]
assert all(s.off for s in overt.switch("__main__").patches)
assert all(s.off for s in overt.switch("__main__").on())
overt.watch()
assert not overt.watching() and overt.serve() == ""
threading.Thread.mark = print
assert len(overt.ledger()) == 7
assert len(os.listdir("/proc/self/task")) == 1
"""


def test_plain_patches_are_listed_and_nothing_else() -> None:
    """Every kind of patch: in the ledger, off, and every object and call is the original's."""
    assert run(EVERY_KIND, OVERT="0") == ""


def test_plain_handles_keep_their_contract() -> None:
    """Twice is an error, removal is idempotent, `with` and a transaction work, reset() empties."""
    run(
        """
handle = overt.patch("prog:price", lambda: "patched")
with handle:
    try: handle.install()
    except overt.StateError: pass
    else: raise SystemExit("twice")
    try: overt.patch("prog:price", handle._native and price).install()
    except overt.Error: raise SystemExit("another one")
handle.remove()
assert handle.state == "idle" and handle.original is None and handle.stats.calls == 0
try:
    with overt.transaction():
        handle.install()
        1 / 0
except ZeroDivisionError: pass
assert handle.state == "idle"
handle.install()
overt.reset()
assert overt.handles() == () and handle.state == "idle"
assert [p.reverted for p in overt.ledger()].count(False) == 0
""",
        OVERT="0",
    )


def test_plain_wrapt_face_leaves_functions_alone() -> None:
    """An instrumentation that uses overt.compat.wrapt runs, and what it wraps is the original."""
    run(
        """
from overt.compat import wrapt
raw = price
wrapt.wrap_function_wrapper("prog", "price", lambda wrapped, instance, args, kwargs: "wrapped")
assert price is raw and price() == "price"
""",
        OVERT="0",
    )


def test_another_value_of_overt_means_nothing() -> None:
    """Only 0 is plain; and `python -E` does not hear the environment."""
    check = "\nwith overt.patch('prog:price', lambda: 'patched'): print(price())\n"
    assert run(check, OVERT="1") == run(check, OVERT="") == "patched\n"
    done = subprocess.run(
        [sys.executable, "-E", "-c", PATCHES + check],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "OVERT": "0", "OVERT_OFF": "all"},
    )
    assert done.stdout == "patched\n"


OFF = """
mine = overt.patch("prog:price", lambda: "patched").install()
theirs = overt.patch("prog:Item.name", lambda self: "patched", owner="acme").install()
security = overt.patch("prog:LIMIT", 99, owner="acme", fail="patched").install()
print(price(), Item().name(), LIMIT, mine.state, theirs.state)
assert len(os.listdir("/proc/self/task")) == 1
"""


def test_overt_off_holds_where_a_program_merely_patches() -> None:
    """No thread and no socket: the votes are read when the first patch is installed."""
    assert run(OFF) == "patched patched 99 on on\n"
    assert run(OFF, OVERT_OFF="acme") == "patched name 99 on off\n"
    assert run(OFF, OVERT_OFF="all") == "price name 99 off off\n"
    assert run(OFF + "theirs.on(); print(Item().name())", OVERT_OFF="acme").endswith("\nname\n")


def test_overt_off_holds_in_a_process_that_watches() -> None:
    """overt.watch() hears OVERT_OFF for what others patch from then on."""
    source = """
overt.watch()
exec("import prog; prog.price = lambda: 'theirs'", {"__name__": "acme"})
for _ in range(100): pass
print(price())
"""
    assert run(source, OVERT_OFF="acme") == "price\n"


def test_votes_that_nobody_wrote_are_told_once() -> None:
    """OVERT_VOTES of another kind: one line, and the patch holds."""
    done = subprocess.run(
        [sys.executable, "-c", PATCHES + OFF],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "OVERT_VOTES": "garbage"},
    )
    assert done.stdout == "patched patched 99 on on\n"
    assert done.stderr == "overt: these votes were not written by overt: OVERT_VOTES\n"
