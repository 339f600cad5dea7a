"""Options of the interpreter, and the user's own startup code, work as they do alone."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Overt

OPTIONS = [
    "-O", "-OO", "-u", "-B", "-b", "-bb", "-q", "-s", "-P", "-d", "-x",
    "-W error", "-Werror", "-X dev", "-Xdev", "-X utf8", "-X faulthandler", "-X tracemalloc=5",
    "-X frozen_modules=off", "-X no_debug_ranges", "-X showrefcount",
    "-X warn_default_encoding -W error", "--check-hash-based-pycs always",
]  # fmt: skip


@pytest.mark.parametrize("options", OPTIONS)
def test_options_of_python_do_what_they_do_alone(overt: Overt, options: str) -> None:
    """The program sees the same flags, prints the same and warns of nothing new."""
    app = overt.write(
        "app.py",
        "import sys; print(sys.flags, sys.warnoptions, __debug__)\n"
        "import sys, threading; threading.Thread.mark = print; print(sys.argv, sys._xoptions)\n",
    )
    plain = overt.plain("python", *options.split(), app, "argument")
    assert plain.returncode == 0
    done = overt.report("python", *options.split(), app, "argument")
    assert (done.returncode, done.stdout) == (0, plain.stdout)
    assert re.sub(r"\d+", "N", done.stderr) == re.sub(r"\d+", "N", plain.stderr)
    assert overt.targets() == ["threading:Thread.mark"]


@pytest.mark.parametrize(
    "variable", ["PYTHONDEVMODE", "PYTHONOPTIMIZE", "PYTHONSAFEPATH", "PYTHONUTF8", "PYTHONINSPECT"]
)
def test_variables_of_python_do_what_they_do_alone(overt: Overt, variable: str) -> None:
    """The same for what the environment tells the interpreter."""
    app = overt.write(
        "app.py", "import sys, threading; threading.Thread.mark = print\nprint(sys.flags)"
    )
    plain = overt.plain("python", app, env={variable: "1"})
    done = overt.report("python", app, env={variable: "1"})
    assert (done.returncode, done.stdout, done.stderr) == (0, plain.stdout, plain.stderr)
    assert overt.targets() == ["threading:Thread.mark"]


def imported(text: str) -> list[str]:
    """Return the modules of `-X importtime`, but our own."""
    names = [line.rpartition("|")[2].strip() for line in text.splitlines() if "|" in line]
    return [name for name in names if name.partition(".")[0] not in ("overt", "atexit")]


def test_importtime_shows_only_overts_own_modules_more(overt: Overt) -> None:
    """Overt imports nothing that a program may be about to import itself."""
    app = overt.write("app.py", "import json")
    plain = overt.plain("python", "-X", "importtime", app)
    done = overt.report("python", "-X", "importtime", app)
    assert done.returncode == 0
    assert sorted(imported(done.stderr)) == sorted(imported(plain.stderr))


def test_a_sitecustomize_of_the_user_runs_and_is_seen(overt: Overt) -> None:
    """It runs as it does alone, after Overt has started, so that its patches are in the report."""
    overt.write(
        "site/sitecustomize.py",
        "import sys, threading; threading.Thread.site = print\nprint('startup', sys.argv)\n",
    )
    done = overt.report("python", "-c", "print('program')", env={"PYTHONPATH": "site"})
    plain = overt.plain("python", "-c", "print('program')", env={"PYTHONPATH": "site"})
    assert (done.returncode, done.stdout, done.stderr) == (0, plain.stdout, "")
    (patch,) = overt.json()["patches"]
    assert patch["target"] == "threading:Thread.site"
    assert patch["owner"]["name"] == "sitecustomize"


def test_a_usercustomize_of_the_user_runs_and_is_seen(overt: Overt, other_python: Path) -> None:
    """The same for usercustomize, in the user's own site directory."""
    base = {"PYTHONUSERBASE": str(overt.cwd / "base")}
    ask = overt.plain(other_python, "-m", "site", "--user-site", env=base)
    user_site = Path(ask.stdout.strip())
    overt.write(
        str(user_site.relative_to(overt.cwd) / "usercustomize.py"),
        "import threading; threading.Thread.user = print\nprint('startup')\n",
    )
    done = overt.report(other_python, "-c", "print('program')", env=base)
    assert (done.returncode, done.stdout, done.stderr) == (0, "startup\nprogram\n", "")
    assert overt.targets() == ["threading:Thread.user"]


def test_a_failing_sitecustomize_fails_as_it_does_alone(overt: Overt) -> None:
    """Its error is Python's to tell, and the report is written nonetheless."""
    overt.write("site/sitecustomize.py", "import threading; threading.Thread.site = print\n1 / 0\n")
    words = ("python", "-c", "print('program')")
    plain = overt.plain(*words, env={"PYTHONPATH": "site"})
    done = overt.report(*words, env={"PYTHONPATH": "site"})
    assert (done.returncode, done.stdout, done.stderr) == (0, plain.stdout, plain.stderr)
    assert overt.targets() == ["threading:Thread.site"]


def test_an_interactive_startup_file_is_read(overt: Overt) -> None:
    """PYTHONSTARTUP is the user's too."""
    startup = overt.write("startup.py", "import threading; threading.Thread.startup = print\n")
    done = overt.report("python", "-i", "-q", input="", env={"PYTHONSTARTUP": str(startup)})
    assert done.returncode == 0
    assert overt.targets() == ["threading:Thread.startup"]
