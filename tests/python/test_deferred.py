"""Patches of what is not imported yet."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import pytest

import overt


@pytest.fixture
def later(tmp_path: Path, monkeypatch):
    """A package that can be imported and is not."""
    (tmp_path / "later").mkdir()
    (tmp_path / "later" / "__init__.py").write_text("def early(): return 'old'\nSEEN = early()\n")
    (tmp_path / "later" / "part.py").write_text(
        "class Client:\n    def send(self, what): return 'old ' + what\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    yield
    overt.reset()
    for name in ("later.part", "later"):
        sys.modules.pop(name, None)


def advice(original, *args, **kwargs):
    return "new " + original(*args, **kwargs)


def test_patch_waits_for_its_module(later) -> None:
    """It is made when the module's body has run, before anybody can use the module."""
    handle = overt.around("later.part:Client.send", advice).install()
    assert handle.state == "pending"
    import later as package

    assert handle.state == "pending"
    from later.part import Client

    assert handle.state == "on"
    assert Client().send("x") == "new old x"
    handle.remove()
    assert Client().send("x") == "old x"
    assert package.SEEN == "old"


def test_body_of_the_module_runs_unpatched(later) -> None:
    """What the body calls is the original."""
    with overt.around("later:early", advice):
        import later as package

        assert (package.SEEN, package.early()) == ("old", "new old")


def test_pending_patch_can_be_cancelled(later) -> None:
    """Removed before the import: nothing is patched, and the handle is idle."""
    handle = overt.around("later:early", advice).install()
    assert [other.state for other in overt.handles()] == ["pending"]
    handle.remove()
    assert handle.state == "idle"
    import later as package

    assert package.early() == "old"


def test_patch_that_cannot_be_made_does_not_break_the_import(later, monkeypatch) -> None:
    """The reason is reported as unraisable; the program goes on."""
    told = []
    monkeypatch.setattr(sys, "unraisablehook", lambda report: told.append(str(report.exc_value)))
    overt.around("later:nothing", advice).install()
    good = overt.around("later:early", advice).install()
    import later as package

    assert package.early() == "new old"
    assert good.state == "on"
    assert ["there is no 'nothing'" in text for text in told] == [True]


def test_import_that_fails_is_waited_for_again(later, tmp_path) -> None:
    """A module whose body raises is none; the next attempt counts."""
    broken = tmp_path / "later" / "broken.py"
    broken.write_text("raise ValueError('in the body')\n")
    handle = overt.around("later.broken:f", advice).install()
    with pytest.raises(ValueError, match="in the body"):
        importlib.import_module("later.broken")
    assert handle.state == "pending"
    broken.write_text("def f(): return 'old and longer'\n")
    import later.broken as mended

    assert handle.state == "on"
    assert mended.f() == "new old and longer"
    sys.modules.pop("later.broken")


def test_spec_of_the_module_is_as_without_a_patch(later) -> None:
    """What tells that the import has finished leaves the spec what it was."""
    import json.tool as other

    overt.around("later:early", advice).install()
    import later as package

    assert package.__spec__ is not None
    assert package.__spec__._initializing is False  # type: ignore[attr-defined]
    assert vars(package.__spec__).keys() == vars(other.__spec__).keys()
    assert package.__spec__.name == "later"
    package.__spec__.extra = 1  # type: ignore[attr-defined]
    assert vars(package.__spec__)["extra"] == 1
