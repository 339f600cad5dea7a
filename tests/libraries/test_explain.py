"""The rules of explain.py are narrow: a patch made by hand is never explained away."""

from __future__ import annotations

import fractions
import json
import string
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any
from unittest import mock

import pytest
from explain import explain
from snapshot import Snapshot, compare


def foreign(*args: object) -> None:
    """Stands for another library's function."""


@contextmanager
def code_exchanged(function: Any) -> Iterator[None]:
    original = function.__code__
    function.__code__ = foreign.__code__
    yield
    function.__code__ = original


class Example:
    """Has something to exchange."""

    @staticmethod
    def method() -> None:
        """Do nothing."""


def attribute(holder: object, name: str, value: object) -> Any:
    return mock.patch.object(holder, name, value, create=True)


PATCHES: dict[str, Callable[[], Any]] = {
    "json:dumps": lambda: attribute(json, "dumps", foreign),
    "json:invented": lambda: attribute(json, "invented", foreign),
    "json:loads": lambda: attribute(json, "loads", json.dumps),
    "json:scanner": lambda: attribute(json, "scanner", None),
    "json.encoder:JSONEncoder.encode": lambda: attribute(json.JSONEncoder, "encode", foreign),
    "json.encoder:JSONEncoder.invented": lambda: attribute(json.JSONEncoder, "invented", foreign),
    "fractions:Fraction": lambda: attribute(fractions, "Fraction", type("Fraction", (), {})),
    "builtins:invented": lambda: mock.patch("builtins.invented", 1, create=True),
    "sys:excepthook": lambda: attribute(sys, "excepthook", foreign),
    "string:capwords": lambda: code_exchanged(string.capwords),
    "sys.modules:invented": lambda: mock.patch.dict(sys.modules, {"invented": ModuleType("other")}),
    "sys.modules:collections": lambda: mock.patch.dict(sys.modules, {"collections": json}),
}


@pytest.mark.parametrize("target", PATCHES)
def test_a_patch_is_not_explained(target: str) -> None:
    """What a foreign write did is a difference at its target, and no rule excuses it."""
    before = Snapshot()
    with PATCHES[target]():
        changes = compare(before, Snapshot())
    found = {change["target"]: explain(change) for change in changes}
    assert target in found
    assert found[target] is None


def test_what_is_put_back_is_no_difference() -> None:
    """The same function in another staticmethod is the same thing."""
    before = Snapshot()
    with attribute(json, "dumps", foreign):
        Example.method = staticmethod(Example.method)  # type: ignore[method-assign]
    assert [change for change in compare(before, Snapshot()) if explain(change) is None] == []
