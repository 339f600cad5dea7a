"""Runs pytest with the plugin in a directory of a test's own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent

SHOP = """
class Base:
    def whole(self):
        return "whole"

class Cart(Base):
    rate = 1
    def total(self):
        return "total"
    @staticmethod
    def tax():
        return "tax"
    @classmethod
    def make(cls):
        return cls()

def now():
    return "now"

def later(when=1):
    return when

class Names(list):
    pass

handlers = Names()
hooks = [print, max]
"""


@dataclass
class Ran:
    """How a run of pytest ended."""

    code: int
    text: str

    @property
    def failed(self) -> list[str]:
        """Names of the tests whose teardown failed, in order."""
        return re.findall(r"^ERROR \S+?::(\S+)", self.text, re.MULTILINE)

    @property
    def summary(self) -> str:
        """The last line, without the time."""
        last = self.text.rstrip().splitlines()[-1].strip("= ")
        return re.sub(r" in [\d.]+s.*", "", last)

    def leaks(self) -> list[str]:
        """Targets that were told, in order."""
        return re.findall(r"^(?:  )?(\S+:\S+)  (?:is|was|has) ", self.text, re.MULTILINE)


# What changes how pytest itself prints: its reports are read here.
PRINTING = {"CI", "BUILD_NUMBER", "PYTEST_ADDOPTS", "PY_COLORS", "FORCE_COLOR", "COLUMNS"}


def run(where: Path, source: str, *words: str, more: dict[str, str] | None = None) -> Ran:
    """Write test_it.py and what it needs, and run pytest there."""
    files = {"shop.py": SHOP, "test_it.py": "import shop\n" + dedent(source)} | (more or {})
    for name, text in files.items():
        (where / name).parent.mkdir(parents=True, exist_ok=True)
        (where / name).write_text(dedent(text))
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "--disable-plugin-autoload", "-p", "overt._pytest"),
            *("-p", "no:cacheprovider", "-rE", "-q", "--rootdir=.", "-W", "error"),
            *words,
        ],
        cwd=where,
        env={name: value for name, value in os.environ.items() if name not in PRINTING},
        capture_output=True,
        text=True,
        timeout=120,
    )
    return Ran(done.returncode, done.stdout + done.stderr)
