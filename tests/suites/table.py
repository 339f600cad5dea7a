"""The table of suites: suites.toml."""

from __future__ import annotations

import fnmatch
import tomllib
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Suite:
    """One line of the table."""

    name: str
    version: str
    needs: list[str] = field(default_factory=list)  # distributions, beside the library and pytest
    tests: list[str] = field(default_factory=lambda: ["tests"])  # files and folders of the sdist
    folder: str = "."  # to run them in
    arguments: list[str] = field(default_factory=list)  # to pytest
    environ: dict[str, str] = field(default_factory=dict)
    flaky: dict[str, str] = field(default_factory=dict)  # globs of tests: why they are not compared
    leaks: dict[str, str] = field(default_factory=dict)  # globs of tests: what they leave behind

    @property
    def requirement(self) -> str:
        """What pip calls it."""
        return f"{self.name}=={self.version}"


def read() -> list[Suite]:
    """All suites."""
    text = Path(__file__).with_name("suites.toml").read_text()
    return [Suite(name, **fields) for name, fields in tomllib.loads(text).items()]


def fits(test: str, globs: dict[str, str]) -> str | None:
    """The first glob that fits."""
    return next((glob for glob in globs if fnmatch.fnmatchcase(test, glob)), None)
