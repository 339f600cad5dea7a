"""CPython's own tests end the same with every function of what they test patched.

The patches pass every call through. `observe` puts no frame in between, which matters to functions
that count frames.
"""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest

SUITE = Path(__file__).with_name("cpython_suite.py")

TESTS = {
    "test_copy": "copy",
    "test_functools": "functools",
    "test_json": "json json.decoder json.encoder json.scanner",
}
SOAK = {
    "test_asyncio.test_locks": "asyncio.locks asyncio.mixins asyncio.tasks",
    "test_asyncio.test_tasks": "asyncio.tasks asyncio.futures asyncio.coroutines asyncio.events",
    "test_contextlib": "contextlib",
    "test_textwrap": "textwrap",
}


@cache
def outcome(mode: str, test: str, modules: str) -> dict[str, Any]:
    """Run one of CPython's test modules in a process of its own."""
    if not all(importlib.util.find_spec(name) for name in ("test", f"test.{test}")):
        pytest.skip("this Python came without its tests")
    done = subprocess.run(
        [sys.executable, SUITE, mode, f"test.{test}", *modules.split()],
        capture_output=True,
        text=True,
        timeout=280,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return told


def hold_against_bare(mode: str, test: str, modules: str) -> None:
    """Every test of the module ends as it does without patches."""
    bare, patched = outcome("bare", test, modules), outcome(mode, test, modules)
    made, refused = patched.pop("patched")
    assert (made > 0, refused) == (True, 0)
    keys = ("run", "failures", "errors", "skipped")
    assert {k: patched[k] for k in keys} == {k: bare[k] for k in keys}, patched["texts"][:3]
    assert bare["run"] > 50


@pytest.mark.parametrize("mode", ["name", "everywhere", "observe"])
@pytest.mark.parametrize("test", TESTS)
def test_outcome_is_the_same(mode: str, test: str) -> None:
    """Names and functions themselves, with an advice and observed."""
    hold_against_bare(mode, test, TESTS[test])


@pytest.mark.soak
@pytest.mark.parametrize("mode", ["name", "everywhere", "observe"])
@pytest.mark.parametrize("test", SOAK)
def test_outcome_is_the_same_at_length(mode: str, test: str) -> None:
    """The same for longer ones."""
    hold_against_bare(mode, test, SOAK[test])


@pytest.mark.soak
def test_what_counts_frames_may_be_observed() -> None:
    """inspect.stack() and the like would see the frame of an advice; observing has none."""
    hold_against_bare("observe", "test_inspect.test_inspect", "inspect")
