"""A patch that may live so long and no longer."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest

import overt


def price() -> str:
    """Be patched."""
    return "price"


LIMIT = 10
HERE = __name__


def wait_until(true) -> None:
    """Pass safe points until something holds; ten seconds are an hour here."""
    end = time.monotonic() + 10
    while not true():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.01)


def test_ttl_switches_off_and_removes() -> None:
    """When the time is over, function and value are what they were, by identity."""
    raw = price
    call = overt.patch(f"{HERE}:price", lambda: "patched", ttl="200ms").install()
    value = overt.patch(f"{HERE}:LIMIT", 99, ttl=0.2).install()
    assert (globals()["price"](), LIMIT) == ("patched", 99)
    wait_until(lambda: call.state == "idle" and value.state == "idle")
    assert globals()["price"] is raw
    assert LIMIT == 10


def test_ttl_ends_with_an_earlier_removal() -> None:
    """The timer of a patch that is gone does nothing to the next one."""
    first = overt.patch(f"{HERE}:LIMIT", 99, ttl="100ms").install()
    first.remove()
    with overt.patch(f"{HERE}:LIMIT", 98):
        time.sleep(0.2)
        assert LIMIT == 98
    assert LIMIT == 10


FORK = """
import os, sys, time
sys.modules["prog"] = sys.modules["__main__"]
import overt
LIMIT = 10
handle = overt.patch("prog:LIMIT", 99, ttl="300ms").install()
def waited():
    end = time.monotonic() + 10
    while handle.state != "idle" and time.monotonic() < end: time.sleep(0.01)
    return LIMIT
child = os.fork()
assert LIMIT == 99
if child == 0: os._exit(0 if waited() == 10 else 1)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), waited())
"""


def test_ttl_holds_in_a_forked_child() -> None:
    """A child has the patch and its time, and the fork does not warn of a thread."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", FORK], capture_output=True, text=True, check=False
    )
    assert (done.stdout, done.stderr) == ("0 10\n", "")


@pytest.mark.parametrize("ttl", ["5", "-1s", "soon", 0, -3])
def test_wrong_ttl_is_refused(ttl) -> None:
    """The error says how a duration is written."""
    with pytest.raises(overt.Error, match=r"duration|above zero"):
        overt.patch(f"{HERE}:LIMIT", 1, ttl=ttl)
