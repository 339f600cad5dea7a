"""SIGTERM ends a program at once, as it would alone, and its report is written all the same."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from conftest import Overt

# What the program is doing when the signal comes, the GIL held or not.
BUSY = {
    "sleeping": "time.sleep(60)",
    "computing": "while True: pass",
    "waiting for a lock": "threading.Lock().acquire() and threading.Barrier(2).wait()",
    "in C code that holds the GIL": "ctypes.PyDLL(None).sleep(60)",
    "in a regular expression that takes for ever": "re.match(r'(a+)+$', 'a' * 40 + 'b')",
    "in threads": "[threading.Thread(target=time.sleep, args=(60,)).start() for _ in range(8)]",
    "collecting a child": "os.waitpid(os.fork() or os.execlp('sleep', 'sleep', '3'), 0)",
}


def started(overt: Overt, body: str, *options: str) -> subprocess.Popen[str]:
    """Start a program that patches, says so, and then does `body`."""
    app = overt.write(
        "app.py",
        "import ctypes, os, re, signal, sys, threading, time\nthreading.Thread.mark = print\n"
        f"def main():\n    print('ready', flush=True)\n    {body}\nmain()\n",
    )
    process = overt.start("run", *(options or ("--report", "r.json")), "--", "python", app)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def is_busy(pid: int) -> bool:
    """Say whether a process sleeps in the kernel, or has computed for a tenth of a second."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return fields[0] == "S" or int(fields[11]) >= os.sysconf("SC_CLK_TCK") / 10


@pytest.mark.parametrize("name", BUSY)
def test_sigterm_ends_the_program_at_once(
    overt: Overt, wait_for: Callable[..., Any], name: str
) -> None:
    """The program dies of the signal, whether Python code could run or not; the report is whole."""
    process = started(overt, BUSY[name])
    wait_for(lambda: is_busy(process.pid))
    begin = time.monotonic()
    process.terminate()
    assert process.wait(30) == -signal.SIGTERM
    assert time.monotonic() - begin < 5
    assert overt.targets() == ["threading:Thread.mark"]
    assert overt.runs() == []


def test_sigterm_prints_the_table_too(overt: Overt, masked: Callable[[str], str]) -> None:
    """Without --report, the table is on stderr before the process is gone, as at a normal end."""
    app = overt.write("app.py", "import os, threading\nthreading.Thread.mark = print\n")
    at_its_end = overt.run("python", app).stderr
    app.write_text(app.read_text() + "os.kill(os.getpid(), 15)")
    after_sigterm = overt.run("python", app).stderr
    assert "threading:Thread.mark" in after_sigterm
    # Who else refers to the target can be told by the living process only.
    assert masked(after_sigterm).splitlines()[:2] == masked(at_its_end).splitlines()[:2]


def test_python_is_not_told_of_the_handler(overt: Overt) -> None:
    """signal.getsignal(SIGTERM) is SIG_DFL, and setting what it returned changes nothing."""
    app = overt.write(
        "app.py",
        "import signal\nprint(signal.getsignal(signal.SIGTERM) is signal.SIG_DFL)\n"
        "print(signal.signal(signal.SIGTERM, print) is signal.SIG_DFL)\n",
    )
    assert overt.report("python", app).stdout == "True\nTrue\n"


def test_sigterm_ignored_from_outside_stays_ignored(overt: Overt) -> None:
    """A program started with SIGTERM ignored, as by nohup's kin, survives it."""
    app = overt.write(
        "app.py", "import os, signal\nos.kill(os.getpid(), signal.SIGTERM)\nprint('alive')"
    )
    done = overt.plain("sh", "-c", "trap '' TERM; exec overt run --report r.json -- python app.py")
    assert (done.returncode, done.stdout) == (0, "alive\n")
    assert app.exists()
    assert overt.json()["patches"] == []


def test_children_that_still_run_are_reported_as_such(
    overt: Overt, wait_for: Callable[..., Any]
) -> None:
    """The root's report does not wait for its children; their own report comes at their end."""
    process = started(
        overt,
        "r, w = os.pipe(); pid = os.fork()\n"
        "    if pid: print(pid, flush=True); time.sleep(60)\n"
        "    os.close(w); threading.Thread.child = print; os.read(0, 1)",
        *("--report", "r.json"),
    )
    assert process.stdout is not None
    child = int(process.stdout.readline())
    (run,) = overt.runs()
    journal = overt.runtime / "overt" / run / f"{child}.journal"
    wait_for(journal.exists, "the journal of the child")
    process.terminate()
    assert process.wait(30) == -signal.SIGTERM
    (line,) = overt.json()["children"]
    assert line["pid"] == child
    own = overt.cwd / f"r.{child}.json"
    wait_for(own.exists, "the report of the child")
    assert overt.targets(own) == ["threading:Thread.mark", "threading:Thread.child"]


FORKS = {
    "os.fork": "os.fork()",
    "fork(2) in C, without Python's hooks": "ctypes.PyDLL(None).fork()",
}


@pytest.mark.parametrize("name", FORKS)
def test_sigterm_of_a_child_is_the_childs(overt: Overt, name: str) -> None:
    """A forked child dies of SIGTERM at once and alone: the root lives on and reports."""
    app = overt.write(
        "app.py",
        "import ctypes, os, signal, threading, time\nthreading.Thread.before = print\n"
        f"pid = {FORKS[name]}\n"
        "if not pid: time.sleep(60)\n"
        "os.kill(pid, signal.SIGTERM)\n"
        "print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))\n"
        "threading.Thread.after = print\n",
    )
    done = overt.run("python", app)
    assert done.stdout == f"{-signal.SIGTERM}\n"
    assert done.stderr.count("threading:Thread.before") == 1
    assert done.stderr.count("threading:Thread.after") == 1
    assert overt.runs() == []


@pytest.mark.parametrize("end", ["os._exit(3)", "os.kill(os.getpid(), signal.SIGKILL)"])
def test_the_journal_outlives_a_killed_program(overt: Overt, end: str) -> None:
    """With --report DIRECTORY, what was seen until the kill can be read with `overt report`."""
    process = started(overt, end, "--report", "reports/")
    process.wait(30)
    (journal,) = (overt.cwd / "reports").iterdir()
    assert journal.name == f"{process.pid}.journal"
    read = overt("report", journal)
    assert read.returncode == 0
    assert "threading:Thread.mark" in read.stdout
    assert read.stderr == "overt: this process has not ended in order, or still runs\n"


def test_a_program_that_restores_the_default_itself_leaves_its_journal(overt: Overt) -> None:
    """uvicorn's way: own handler, at the end SIG_DFL and the signal again. No report, a journal."""
    process = started(
        overt,
        "signal.signal(signal.SIGTERM, signal.SIG_DFL); signal.raise_signal(signal.SIGTERM)",
        *("--report", "reports/"),
    )
    assert process.wait(30) == -signal.SIGTERM
    journal = overt.cwd / "reports" / f"{process.pid}.journal"
    assert "threading:Thread.mark" in overt("report", journal).stdout
    assert list(journal.parent.iterdir()) == [journal]
