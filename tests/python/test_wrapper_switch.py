"""Decorators of overt.wrapper obey votes as patches do, and have budgets, without being patches."""

from __future__ import annotations

import gc
import json
import time
from typing import TYPE_CHECKING, Any

import pytest
from spending import busy as spend

import overt
from overt import _native

if TYPE_CHECKING:
    from collections.abc import Callable

OWNER = "decorators-of-a-test"


def add_one(original: Callable[..., int], *args: Any, **kwargs: Any) -> int:
    """Return one more."""
    return original(*args, **kwargs) + 1


def test_the_switch_of_the_owner_reaches_decorators() -> None:
    """Votes are a union: on() withdraws the decorator's own one only."""
    double = overt.wrapper(add_one, owner=OWNER)
    two = double(lambda: 1)
    assert two() == 2
    (row,) = overt.switch(OWNER).off("test")
    assert (row.target, row.off, row.why) == (f"{__name__}:add_one", True, None)
    assert row.id < 0
    assert (two(), double.state) == (1, "off")
    assert double.on().state == "off"
    later = overt.wrapper(add_one, owner=OWNER)
    assert (later.state, later(lambda: 1)()) == ("off", 1)
    overt.switch(OWNER).on("test")
    assert (two(), double.state, later.state) == (2, "on", "on")
    double.off()
    assert (two(), later.state) == (1, "on")
    assert overt.switch(OWNER).on()
    assert double.state == "on"
    assert [p for p in overt.ledger() if p.owner.name == OWNER] == []


def test_what_is_decorated_keeps_the_switch_and_nothing_else_does() -> None:
    """The decorator itself may be gone; with the last function the switchboard forgets it."""
    two = overt.wrapper(add_one, owner=OWNER)(lambda: 1)
    gc.collect()
    overt.switch(OWNER).off("test")
    assert two() == 1
    overt.switch(OWNER).on("test")
    assert two() == 2
    del two
    gc.collect()
    assert overt.switch(OWNER).patches == ()


def test_a_vote_of_its_own_goes_with_it() -> None:
    """Nothing is left of a decorator that was off when it died, and others journal nothing."""
    overt.wrapper(add_one, owner=OWNER).off()
    gc.collect()
    before = json.loads(_native.hello())["events"]
    overt.wrapper(add_one, owner=OWNER)
    gc.collect()
    assert json.loads(_native.hello())["events"] == before
    assert overt.switch(OWNER).patches == ()


def test_what_is_above_its_budget_is_off_until_on() -> None:
    """The mean over all that it decorates."""

    @overt.wrapper(owner=OWNER, budget="50us")
    def dear(original: Any) -> Any:
        spend(200)
        return original()

    first, second = dear(lambda: spend(200)), dear(lambda: spend(300))
    before = json.loads(_native.hello())["events"]

    def call_until_off() -> bool:
        end = time.monotonic() + 20
        while dear.state == "on" and time.monotonic() < end:
            first()
            second()
        return dear.state == "off"

    assert call_until_off()
    calls = dear.stats.calls
    first()
    assert dear.stats.calls == calls
    trips = [
        event["what"]
        for event in json.loads(_native.events(before))["events"]
        if event["kind"] == "budget"
    ]
    assert len(trips) == 1
    assert trips[0]["target"].endswith("dear")
    assert trips[0]["what"].startswith("mean ")
    assert trips[0]["budget"] == f"of w{-trips[0]['id']}"
    assert dear.on().state == "on"
    assert call_until_off()


@pytest.mark.parametrize("budget", [0.1, "100ms", None])
def test_what_is_within_its_budget_stays(budget: float | str | None) -> None:
    """A number is seconds, and what is decorated does not count."""
    cheap = overt.wrapper(add_one, owner=OWNER, budget=budget)
    decorated = cheap(lambda: spend(1000) or 1)  # type: ignore[func-returns-value]
    end = time.monotonic() + (2.5 if budget else 0.1)
    while time.monotonic() < end:
        assert decorated() == 2
    assert cheap.state == "on"


@pytest.mark.parametrize("bad", [0, -1, [], "", "20", "20 parsecs"])
def test_bad_budgets_are_refused(bad: Any) -> None:
    """And leave nothing on the switchboard."""
    with pytest.raises(overt.Error) as caught:
        overt.wrapper(add_one, owner=OWNER, budget=bad)
    assert caught.value.code == "usage"
    gc.collect()
    assert overt.switch(OWNER).patches == ()
