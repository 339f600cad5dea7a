"""On a terminal: it stays the program's, with its keys, its colours and its job control."""

from __future__ import annotations

import os
import pty
import re
import select
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Overt

PATIENCE = 30


class Terminal:
    """A pseudo terminal with one program on it, as its controlling terminal."""

    def __init__(self, overt: Overt) -> None:
        self.overt = overt
        try:
            self.ours, theirs = pty.openpty()
        except OSError as error:
            pytest.skip(f"this machine has no pseudo terminal: {error}")
        self.name = os.ttyname(theirs)
        self.theirs = theirs
        self.text = ""

    def start(self, *words: str) -> subprocess.Popen[bytes]:
        """Start a program as the leader of a session on this terminal."""
        on_terminal = ("sh", "-c", f'exec "$@" <{self.name} >{self.name} 2>&1', "sh")
        return subprocess.Popen(
            (*on_terminal, *words),
            env=self.overt.environment | {"TERM": "xterm", "PYTHON_COLORS": "0"},
            cwd=self.overt.cwd,
            start_new_session=True,
        )

    def read_until(self, mark: str) -> str:
        """Read what the program writes until `mark` is there; return all of it."""
        end = time.monotonic() + PATIENCE
        while mark not in self.text:
            ready, _, _ = select.select([self.ours], [], [], max(0, end - time.monotonic()))
            assert ready, f"no {mark!r} in {self.text!r}"
            self.text += os.read(self.ours, 65536).decode()
        return self.text

    def press(self, keys: bytes) -> None:
        """Press keys."""
        os.write(self.ours, keys)


@pytest.fixture
def terminal(overt: Overt) -> Iterator[Terminal]:
    """Return a terminal with nothing on it."""
    terminal = Terminal(overt)
    yield terminal
    os.close(terminal.ours)
    os.close(terminal.theirs)


STATE = """
import os, shutil, sys, termios
print([os.isatty(n) for n in range(3)], os.ttyname(0), os.getsid(0) == os.getpid(),
      os.tcgetpgrp(0) == os.getpgrp(), shutil.get_terminal_size(), termios.tcgetattr(0)[:4])
print(input("name? ")[::-1])
"""


@pytest.mark.parametrize("prefix", [(), ("overt", "run", "--report", "r.json", "--")])
def test_the_terminal_is_the_programs(terminal: Terminal, prefix: tuple[str, ...]) -> None:
    """isatty, session, foreground group, modes, echo and input are as they are alone."""
    app = terminal.overt.write("app.py", STATE)
    before = termios.tcgetattr(terminal.theirs)
    process = terminal.start(*prefix, "python", str(app))
    terminal.read_until("name? ")
    terminal.press(b"overt\n")
    assert process.wait(PATIENCE) == 0
    said = terminal.read_until("trevo\r\n").splitlines()
    assert said[0].startswith(f"[True, True, True] {terminal.name} True True ")
    assert said[1:] == ["name? overt", "trevo"]
    assert termios.tcgetattr(terminal.theirs) == before


def test_ctrl_c_interrupts_the_program(terminal: Terminal) -> None:
    """The key reaches the program as KeyboardInterrupt; it dies of SIGINT; the table follows."""
    app = terminal.overt.write(
        "app.py",
        "import threading, time\nthreading.Thread.mark = print\nprint('ready')\ntime.sleep(60)\n",
    )
    process = terminal.start("overt", "run", "--", "python", str(app))
    terminal.read_until("ready")
    terminal.press(b"\x03")
    assert process.wait(PATIENCE) == -2
    said = terminal.read_until("threading:Thread.mark")
    assert said.index("KeyboardInterrupt") < said.index("overt: 1 patch")


@pytest.mark.parametrize(("variable", "coloured"), [("TERM", True), ("NO_COLOR", False)])
def test_the_table_has_colours_on_a_terminal_only(
    terminal: Terminal, variable: str, coloured: bool
) -> None:
    """Colours are for people: never in a file, and not where NO_COLOR is set."""
    app = terminal.overt.write("app.py", "import threading\nthreading.Thread.mark = print\n")
    terminal.overt.environment[variable] = "1"
    process = terminal.start("overt", "run", "--", "python", str(app))
    said = terminal.read_until("app.py:2")
    assert process.wait(PATIENCE) == 0
    assert ("\x1b[" in said) is coloured
    assert "\x1b" not in terminal.overt.run("python", app).stderr


