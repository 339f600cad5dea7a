"""Sessions: the help, the version, and every way to use the command wrongly."""

from __future__ import annotations

import importlib.metadata
import subprocess
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Overt

MORE = "; `overt --help` says more\n"
WHICH = "overt: run: which command? write it after --, as in `overt run -- python app.py`\n"

# command line: (exit code, standard error); nothing is on standard output
SESSIONS = {
    "": (2, "overt: a verb is missing" + MORE),
    "walk": (2, "overt: walk: there is no such verb" + MORE),
    "\x1b[31m": (2, "overt: \\x1b[31m: there is no such verb" + MORE),
    "run": (2, WHICH),
    "run --": (2, WHICH),
    "run --report r.json": (2, WHICH),
    "run --loudly -- python": (2, "overt: --loudly: `overt run` has no such option\n"),
    "run -x": (2, "overt: -x: `overt run` has no such option\n"),
    "run -- ''": (4, "overt: : there is no such command on PATH\n"),
    "run -- no-such": (4, "overt: no-such: there is no such command on PATH\n"),
    "run no-such": (4, "overt: no-such: there is no such command on PATH\n"),
    "run -- ./no-such": (4, "overt: ./no-such: there is no such file\n"),
    "run -- app.py": (
        4,
        "overt: app.py: there is no such command on PATH; there is a file of that name here: "
        "write ./app.py or python app.py\n",
    ),
    "run -- ./app.py": (
        4,
        "overt: ./app.py: this file is not executable; for a Python program write "
        "python ./app.py\n",
    ),
    "run -- ./data": (
        4,
        "overt: ./data: this file is no program; does its first line start with #! ?\n",
    ),
    "run --report r.xml -- python": (
        2,
        "overt: r.xml: a report's name ends in .json, .txt or .html, or it is a directory\n",
    ),
    "report nothing.journal": (4, "overt: nothing.journal: there is no such journal\n"),
    "report .": (2, "overt: .: this is a directory; which of its .journal files?\n"),
    "report app.py": (
        2,
        "overt: app.py: this is no journal of overt (its first line does not say so)\n",
    ),
    "report /dev/null": (2, "overt: /dev/null: the journal is empty\n"),
    "report -- -x": (4, "overt: -x: there is no such journal\n"),
}


@pytest.mark.parametrize("line", SESSIONS)
def test_a_wrong_use_is_told_in_one_line(overt: Overt, line: str) -> None:
    """Every message names its subject and what to do; nothing else happens."""
    overt.write("app.py", "print('started')\n")
    overt.write("data", "", 0o755)
    words = [word.strip("'") for word in line.split()]
    done = overt(*words)
    status, stderr = SESSIONS[line]
    assert (done.returncode, done.stdout, done.stderr) == (status, "", stderr)
    assert overt.runs() == []


@pytest.mark.parametrize(
    "line",
    ["--loudly", "report", "report a b", "report --json --text a", "run --report", "report --x a"],
)
def test_what_the_parser_finds_is_told_in_one_line(overt: Overt, line: str) -> None:
    """Missing and unknown arguments: the parser's words, our form and exit code."""
    done = overt(*line.split())
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("overt: ")
    assert done.stderr.endswith(MORE)
    assert done.stderr.count("\n") == 1


def test_the_version_is_the_packages(overt: Overt) -> None:
    """`overt --version` prints the version that pip installed, and that alone."""
    done = overt("--version")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == importlib.metadata.version("overt") + "\n"


HELP = {
    "--help": ["overt [OPTIONS]", "  run ", "  report ", "--version"],
    "-h": ["overt [OPTIONS]", "  run ", "  report "],
    "run --help": [
        "Usage: overt run [OPTIONS] -- CMD [ARGUMENT ...]\n",
        "--report",
        "--no-children",
        "--internal",
    ],
    "report --help": ["overt report", "JOURNAL", "--json", "--text", "--internal"],
}


@pytest.mark.parametrize("line", HELP)
def test_the_help_names_everything(overt: Overt, line: str) -> None:
    """Each verb and option is there with a sentence; what is not for people is not."""
    done = overt(*line.split())
    assert (done.returncode, done.stderr) == (0, "")
    for words in HELP[line]:
        assert words in done.stdout
    assert "finish-run" not in done.stdout


def test_help_of_the_program_is_the_programs(overt: Overt) -> None:
    """What stands behind `--`, or behind the program's name, is never read as an option of ours."""
    app = overt.write("app.py", "import sys; print(sys.argv[1:])\n")
    for words in (("run", "--"), ("run",)):
        done = overt(*words, "python", app, "--help", "--report", "x", "--version")
        assert done.stdout == "['--help', '--report', 'x', '--version']\n"


@pytest.mark.parametrize("line", ["--help", "--version", "run --help"])
def test_output_that_cannot_be_written_is_told(overt: Overt, line: str) -> None:
    """A full disk behind standard output is an error like any other."""
    with open("/dev/full", "w") as full:
        done = overt(*line.split(), stdout=full, stderr=subprocess.PIPE)
    assert (done.returncode, done.stderr) == (2, "overt: cannot write to standard output\n")


def test_finish_run_alone_does_nothing(overt: Overt) -> None:
    """The hidden verb, which ends a process that SIGTERM killed, refuses to be used by hand."""
    done = overt("finish-run")
    assert (done.returncode, done.stdout) == (2, "")
    assert "the environment variable OVERT_RUN was not written by `overt run`" in done.stderr
