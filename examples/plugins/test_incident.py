"""The runtime, with the plugin of this directory. Run here: python -m pytest --overt=error"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator

import pytest

import overt
import store
from incident import Incident, Runtime, action, actions
from incident.runtime import Refused

INCIDENT = Incident(42)


@pytest.fixture
def runtime() -> Iterator[Runtime]:
    """Return a runtime with the plugin loaded; what is in force at the end is taken back."""
    with actions.temporary():
        sys.modules.pop("remedies", None)
        made = Runtime()
        made.load(["remedies"])
        yield made
        made.stop_all()


def test_an_action_is_in_force_and_leaves_nothing(runtime: Runtime) -> None:
    """The page fails, works while the action is in force, and fails again."""
    recommend = store.recommend
    with pytest.raises(TimeoutError):
        store.page("ann")
    (handle,) = runtime.run("no-recommendations", INCIDENT)
    assert store.page("ann")["recommended"] == []
    assert handle.record is not None
    assert handle.record.reason == "incident 42"
    assert handle.record.lifetime == "ttl"
    runtime.stop("no-recommendations")
    assert store.recommend is recommend


def test_actions_leave_in_any_order(runtime: Runtime) -> None:
    """Two actions on one target: the first that came may be the first that goes."""
    runtime.run("no-recommendations", INCIDENT)
    runtime.run("sale", INCIDENT)
    assert store.page("ann") == {"price": 405, "recommended": ["everything"]}
    runtime.stop("no-recommendations")
    assert store.page("ann") == {"price": 405, "recommended": ["everything"]}
    assert runtime.running == ("sale",)


def test_an_owner_is_switched_off_without_the_runtime(runtime: Runtime) -> None:
    """What `overt off --owner remedies` does from outside."""
    runtime.run("sale", INCIDENT)
    overt.switch("remedies").off("it sells too cheap")
    assert store.price("assam") == 450
    overt.switch("remedies").on()
    assert store.price("assam") == 405


def test_an_action_is_held_to_what_it_declared(runtime: Runtime) -> None:
    """Another target is refused, and nothing is patched."""
    with pytest.raises(Refused, match="may touch store:\\*, not json:dumps"):
        runtime.run("greedy", INCIDENT)
    assert overt.handles() == ()


def test_an_action_is_all_or_nothing(runtime: Runtime) -> None:
    """One patch that cannot be made takes the others back."""

    @action("half", touches=("store:*",))
    def half(incident: Incident) -> list[overt.Handle]:
        """Fail at the second patch."""
        return [
            incident.patch("store:price", lambda tea: 0),
            incident.patch("store:misspelt", lambda: 0),
        ]

    with pytest.raises(overt.TargetError):
        runtime.run("half", INCIDENT)
    assert (store.price("assam"), overt.handles(), runtime.running) == (450, (), ())


def test_an_action_says_what_it_does() -> None:
    """Without a docstring, or without what it touches, it is not registered."""
    with pytest.raises(TypeError, match="no docstring"):
        action("silent", touches=("store:*",))(lambda incident: [])
    assert "silent" not in actions


def test_manifest_command() -> None:
    """For people and as data; a plugin that does not load is told and fails the command."""
    command = [sys.executable, "-m", "incident", "manifest"]
    done = subprocess.run([*command, "remedies"], capture_output=True, text=True)
    assert done.returncode == 0
    assert "no-recommendations  Show pages without recommendations" in done.stdout
    assert "    owner    remedies, remedies:" in done.stdout
    done = subprocess.run([*command, "--json", "remedies"], capture_output=True, text=True)
    rows = json.loads(done.stdout)["actions"]
    assert [row["name"] for row in rows] == ["greedy", "no-recommendations", "sale"]
    done = subprocess.run([*command, "missing"], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (
        1,
        "incident: ModuleNotFoundError: No module named 'missing'\n",
    )
