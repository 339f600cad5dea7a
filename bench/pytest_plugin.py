"""What `--overt=error` adds to a suite: python bench/pytest_plugin.py [tests] [pairs]

Runs a suite with and without it, in turns, so that both halves of a pair meet the same machine, and
prints the median of the ratios of their CPU times. A third of the tests patch something, with
mock, with monkeypatch or both; all do some work, as tests do. Where valgrind is there, it counts
the instructions of short runs too: what the start costs, and each test.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import callgrind
import machine

MODULE = """
import json, logging, pytest
from unittest import mock

@pytest.fixture(scope="module")
def table(): return [dict(id=i, name=str(i)) for i in range(50)]

class Cart:
    limit = 10
    def __init__(self): self.items = []
    def add(self, item): self.items.append(item); return self
    def total(self): return len(self.items)

@pytest.mark.parametrize("n", range({n}))
class TestCart:
    def test_plain(self, n, table):
        cart = Cart()
        for row in table: cart.add(row)
        assert json.loads(json.dumps(cart.items)) == table
    def test_more(self, n, tmp_path):
        (tmp_path / "a.txt").write_text(str(n))
        assert sorted(str(i) for i in range(n % 50)) is not None
    def test_patched(self, n, monkeypatch):
        monkeypatch.setattr("json.dumps", lambda *a: "x")
        with mock.patch.object(logging.Logger, "info") as info:
            logging.getLogger("a").info("x")
        assert info.called and json.dumps(1) == "x"
"""


def pytest(where: Path, *words: str) -> list[str]:
    """The command."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    command += ["--disable-plugin-autoload", "-p", "overt._pytest"]
    # Its cleaning up of directories of earlier runs would be counted, too.
    command += [f"--basetemp={where}/temp"]
    return [*command, "-c", os.devnull, "--rootdir", str(where), *words, str(where)]


def write(where: Path, tests: int, modules: int) -> None:
    """A suite."""
    for i in range(modules):
        (where / f"test_{i}.py").write_text(MODULE.replace("{n}", str(tests // modules // 3)))


def instructions(tests: int, *words: str) -> int:
    """Of a whole run."""
    with tempfile.TemporaryDirectory() as directory:
        write(Path(directory), tests, 1)
        command = pytest(Path(directory), *words)
        # A collection more or less would weigh as much as a hundred tests.
        command[1:3] = ["-c", "import gc, pytest, sys; gc.disable(); sys.exit(pytest.main())"]
        return sum(callgrind.parts(command, governed=False, environ={"PYTHONHASHSEED": "1"}))


def count(few: int = 6, many: int = 186) -> None:
    """Print what the start costs and what a test does."""
    bare, watched = (
        [instructions(tests, *words) for tests in (few, many)] for words in ((), ("--overt=error",))
    )
    per_test = [(run[1] - run[0]) / (many - few) for run in (bare, watched)]
    print(f"start: {(watched[0] - bare[0]) / 1e6:.0f} million instructions more")
    print(f"a test: {per_test[0] / 1e3:.0f} k instructions, x {per_test[1] / per_test[0]:.3f}")


def seconds(where: Path, *words: str) -> float:
    """CPU time of one run, of the process and what it started."""
    before = os.times()
    subprocess.run(pytest(where, *words), check=True, stdout=subprocess.DEVNULL)
    after = os.times()
    return sum(after[2:4]) - sum(before[2:4])


def main(tests: int = 3000, pairs: int = 11) -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as directory:
        where = Path(directory)
        write(where, tests, 10)
        ratios, plain = [], []
        for pair in range(pairs):
            words: list[tuple[str, ...]] = [(), ("--overt=error",)]
            times = [seconds(where, *each) for each in (words if pair % 2 else words[::-1])]
            bare, watched = times if pair % 2 else times[::-1]
            plain.append(bare)
            ratios.append(watched / bare)
    low, high = min(ratios), max(ratios)
    print(", ".join(machine.describe().values()))
    print(f"{tests} tests, {pairs} pairs; {statistics.median(plain):.2f} s without")
    print(f"--overt=error: x {statistics.median(ratios):.3f} (median; {low:.3f} to {high:.3f})")
    if callgrind.available():
        count()


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
