"""What the tests of the command line and of whole processes share.

`overt` is the installed command, the one beside the interpreter that runs the tests. Its programs
run in a directory of the test's own, with an environment that has nothing of this machine's habits.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import sysconfig
import tempfile
import time
import venv
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

BESIDE_PYTHON = Path(sys.executable).parent
PATIENCE = 60.0  # seconds; only a hang takes that long

type Word = str | bytes | Path


# What a program needs to load an extension that was built with sanitizers: `make sanitize`.
SANITIZERS = ("LD_PRELOAD", "PYTHONMALLOC", "ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS")


class Overt:
    """Runs programs under `overt`, and as they are."""

    def __init__(self, home: Path, runtime: Path, short: str) -> None:
        self.command = BESIDE_PYTHON / "overt"
        self.cwd = home
        self.runtime = runtime
        self.environment = {
            "PATH": f"{BESIDE_PYTHON}:{os.environ.get('PATH', os.defpath)}",
            "HOME": str(home),
            "TMPDIR": short,
            "LANG": "C.UTF-8",
            "OVERT_RUNTIME_DIR": str(runtime),
            "PYTHONDONTWRITEBYTECODE": "1",
            **{name: os.environ[name] for name in SANITIZERS if name in os.environ},
        }
        self.started: list[subprocess.Popen[str]] = []

    def __call__(self, *words: Word, **options: Any) -> subprocess.CompletedProcess[str]:
        """`overt WORDS`."""
        return self.plain(self.command, *words, **options)

    def run(self, *words: Word, **options: Any) -> subprocess.CompletedProcess[str]:
        """`overt run -- WORDS`: the table goes to standard error."""
        return self("run", "--", *words, **options)

    def report(
        self, *words: Word, to: str = "r.json", **options: Any
    ) -> subprocess.CompletedProcess[str]:
        """`overt run --report TO -- WORDS`."""
        return self("run", "--report", to, "--", *words, **options)

    def plain(
        self, *words: Word, env: Mapping[str, str] | None = None, **options: Any
    ) -> subprocess.CompletedProcess[str]:
        """WORDS, without Overt."""
        options = {"cwd": self.cwd, "capture_output": True, "timeout": PATIENCE} | options
        options.setdefault("text", True)
        if "stdout" in options or "stderr" in options:
            options.pop("capture_output")
        if "input" not in options:
            options.setdefault("stdin", subprocess.DEVNULL)
        return subprocess.run(words, env=self.environment | dict(env or {}), **options)

    def start(
        self, *words: Word, env: Mapping[str, str] | None = None, **options: Any
    ) -> subprocess.Popen[str]:
        """`overt WORDS`, still running; ended with the test."""
        options = {"stdout": subprocess.PIPE, "stdin": subprocess.DEVNULL} | options
        process: subprocess.Popen[str] = subprocess.Popen(
            (self.command, *words),
            env=self.environment | dict(env or {}),
            cwd=self.cwd,
            text=True,
            **options,
        )
        self.started.append(process)
        return process

    def write(self, name: str, source: str, mode: int = 0o644) -> Path:
        """Write a file of the program's."""
        path = self.cwd / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(source)
        path.chmod(mode)
        return path

    def json(self, name: str | Path = "r.json") -> dict[str, Any]:
        """Read a report."""
        found: dict[str, Any] = json.loads((self.cwd / name).read_text())
        return found

    def targets(self, name: str | Path = "r.json") -> list[str]:
        """Return the targets of a report's patches, in order."""
        return [patch["target"] for patch in self.json(name)["patches"]]

    def runs(self) -> list[str]:
        """Return what is left of private directories of runs."""
        return sorted(path.name for path in self.runtime.glob("overt/run-*"))

    def sockets(self) -> list[str]:
        """Return the control sockets that are there, stale ones too."""
        return sorted(path.name for path in self.runtime.glob("overt/*.sock"))


@pytest.fixture
def overt(tmp_path: Path) -> Iterator[Overt]:
    """Return the installed command, with a directory for the program and one for its own files."""
    home = tmp_path / "home"
    runtime = tmp_path / "runtime"
    home.mkdir()
    runtime.mkdir(mode=0o700)
    # multiprocessing makes sockets there, whose paths must not be longer than 107 bytes.
    with tempfile.TemporaryDirectory(prefix="overt-", ignore_cleanup_errors=True) as short:
        command = Overt(home, runtime, short)
        assert command.command.is_file(), f"overt is not installed beside {sys.executable}"
        yield command
    for process in command.started:
        process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout, process.stderr):
            if stream is not None:
                stream.close()


@pytest.fixture
def wait_for() -> Callable[..., Any]:
    """Return a function that asks until the answer is true, and returns it."""

    def wait[T](question: Callable[[], T], what: str = "it") -> T:
        end = time.monotonic() + PATIENCE
        while not (answer := question()):
            assert time.monotonic() < end, f"{what} did not happen in {PATIENCE:.0f} s"
            time.sleep(0.01)
        return answer

    return wait


@pytest.fixture
def masked() -> Callable[[str], str]:
    """Return a function that hides in a table what differs from run to run."""

    def mask(text: str) -> str:
        return re.sub(r"pid \d+", "pid N", re.sub(r"python 3\.\d+\.\d+\S*", "python 3.X", text))

    return mask


def patches(*names: str) -> str:
    """Return a program that adds methods to threading.Thread: the patches threading:Thread.NAME."""
    return "\n".join(["import threading", *(f"threading.Thread.{n} = print" for n in names)]) + "\n"


@pytest.fixture(name="patches")
def patches_fixture() -> Callable[..., str]:
    """Return the function that writes programs which patch."""
    return patches


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
