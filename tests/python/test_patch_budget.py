"""Budgets that a patch comes with: what costs more is off, until somebody says on."""

from __future__ import annotations

import json
import math
import time
from typing import TYPE_CHECKING, Any

import pytest
from spending import busy as spend

import overt
from overt import _native

if TYPE_CHECKING:
    from types import ModuleType

TARGET = "patch_cast:target"


@pytest.fixture
def cast(cast: ModuleType) -> ModuleType:
    """Return the cast, with a target that takes longer than any budget here."""
    cast.target = lambda: spend(500)  # type: ignore[attr-defined]
    return cast


def dear(original: Any) -> Any:
    """Take 200 us of its own."""
    spend(200)
    return original()


def call_until_off(cast: ModuleType, handle: overt.Handle, seconds: float = 20) -> bool:
    """Whether it is off within that time."""
    end = time.monotonic() + seconds
    while handle.state == "on" and time.monotonic() < end:
        cast.target()
    return handle.state == "off"


def told() -> int:
    """Return how much has been told so far."""
    events: int = json.loads(_native.hello())["events"]
    return events


def trips_after(sequence: int) -> list[dict[str, Any]]:
    """Wait for what the native thread tells of budgets: the vote holds a moment before that."""
    end = time.monotonic() + 20
    while time.monotonic() < end:
        events = json.loads(_native.events(sequence))["events"]
        if trips := [event["what"] for event in events if event["kind"] == "budget"]:
            return trips
        time.sleep(0.01)
    return []


def test_what_is_above_its_budget_is_off_until_on(cast: ModuleType) -> None:
    """The vote names the budget, new calls go to the original, and on() looks anew."""
    before = told()
    with overt.around(TARGET, dear, budget="50us") as handle:
        assert call_until_off(cast, handle)
        calls = handle.stats.calls
        cast.target()
        assert handle.stats.calls == calls
        assert handle.record is not None
        (trip,) = trips_after(before)
        assert trip["budget"] == f"of p{handle.record.id}"
        assert trip["action"] == "off"
        assert trip["what"].startswith("mean ")
        handle.on()
        assert handle.state == "on"
        cast.target()
        assert handle.stats.calls == calls + 1
        assert call_until_off(cast, handle)


@pytest.mark.parametrize("budget", [0.1, "100ms", 1, None])
def test_what_is_within_its_budget_stays(cast: ModuleType, budget: float | str | None) -> None:
    """A number is seconds. The original's time does not count."""
    with overt.around(TARGET, dear, budget=budget) as handle:
        assert not call_until_off(cast, handle, 2.5 if budget else 0.1)


def test_replacements_and_observers_have_budgets(cast: ModuleType) -> None:
    """What runs code of its own can exceed one; an observer without code cannot."""
    with (
        overt.observe(TARGET, budget="1us") as seen,
        overt.tap(TARGET, before=lambda: spend(100), budget="50us") as told,
    ):
        assert call_until_off(cast, told)
        assert seen.state == "on"
    with overt.patch(TARGET, lambda: spend(100), budget="50us") as handle:
        assert call_until_off(cast, handle)


@pytest.mark.parametrize("bad", [0, -1, math.nan, math.inf, [], "", "20", "20 parsecs", "-1us"])
def test_bad_budgets_are_refused(cast: ModuleType, bad: Any) -> None:
    """When the handle is made."""
    with pytest.raises(overt.Error) as caught:
        overt.around(TARGET, dear, budget=bad)
    assert caught.value.code == "usage"
