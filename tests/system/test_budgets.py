"""Budgets in a living process: what trips, what is told, and the way back."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from conftest import Overt

# A patch that takes 300 us of its own, called all the time, beside one that takes nothing.
APP = """
import json, os, time
def busy(us):
    end = time.perf_counter_ns() + us * 1000
    while time.perf_counter_ns() < end: pass
old_dumps, old_loads = json.dumps, json.loads
def dumps(*args, **kwargs):
    busy(300)
    return old_dumps(*args, **kwargs)
def loads(*args, **kwargs):
    return old_loads(*args, **kwargs)
json.dumps, json.loads = dumps, loads
print(os.getpid(), flush=True)
while True:
    json.loads(json.dumps([1]))
    if json.dumps is not dumps: break
"""


def started(overt: Overt, budgets: str) -> int:
    """Start the program under an overt.toml; return its pid."""
    overt.write("overt.toml", budgets)
    process = overt.start("run", "--", "python", overt.write("app.py", APP), stdin=subprocess.PIPE)
    assert process.stdout is not None
    return int(process.stdout.readline())


def patches(overt: Overt) -> dict[str, dict[str, Any]]:
    """Return the patches of the one process, by target."""
    listed = json.loads(overt("list", "--json").stdout)
    return {patch["target"]: patch for patch in listed["processes"][0]["patches"]}


def test_what_costs_too_much_is_switched_off(overt: Overt, wait_for: Callable[..., Any]) -> None:
    """The one patch above its budget is off, with the numbers, until somebody says on."""
    pid = started(overt, '[[budget]]\nowner = "__main__"\nmean = "100us"\nreason = "agreed"\n')
    wait_for(lambda: patches(overt)["json:dumps"]["state"] == "off")
    assert patches(overt)["json:loads"]["state"] == "on"
    (vote,) = patches(overt)["json:dumps"]["votes"]
    assert (vote["source"], vote["scope"]) == ("budget", "patch")
    assert vote["actor"].endswith("overt.toml:1")
    numbers = r"mean [\d.]+ [um]s over 100 us in \d+ calls of [\d.]+ s"
    assert re.fullmatch(rf"{numbers} \(agreed\)", vote["reason"])
    assert "json:dumps: mean " in overt("journal", str(pid)).stdout

    calls = patches(overt)["json:dumps"]["calls"]
    wait_for(lambda: patches(overt)["json:loads"]["calls"] > 10 * calls)
    assert patches(overt)["json:dumps"]["calls"] == calls  # new calls go past it

    overt("on", "--target", "json:dumps", "--reason", "look again")
    assert patches(overt)["json:dumps"]["votes"] == []
    wait_for(lambda: patches(overt)["json:dumps"]["state"] == "off")  # it still costs as much


def test_a_warning_changes_nothing(overt: Overt, wait_for: Callable[..., Any]) -> None:
    """It is in the journal, once, and the patch stays on."""
    pid = started(overt, '[[budget]]\ntarget = "json:*"\np99 = "100us"\naction = "warn"\n')
    wait_for(lambda: "  budget  " in overt("journal", str(pid)).stdout)
    assert "json:dumps: p99 over 100 us" in overt("journal", str(pid)).stdout
    assert patches(overt)["json:dumps"]["state"] == "on"


def test_a_broken_budget_leaves_the_last_ones(overt: Overt, wait_for: Callable[..., Any]) -> None:
    """The file is refused with its place, and what held before holds on."""
    pid = started(overt, '[[budget]]\nmean = "100us"\n')
    overt.write("overt.toml", '[[budget]]\nmean = "100 parsecs"\n')
    wait_for(lambda: "overt.toml:2:8" in overt("journal", str(pid)).stdout)
    wait_for(lambda: patches(overt)["json:dumps"]["state"] == "off")
