"""Where a suite runs: a virtual environment of its own, and the library's sources."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
from dataclasses import dataclass
from pathlib import Path

from table import Suite

PYTEST = "pytest==9.2.0"


class Missing(RuntimeError):
    """Something cannot be had here."""


@dataclass(frozen=True)
class Place:
    """An environment that is ready."""

    python: Path
    sources: Path  # the source distribution, unpacked anew


def make(suite: Suite, home: Path) -> Place:
    """Make it, or what of it is not there yet; Overt is installed anew."""
    where = (home / suite.name).resolve()
    python = where / "venv/bin/python"
    done = where / "done"
    wanted = "\n".join([sys.version, suite.requirement, *suite.needs])
    if not done.exists() or done.read_text() != wanted:
        shutil.rmtree(where, ignore_errors=True)
        subprocess.run([sys.executable, "-m", "venv", where / "venv"], check=True)
        has_pytest = any(need.startswith("pytest=") for need in [suite.requirement, *suite.needs])
        _pip(python, "install", suite.requirement, *suite.needs, *([] if has_pytest else [PYTEST]))
        _pip(
            python, "download", "--no-deps", "--no-binary", ":all:", "-d", where, suite.requirement
        )
        done.write_text(wanted)
    wheel = os.environ["OVERT_WHEEL"]
    _pip(python, "install", "--no-deps", "--force-reinstall", wheel)
    sources = where / "sources"
    shutil.rmtree(sources, ignore_errors=True)
    with tarfile.open(next(where.glob("*.tar.gz"))) as archive:
        archive.extractall(sources, filter="tar")
    # A library without a configuration of its own would get the one of the next folder above: ours.
    (sources / "pytest.ini").touch()
    return Place(python, next(path for path in sources.iterdir() if path.is_dir()))


def _pip(python: Path, *words: str | Path) -> None:
    pip = [python, "-m", "pip", "--disable-pip-version-check", "-q"]
    ended = subprocess.run([*pip, *words], capture_output=True, text=True)
    if ended.returncode != 0:
        raise Missing(f"pip {' '.join(map(str, words))}\n{ended.stdout}{ended.stderr}")
