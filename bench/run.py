"""Runs the programs of bench/programs, bare or governed by `overt run`."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

PROGRAMS = Path(__file__).resolve().parent / "programs"
OVERT = Path(sys.executable).parent / "overt"


class Failed(RuntimeError):
    """A program under measurement did not end well: there is no number to print."""


def command(program: str, *words: str) -> list[str]:
    return [sys.executable, str(PROGRAMS / program), *words]


def output(words: list[str], *, governed: bool, environ: Mapping[str, str] | None = None) -> str:
    """Standard output of a program. The hashes of all runs are the same, so their work is."""
    environ = {**os.environ, "PYTHONHASHSEED": "0", **(environ or {})}
    environ.pop("OVERT_RUN", None)
    with tempfile.TemporaryDirectory(prefix="overt-bench-") as directory:
        if governed:
            words = [str(OVERT), "run", "--report", f"{directory}/report.json", "--", *words]
        done = subprocess.run(words, env=environ, capture_output=True, text=True)
    if done.returncode != 0:
        raise Failed(f"{' '.join(words)}: status {done.returncode}\n{done.stderr[-2000:]}")
    return done.stdout


def milliseconds(words: list[str], *, governed: bool) -> float:
    start = time.perf_counter()
    output(words, governed=governed)
    return (time.perf_counter() - start) * 1e3
