"""Interpreters that are not the one beside the command."""

from __future__ import annotations

import sysconfig
import venv
from pathlib import Path

import pytest


def make_python(directory: Path, *, system_site_packages: bool = False) -> Path:
    """Make a virtual environment without pip; return its python."""
    venv.create(directory, symlinks=True, system_site_packages=system_site_packages)
    return directory / "bin" / "python"


@pytest.fixture(scope="session")
def bare_python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a python that has no overt."""
    return make_python(tmp_path_factory.mktemp("bare"))


@pytest.fixture(scope="session")
def other_python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a python that has overt, but no command beside it, and the user's own packages."""
    python = make_python(tmp_path_factory.mktemp("other"), system_site_packages=True)
    (site,) = python.parent.parent.glob("lib/python*/site-packages")
    installed = Path(sysconfig.get_path("platlib"))
    for name in ("overt", "overt.pth"):
        (site / name).symlink_to(installed / name)
    return python
