"""Runs pytest with the plugin in a directory of a test's own."""

from __future__ import annotations

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
        capture_output=True,
        text=True,
        timeout=120,
    )
    return Ran(done.returncode, done.stdout + done.stderr)
