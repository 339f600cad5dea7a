"""Every way to start a program: interpreters, scripts, modules, archives, shims."""

from __future__ import annotations

import sys
import zipapp
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Overt

MARK = "import sys, threading; threading.Thread.mark = print\nprint(sys.argv[1:])\n"
ARGUMENTS = ("a b", "é", "", "--", "--report", "-x", "new\nline")


def prepare(overt: Overt) -> None:
    """Write the program in every form that can be started."""
    overt.write("app.py", MARK)
    overt.write("package/__main__.py", MARK)
    overt.write("package/__init__.py", "")
    zipapp.create_archive(overt.cwd / "package", overt.cwd / "app.pyz", f"{sys.executable} -u")
    overt.write("env_script", f"#!/usr/bin/env python\n{MARK}", 0o755)
    overt.write("env_split", f"#!/usr/bin/env -S python -u -X dev\n{MARK}", 0o755)
    overt.write("script", f"#!{sys.executable}\n{MARK}", 0o755)
    overt.write(
        "pip_script", f"#!/bin/sh\n'''exec' {sys.executable} \"$0\" \"$@\"\n' '''\n{MARK}", 0o755
    )
    (overt.cwd / "a dir").mkdir()
    (overt.cwd / "a dir" / "venv").symlink_to(sys.prefix)
    spaced = overt.cwd / "a dir" / "venv" / "bin" / "python"
    overt.write("uv_script", f"#!/bin/sh\n'''exec' '{spaced}' \"$0\" \"$@\"\n' '''\n{MARK}", 0o755)
    overt.write("shim", f'#!/bin/sh\nexec {sys.executable} "$@"\n', 0o755)
    overt.write("shims/python", f'#!/bin/sh\nexec {sys.executable} "$@"\n', 0o755)
    overt.write("start.sh", 'exec python app.py "$@"\n')


STARTS = {
    "python FILE": ("python", "app.py"),
    "an absolute path": (sys.executable, "app.py"),
    "python -m": ("python", "-m", "package"),
    "python DIRECTORY": ("python", "package"),
    "python -c": ("python", "-c", MARK),
    "python ZIPAPP": ("python", "app.pyz"),
    "./ZIPAPP": ("./app.pyz",),
    "#!/usr/bin/env python": ("./env_script",),
    "#!/usr/bin/env -S python -u": ("./env_split",),
    "#!/path/to/python": ("./script",),
    "pip's script with a long path": ("./pip_script",),
    "uv's script with a space in its path": ("./uv_script",),
    "a shell script that becomes python": ("./shim", "app.py"),
    "a pyenv-like shim named python": ("shims/python", "app.py"),
    "sh start.sh": ("sh", "start.sh"),
    "env python": ("env", "SHOP=1", "python", "app.py"),
    "a symlinked virtual environment": ("a dir/venv/bin/python", "app.py"),
    "nice python": ("nice", "-n", "1", "python", "app.py"),
}


@pytest.mark.parametrize("name", STARTS)
def test_every_way_to_start_python_is_governed(overt: Overt, name: str) -> None:
    """The program gets its arguments as they are, and its report has its patch."""
    prepare(overt)
    done = overt.report(*STARTS[name], *ARGUMENTS)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"{list(ARGUMENTS)}\n"
    assert overt.targets() == ["threading:Thread.mark"]
    assert overt.runs() == []


@pytest.mark.parametrize("words", [("python", "-"), ("python",), ("python", "-u", "-")])
def test_a_program_on_stdin_is_governed(overt: Overt, words: tuple[str, ...]) -> None:
    """`python -` reads its program from stdin, every byte of it."""
    done = overt.report(*words, input=MARK)
    assert (done.returncode, done.stdout, done.stderr) == (0, "[]\n", "")
    assert overt.targets() == ["threading:Thread.mark"]


def test_an_interactive_session_is_governed(overt: Overt) -> None:
    """`python -i` goes on as it does alone; what is typed counts, what the prompt does does not."""
    words = ("python", "-i", "-q", "-c", "import threading")
    typed = "threading.Thread.mark = print\n1 + 1\n1 / 0\nraise SystemExit(4)\n"
    plain = overt.plain(*words, input=typed)
    done = overt.report(*words, input=typed)
    assert plain.returncode == done.returncode == 4
    assert (done.stdout, done.stderr) == (plain.stdout, plain.stderr)
    assert overt.targets() == ["threading:Thread.mark"]


