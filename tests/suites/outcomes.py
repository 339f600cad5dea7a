"""One run of a suite, and how each of its tests ended."""

from __future__ import annotations

import os
import subprocess
import tempfile
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from pathlib import Path

from environment import Place
from table import Suite

LIMIT = 3600  # seconds
_SEVERITY = ("passed", "skipped", "failed", "error")


@dataclass(frozen=True)
class Ended:
    """How a test ended, and what it said."""

    outcome: str
    text: str = ""
    leak: bool = False  # it failed for what it left behind, and for nothing else


@dataclass(frozen=True)
class Run:
    """All tests of a run."""

    tests: dict[str, Ended]
    seconds: float  # of processor time, of the run and its children
    output: str


def run(place: Place, suite: Suite, way: str) -> Run:
    """Run the suite: `way` is plain, run (under `overt run`) or error (with --overt=error)."""
    bin_ = place.python.parent
    # Processes that a suite left behind may still write.
    with tempfile.TemporaryDirectory("", "overt-suite-", ignore_cleanup_errors=True) as directory:
        log = Path(directory, "log.xml")
        plugin = ["--overt=error"] if way == "error" else ["-p", "no:overt"]
        words = [place.python, "-m", "pytest", "-q", "-p", "no:cacheprovider", *plugin]
        words += [f"--junitxml={log}", *suite.arguments, *suite.tests]
        if way == "run":
            words[:0] = [bin_ / "overt", "run", "--report", Path(directory, "report.json"), "--"]
        home, files = Path(directory, "home"), Path(directory, "files")
        home.mkdir()
        files.mkdir()
        environ = {key: value for key, value in os.environ.items() if not key.startswith("OVERT_")}
        environ |= {"PATH": f"{bin_}:{environ['PATH']}", "HOME": str(home)}
        environ |= {"TMPDIR": str(files), **suite.environ}
        before = os.times()
        ended = subprocess.run(
            ["timeout", str(LIMIT), *words],
            cwd=place.sources / suite.folder,
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
        after = os.times()
        tests = read(log) if log.exists() else {}
        return Run(tests, sum(after[2:4]) - sum(before[2:4]), ended.stdout)


def read(log: Path) -> dict[str, Ended]:
    """The tests of a JUnit file; the worst of what happened to each."""
    found: dict[str, Ended] = {}
    for case in ET.parse(log).iter("testcase"):
        name = f"{case.get('classname')}::{case.get('name')}"
        ended = Ended("passed")
        for part in case:
            outcome = {"failure": "failed", "error": "error", "skipped": "skipped"}.get(part.tag)
            if outcome:
                text = part.text or part.get("message") or ""
                leak = outcome == "error" and "it did not start with" in text
                ended = Ended(outcome, text, leak)
        known = found.get(name)
        if known is None or _SEVERITY.index(ended.outcome) > _SEVERITY.index(known.outcome):
            found[name] = ended
    return found
