"""Run by programs/pytest_session.py: tests that patch in every common way."""

import json
import os
import sys
import textwrap
import time
from collections.abc import Iterator
from unittest import mock

import pytest


@pytest.fixture
def no_loads(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with monkeypatch.context() as patch:
        patch.delattr("json.loads")
        yield


def test_monkeypatch(monkeypatch: pytest.MonkeyPatch) -> None:
    """Set names, environment and modules, and have them put back."""
    monkeypatch.setattr(os, "getcwd", lambda: "/shop")
    monkeypatch.setattr("json.dumps", lambda value: "nothing")
    monkeypatch.setenv("SHOP", "open")
    monkeypatch.setitem(sys.modules, "this", None)
    assert (os.getcwd(), json.dumps(1)) == ("/shop", "nothing")


def test_fixture(no_loads: None) -> None:
    """A fixture patches for its test."""
    assert not hasattr(json, "loads")


def test_mocker(mocker) -> None:
    """pytest-mock patches through unittest.mock."""
    mocker.patch("time.time", return_value=1)
    mocker.spy(json, "dumps")
    assert (time.time(), json.dumps(1)) == (1, "1")


@mock.patch("os.getpid", return_value=7)
def test_decorator(getpid: mock.Mock) -> None:
    """The decorated test is the owner, though it has not begun."""
    assert os.getpid() == 7


def test_leak() -> None:
    """What a test leaves behind stays in the report."""
    textwrap.shorten = lambda *args: None
