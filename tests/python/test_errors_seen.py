"""What became of the errors of what was patched, as calls showed it: in the report and review."""

from __future__ import annotations

import sys
import textwrap
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from conftest import World

PROGRAM = """
import functools, json, textwrap, time, overt

dumps, dedent, indent, fill = json.dumps, textwrap.dedent, textwrap.indent, textwrap.fill

def quiet(*args):
    try:
        return dumps(*args)
    except TypeError:
        return "?"

def behind(text):
    try:
        return dedent(text)
    except Exception:
        raise KeyError(text) from None

def beside(text, prefix):
    try:
        return indent(text, prefix)
    except Exception as error:
        raise KeyError(text) from error

json.dumps, textwrap.dedent, textwrap.indent = quiet, behind, beside
textwrap.fill = lambda text: fill(text)
time.sleep = lambda seconds: None

@overt.around("textwrap:shorten")
def shorter(original, text, *args, **more):
    try:
        return original(text, *args, **more)
    except Exception:
        return ""
shorter.install()

def attempt(call, *args):
    try:
        call(*args)
    except Exception:
        pass

for i in range(10):
    attempt(json.dumps, object())
    attempt(json.dumps, 1)
    attempt(textwrap.dedent, 1)
    attempt(textwrap.indent, 1, " ")
    attempt(textwrap.fill, 1)
    attempt(textwrap.shorten, 1, 1)
    attempt(time.sleep, 0)
"""


def ran(world: World, *words: str) -> None:
    world.overt.write("main.py", textwrap.dedent(PROGRAM))
    done = world.overt("run", *words, "--report", "r.json", "--", sys.executable, "main.py")
    assert (done.returncode, done.stderr) == (0, "")


def seen(world: World) -> dict[str, Any]:
    return {each["target"]: each["evidence"] for each in world.overt.json()["patches"]}


def test_each_fate_is_counted(world: World) -> None:
    """Of patches of others and of governed ones alike; the first sixteen calls are looked at."""
    ran(world)
    found = seen(world)
    nothing = {"raised": 10, "swallowed": 0, "replaced": 0, "hidden": 0}
    assert found["textwrap:fill"] == {"probed": 10} | nothing
    assert found["textwrap:dedent"] == {"probed": 10} | nothing | {"hidden": 10}
    assert found["textwrap:indent"] == {"probed": 10} | nothing | {"replaced": 10}
    assert found["textwrap:shorten"] == {"probed": 10} | nothing | {"swallowed": 10}
    quiet = found["json:dumps"]
    assert quiet["probed"] >= 16  # then samples
    assert quiet["raised"] == quiet["swallowed"] >= 8
    # What it replaced is no Python function: whether that raised cannot be seen.
    assert found["time:sleep"] is None


def test_nothing_is_counted_where_nothing_is_metered(world: World) -> None:
    """But of governed patches, which count by themselves."""
    ran(world, "--no-meter")
    found = seen(world)
    assert found["json:dumps"] is None
    assert found["textwrap:shorten"]["swallowed"] == 10


def test_the_review_tells_bytecode_and_counts(world: World) -> None:
    """A handler that could swallow is one thing, errors that were swallowed another."""
    ran(world)
    done = world.overt("review", "--from", "r.json")
    told = done.stdout.splitlines()
    assert "     3 Is the traceback still useful? It swallowed errors of what it calls." in told
    assert (
        "         seen: what it replaced raised in 10 of 10 calls that were looked at; "
        "10 replaced by others that do not show the first" in told
    )
    assert (
        "         bytecode: a handler around a call, line 16, raises another error `from None`: "
        "the first one is not shown" in told
    )