def test_arguments_pass_every_byte(overt: Overt) -> None:
    """Arguments that are no UTF-8 reach the program, and its report names them readably."""
    app = overt.write("app.py", "import os, sys\nprint([os.fsencode(a) for a in sys.argv[1:]])")
    done = overt.report("python", app, b"\xff\xfe", "\x1b[31m")
    assert done.stdout == "[b'\\xff\\xfe', b'\\x1b[31m']\n"
    argv = overt.json()["argv"]
    assert argv[:3] == ["python", str(app), argv[2]]
    assert "ff" in argv[2]
    assert "\x1b" not in overt.run("python", app, "\x1b[31m").stderr


def test_a_huge_command_line_passes(overt: Overt) -> None:
    """Fifteen arguments of 100,000 characters: the program starts, and so does its child."""
    app = overt.write(
        "app.py",
        "import subprocess, sys\nprint(sum(map(len, sys.argv[1:])), flush=True)\n"
        "child = [sys.executable, __file__, 'child', *sys.argv[2:]]\n"
        "if sys.argv[1] != 'child': subprocess.run(child)",
    )
    done = overt.report("python", app, *["x" * 100_000] * 15)
    assert done.stdout == "1500000\n1400005\n"
    assert (done.returncode, done.stderr) == (0, "")
    assert len(overt.json()["children"]) == 1
    table = overt.run("python", app, *["x" * 100_000] * 15).stderr
    assert len(table) < 5_000  # a person reads it
    assert "bytes more)" in table


@pytest.mark.parametrize("words", [["-m", "pytest", "--", "--version"], ["-c", "print()", "--"]])
def test_the_programs_own_separator_stays(overt: Overt, words: list[str]) -> None:
    """Without a `--` of its own, `overt run` leaves the program's where it is."""
    app = overt.write("app.py", "import sys; print(sys.argv[1:])")
    done = overt("run", "--report", "r.json", "python", app, *words)
    assert done.stdout == f"{words}\n"


def test_overt_0_runs_the_program_plainly(overt: Overt) -> None:
    """OVERT=0 switches Overt off: nothing is set, watched or written, whatever the interpreter."""
    app = overt.write(
        "app.py", "import os, sys; print('OVERT_RUN' in os.environ, 'overt' in sys.modules)"
    )
    for words in (["python"], ["python", "-I"]):
        done = overt.report(*words, app, env={"OVERT": "0"})
        assert (done.returncode, done.stdout, done.stderr) == (0, "False False\n", "")
    inner = f"overt run -- python {app}"
    assert "True True" in overt.run("sh", "-c", inner).stdout
    assert overt.run("sh", "-c", inner, env={"OVERT": "0"}).stdout == "False False\n"
    below = f"OVERT=0 python {app}"  # of a run that goes on around it
    assert overt.run("sh", "-c", below).stdout == "True False\n"
    assert not (overt.cwd / "r.json").exists()
    assert overt.runs() == []


def test_overt_0_has_one_thread_and_no_socket(overt: Overt) -> None:
    """A process under OVERT=0 has the threads and files that it has without the command."""
    look = "import os\nfor d in ('task', 'fd'): print(len(os.listdir('/proc/self/' + d)))\n"
    app = overt.write("app.py", look)
    bare = overt.plain("python", app).stdout
    assert overt.run("python", app, env={"OVERT": "0"}).stdout == bare
    assert overt.run("python", app).stdout != bare
    assert overt.sockets() == []


def test_an_interpreter_that_is_not_beside_the_command_is_asked(
    overt: Overt, other_python: Path
) -> None:
    """One that has overt is governed; its stdin is the program's alone, its startup runs unseen."""
    overt.write(
        "site/sitecustomize.py", "import sys; print('startup'); print('err', file=sys.stderr)"
    )
    app = overt.write("app.py", MARK + "print(sys.stdin.read())")
    done = overt.report(other_python, app, input="typed", env={"PYTHONPATH": "site"})
    assert (done.returncode, done.stdout, done.stderr) == (0, "startup\n[]\ntyped\n", "err\n")
    assert overt.targets() == ["threading:Thread.mark"]
