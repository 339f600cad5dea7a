"""The README's programs and outputs are real."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMAND = Path(sys.executable).parent / "overt"


def block(name: str) -> str:
    """The fenced block behind the comment `<!-- name -->`."""
    found = re.search(rf"<!-- {re.escape(name)} -->\n```\w*\n(.*?)```", README, re.DOTALL)
    assert found, f"README.md has no block {name}"
    return found[1]


def rows(table: str) -> list[str]:
    """The lines that say something, without what differs from run to run: counts, pid, spacing."""
    lines = []
    for line in table.splitlines():
        text = re.sub(r"\bp\d+\b", "pN", line)
        text = re.sub(r"\d+ modules?(, \d+ stale)?", "REACH", text)
        text = re.sub(r"python \d\S+, pid \d+: .*", "PROCESS", text)
        text = re.sub(r"\s+", " ", text).strip()
        # what was called how often, and its own time: where there was a call
        time = r"(-|(<= )?[\d.]+ [num]?s)"
        text = re.sub(rf"(REACH|-)( [a-z]\S*)? (\d+|-) {time} {time} ", r"\1\2 COST ", text)
        if text and text != "..." and not text.startswith("$"):
            lines.append(text)
    return lines


def test_example_prints_what_the_readme_shows(tmp_path: Path) -> None:
    """The small program gives the table that stands below it."""
    (tmp_path / "clock.py").write_text(block("clock.py"), encoding="utf-8")
    ran = subprocess.run(
        [COMMAND, "run", "--", sys.executable, "clock.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    shown = rows(block("clock"))
    assert rows(ran.stderr.replace(str(tmp_path), "/home/you")) == shown


@pytest.mark.skipif(
    find_spec("opentelemetry") is None, reason="the shop's requirements are missing"
)
def test_shop_prints_what_the_readme_shows() -> None:
    """Every line of the shop's table in the README is a line of the shop's table."""
    ran = subprocess.run(
        [
            sys.executable,
            ROOT / "examples/shop/run.py",
            "--redis=off",
            "--requests=60",
            "--prefix",
            f"{COMMAND} run --",
        ],
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    printed = set(rows(ran.stderr))
    shown = rows(block("shop"))
    missing = [line for line in shown if line not in printed and not line.startswith("overt:")]
    assert not missing, f"{missing}\n{ran.stderr}"
    assert len(shown) > 10