# What a shell does with a job: its own process group in the foreground, until it stops or ends.
SHELL = """
import os, signal, sys
signal.signal(signal.SIGTTOU, signal.SIG_IGN)
job = os.fork()
if job == 0:
    os.setpgid(0, 0)
    os.tcsetpgrp(0, os.getpid())
    signal.signal(signal.SIGTTOU, signal.SIG_DFL)
    os.execvp(sys.argv[1], sys.argv[1:])
_, status = os.waitpid(job, os.WUNTRACED)
assert os.WIFSTOPPED(status), status
os.tcsetpgrp(0, os.getpgrp())
print("job stopped", flush=True)
os.tcsetpgrp(0, job)
os.killpg(job, signal.SIGCONT)
_, status = os.waitpid(job, 0)
os.tcsetpgrp(0, os.getpgrp())
print("job ended", os.waitstatus_to_exitcode(status), flush=True)
"""


def test_ctrl_z_stops_and_fg_continues(terminal: Terminal) -> None:
    """Job control is the shell's: the program stops, goes on in the foreground, and reports."""
    app = terminal.overt.write(
        "app.py",
        "import threading\nthreading.Thread.mark = print\n"
        "print(input('ready? '))\nraise SystemExit(5)\n",
    )
    shell = terminal.overt.write("shell.py", SHELL)
    words = ("overt", "run", "--report", "r.json", "--", "python", str(app))
    process = terminal.start(sys.executable, str(shell), *words)
    terminal.read_until("ready? ")
    terminal.press(b"\x1a")
    terminal.read_until("job stopped")
    terminal.press(b"yes\n")
    assert "job ended 5" in terminal.read_until("job ended 5")
    assert process.wait(PATIENCE) == 0
    assert re.search(r"\nyes\r\n", terminal.text)
    assert terminal.overt.targets() == ["threading:Thread.mark"]


def test_list_watch_repaints_until_ctrl_c(terminal: Terminal) -> None:
    """The screen is cleared and shows what holds now; it ends with the key, or with the process."""
    overt = terminal.overt
    app = overt.write(
        "app.py",
        "import os, overt, shelf\novert.patch('shelf:price', print, owner='acme').install()\n"
        "print('ready', flush=True)\nos.read(0, 1)\n",
    )
    overt.write("shelf.py", "def price(*args): pass\n")
    program = overt.start("run", "--report", "r.json", "--", "python", app, stdin=subprocess.PIPE)
    assert program.stdout is not None
    assert program.stdout.readline() == "ready\n"
    watch = terminal.start("overt", "list", "--watch")
    first = terminal.read_until("app.py:2")
    assert first.startswith("\x1b[H\x1b[2J")
    assert re.search(r"shelf:price .* on ", first)
    assert overt("off", "p1").returncode == 0
    terminal.text = ""
    assert re.search(r"shelf:price .* off ", terminal.read_until("app.py:2"))
    terminal.press(b"\x03")
    assert watch.wait(PATIENCE) == -2
    watch = terminal.start("overt", "list", "--watch")
    program.kill()
    terminal.read_until("no process is governed")
    assert watch.wait(PATIENCE) == 4


def test_a_watched_list_fits_the_terminal(terminal: Terminal) -> None:
    """What does not fit is left out at the end, and said to be; the top never scrolls away."""
    overt = terminal.overt
    termios.tcsetwinsize(terminal.theirs, (12, 100))
    names = "for i in range(40): setattr(threading, f'mark_{i:02}', print)\n"
    wait = "print('ready', flush=True)\nos.read(0, 1)\n"
    app = overt.write("app.py", f"import os, threading\n{names}{wait}")
    program = overt.start("run", "--report", "r.json", "--", "python", app, stdin=subprocess.PIPE)
    assert program.stdout is not None
    assert program.stdout.readline() == "ready\n"
    watch = terminal.start("overt", "list", "--watch")
    screen = terminal.read_until("--watch all are printed\r\n")
    lines = screen.removeprefix("\x1b[H\x1b[2J").splitlines()
    rows = sum(-(-len(re.sub(r"\x1b\[\d*m", "", line)) // 100) or 1 for line in lines)
    assert rows <= 12
    assert "pid" in lines[0]
    assert re.match(r"\.\.\. \d+ more lines: ", lines[-1])
    terminal.press(b"\x03")
    assert watch.wait(PATIENCE) == -2
