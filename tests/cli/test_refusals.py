"""Sessions of `overt run` that must not start: one clear line, and the program has done nothing."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Overt

PROGRAM = "open('started', 'w').close()\n"


def refused(overt: Overt, *words: str | Path, **options: str) -> tuple[int, str]:
    """Run what must be refused; return the exit code and the one line."""
    overt.write("app.py", PROGRAM)
    done = overt.report(*words, **options)
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert not (overt.cwd / "started").exists()
    assert not (overt.cwd / "r.json").exists()
    assert overt.runs() == []
    return done.returncode, done.stderr


ISOLATED = [
    ("-I", "environment", "-I"),
    ("-E", "environment", "-E"),
    ("-S", "site directories", "-S"),
    ("-u -I", "environment", "-I"),
    ("-uIB", "environment", "-I"),
    ("-X dev -W ignore -E", "environment", "-E"),
    ("-Xdev -Wignore -S", "site directories", "-S"),
    ("--check-hash-based-pycs always -I", "environment", "-I"),
]


@pytest.mark.parametrize(("options", "what", "option"), ISOLATED)
def test_an_isolated_interpreter_is_refused(
    overt: Overt, options: str, what: str, option: str
) -> None:
    """-I, -E and -S keep Python from starting Overt, wherever they stand before the program."""
    python = Path(sys.executable).parent / "python"
    assert refused(overt, "python", *options.split(), "app.py") == (
        2,
        f"overt: {python}: python is told to ignore its {what}, and overt starts through it; "
        f"leave out {option}\n",
    )


@pytest.mark.parametrize(
    "words",
    [("-c", "pass", "-I"), ("app.py", "-E"), ("-m", "app", "-S"), ("-Wignore", "app.py", "-I")],
)
def test_the_programs_own_options_are_not_the_interpreters(
    overt: Overt, words: tuple[str, ...]
) -> None:
    """-I behind the program is the program's affair."""
    overt.write("app.py", "")
    assert overt.report("python", *words).returncode == 0


def test_a_script_with_an_isolated_interpreter_is_refused(overt: Overt) -> None:
    """The options of a #! line count too."""
    overt.write("script", f"#!/usr/bin/env -S python -I\n{PROGRAM}", 0o755)
    status, line = refused(overt, "./script")
    assert (status, line.split(": ")[1]) == (2, "./script")
    assert line.endswith("leave out -I\n")


def test_an_interpreter_without_overt_is_refused(overt: Overt, bare_python: Path) -> None:
    """The line says how to install it there, or which python to use."""
    line = (
        f"overt: {bare_python}: overt is not installed for this interpreter; run "
        f"`{bare_python} -m pip install overt`, or start your program with the python beside "
        f"{os.path.realpath(overt.command)}\n"
    )
    assert refused(overt, bare_python, "app.py") == (4, line)
    overt.write("script", f"#!{bare_python}\n{PROGRAM}", 0o755)
    assert refused(overt, "./script") == (4, line)
    (overt.cwd / "snake").symlink_to(bare_python)
    assert refused(overt, "./snake", "app.py")[0] == 4


SAYS = "#!/bin/sh\necho\necho 'overt: {}'\n"
VERSIONS = {
    "3 11 cpython False": "this is cpython 3.11; overt supports CPython 3.12 and newer",
    "2 7 cpython False": "this is cpython 2.7; overt supports CPython 3.12 and newer",
    "3 13 pypy False": "this is pypy 3.13; overt supports CPython 3.12 and newer",
    "nonsense": "this interpreter does not start",
}


@pytest.mark.parametrize("answer", VERSIONS)
def test_an_unsupported_interpreter_is_refused(overt: Overt, answer: str) -> None:
    """The line says what it is and what is supported."""
    overt.write("bin/python3", SAYS.format(answer), 0o755)
    assert refused(overt, "bin/python3", "app.py") == (
        4,
        f"overt: bin/python3: {VERSIONS[answer]}\n",
    )


def test_an_interpreter_that_fails_is_refused(overt: Overt) -> None:
    """A python that cannot even start is told as such, without its own noise."""
    overt.write("bin/python3", "#!/bin/sh\necho broken >&2\nexit 1\n", 0o755)
    status, line = refused(overt, "bin/python3", "app.py")
    assert (status, line) == (4, "overt: bin/python3: this interpreter does not start\n")


def test_a_report_that_cannot_be_written_is_refused(overt: Overt) -> None:
    """A missing directory, one that takes no files, and one that cannot be made."""
    for to, where in (
        ("missing/r.json", overt.cwd / "missing"),
        ("/proc/r.json", "/proc"),
        ("/proc/reports/", "/proc/reports"),
        ("app.py/r.txt", overt.cwd / "app.py"),
        ("app.py/", overt.cwd / "app.py"),
    ):
        status, line = refused(overt, "python", "app.py", to=to)
        assert status == 2
        assert line.startswith(f"overt: {where}: cannot ")


def test_a_report_below_a_directory_that_is_gone_is_refused(overt: Overt) -> None:
    """A relative path means nothing there; an absolute one works."""
    script = (
        "mkdir gone; cd gone; rmdir ../gone; exec overt run --report {} -- python -c 'print(1)'"
    )
    done = overt.plain("sh", "-c", script.format("r.json"))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == ("overt: r.json: the current directory is gone; write an absolute path\n")
    done = overt.plain("sh", "-c", script.format(overt.cwd / "r.json"))
    assert (done.returncode, done.stdout, done.stderr) == (0, "1\n", "")


def test_a_report_path_that_is_not_utf_8_is_refused(overt: Overt) -> None:
    """OVERT_RUN could not carry it, and the report would go elsewhere."""
    overt.write("app.py", PROGRAM)
    done = overt("run", "--report", b"\xff.json", "--", "python", "app.py")
    assert done.returncode == 2
    assert (
        done.stderr
        == f"overt: {overt.cwd}/\\xff.json: overt cannot use this path: it is not UTF-8\n"
    )
    assert not (overt.cwd / "started").exists()
    assert overt.runs() == []


def test_a_runtime_directory_of_others_is_refused(overt: Overt) -> None:
    """Journals tell what a program does: they go into a directory that nobody else can read."""
    directory = overt.runtime / "overt"
    directory.mkdir(mode=0o755)
    status, line = refused_there(overt)
    assert (status, line) == (
        2,
        f"overt: {directory}: this is not a directory of yours alone (mode 0700); "
        "set OVERT_RUNTIME_DIR\n",
    )
    directory.rmdir()
    directory.symlink_to(overt.cwd)
    assert refused_there(overt)[0] == 2


def refused_there(overt: Overt) -> tuple[int, str]:
    """Run a program whose private directory cannot be made."""
    app = overt.write("app.py", PROGRAM)
    done = overt.run("python", app)
    assert not (overt.cwd / "started").exists()
    return done.returncode, done.stderr


def test_a_private_directory_is_private(overt: Overt) -> None:
    """The directory is 0700 and a journal and a socket are 0600, whatever the umask."""
    app = overt.write(
        "app.py",
        "import os, pathlib\n"
        "for path in sorted(pathlib.Path(os.environ['OVERT_RUNTIME_DIR']).rglob('*')):\n"
        "    print(oct(path.stat().st_mode & 0o777), path.suffix)\n",
    )
    done = overt.plain("sh", "-c", f"umask 0; exec overt run --report r.json -- python {app}")
    assert done.stdout == "0o700 \n0o600 .sock\n0o700 \n0o600 .journal\n"
