"""A program under `overt run` ends and speaks as it does alone."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Overt

PATCH = "import os, resource, signal, sys, threading; threading.Thread.mark = print\n"
NO_CORE = "resource.setrlimit(resource.RLIMIT_CORE, (0, 0))\n"
TO_ITSELF = "os.kill(os.getpid(), signal.{})\nprint('still here')\n"

# name: (what the program does, how it ends, whether a report is written)
ENDS = {
    "normal end": ("print('out'); print('err', file=sys.stderr)", 0, True),
    "sys.exit()": ("sys.exit()", 0, True),
    "sys.exit(3)": ("sys.exit(3)", 3, True),
    "sys.exit(text)": ("sys.exit('what went wrong')", 1, True),
    "an uncaught exception": ("raise ValueError('no')", 1, True),
    "an exception in a thread": ("threading.Thread(target=lambda: 1 / 0).start()", 0, True),
    "a failing atexit function": ("import atexit; atexit.register(abs, None)", 0, True),
    "SIGTERM": (TO_ITSELF.format("SIGTERM"), -signal.SIGTERM, True),
    "SIGINT": (TO_ITSELF.format("SIGINT"), -signal.SIGINT, True),
    "SIGINT caught": (
        f"try: {TO_ITSELF.format('SIGINT')}".replace("\nprint", "; print")
        + "except KeyboardInterrupt: print('caught')",
        0,
        True,
    ),
    "SIGTERM of a program that handles it": (
        "signal.signal(signal.SIGTERM, lambda *_: sys.exit(5))\n" + TO_ITSELF.format("SIGTERM"),
        5,
        True,
    ),
    "SIGTERM of a program that ignores it": (
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + TO_ITSELF.format("SIGTERM"),
        0,
        True,
    ),
    "SIGTERM of a program that set its default itself": (
        "signal.signal(signal.SIGTERM, signal.SIG_DFL)\n" + TO_ITSELF.format("SIGTERM"),
        -signal.SIGTERM,
        False,
    ),
    "SIGHUP": (TO_ITSELF.format("SIGHUP"), -signal.SIGHUP, False),
    "SIGUSR1": (TO_ITSELF.format("SIGUSR1"), -signal.SIGUSR1, False),
    "SIGKILL": (TO_ITSELF.format("SIGKILL"), -signal.SIGKILL, False),
    "SIGSEGV": (NO_CORE + TO_ITSELF.format("SIGSEGV"), -signal.SIGSEGV, False),
    "os.abort": (NO_CORE + "os.abort()", -signal.SIGABRT, False),
    "os._exit(7)": ("os._exit(7)", 7, False),
}


@pytest.mark.parametrize("name", ENDS)
def test_the_end_of_a_program_is_its_own(overt: Overt, name: str) -> None:
    """Exit code, signal, stdout and stderr are those of the plain run; the report is extra."""
    source, status, reported = ENDS[name]
    app = overt.write("app.py", PATCH + source)
    plain = overt.plain("python", app)
    assert plain.returncode == status
    governed = overt.report("python", app)
    assert governed.returncode == plain.returncode
    assert governed.stdout == plain.stdout
    assert governed.stderr == plain.stderr
    if reported:
        assert overt.targets() == ["threading:Thread.mark"]
        assert overt.runs() == []
    else:
        assert not (overt.cwd / "r.json").exists()


def test_the_table_is_the_only_addition(overt: Overt) -> None:
    """Without --report, the table follows the program's own stderr and nothing else changes."""
    app = overt.write("app.py", PATCH + "print('out'); sys.exit('what went wrong')")
    plain = overt.plain("python", app)
    governed = overt.run("python", app)
    assert (governed.returncode, governed.stdout) == (plain.returncode, plain.stdout)
    assert governed.stderr.startswith(plain.stderr + "\novert: 1 patch by 1 owner in ")
    assert "threading:Thread.mark" in governed.stderr


STATE = """
import gc, json, locale, os, resource, signal, sys, threading
def of_handler(number):
    handler = signal.getsignal(number)
    return handler if isinstance(handler, int) else repr(handler).split(" at ")[0]
print(json.dumps({
    "argv": sys.argv, "orig_argv": sys.orig_argv, "flags": repr(sys.flags), "path": sys.path,
    "executable": sys.executable, "prefix": sys.prefix, "xoptions": repr(sys._xoptions),
    "warnoptions": sys.warnoptions, "cwd": os.getcwd(), "umask": os.umask(0),
    "modules": sorted(name for name in sys.modules if name.partition(".")[0] != "overt"),
    "path hooks": [repr(hook).split(" at ")[0] for hook in sys.path_hooks + sys.meta_path],
    "hooks": [repr(hook).split(" at ")[0] for hook in (
        sys.excepthook, sys.displayhook, sys.unraisablehook, sys.breakpointhook,
        threading.excepthook, sys.gettrace(), sys.getprofile())],
    "signals": {n: of_handler(n) for n in signal.valid_signals() if n not in (9, 19)},
    "mask": sorted(signal.pthread_sigmask(signal.SIG_BLOCK, [])),
    "limits": [resource.getrlimit(n) for n in range(10)],
    "threads": [threading.active_count(), len(os.listdir("/proc/self/task"))],
    "first free descriptor": os.dup(0),
    "ids": [os.getpgrp() == os.getpid(), os.getsid(0), os.getppid(), os.getuid()],
    "tty": [os.isatty(n) for n in range(3)],
    "encoding": [sys.stdout.encoding, sys.stderr.errors, locale.getlocale()],
    "recursion": sys.getrecursionlimit(), "gc": [gc.get_threshold(), len(gc.callbacks)],
    "environ": {name: text for name, text in os.environ.items() if name != "OVERT_RUN"},
}))
"""


def test_what_a_program_can_ask_is_unchanged(overt: Overt) -> None:
    """Handlers, hooks, descriptors, threads, paths and environment are as in the plain run.

    There is one native thread more, and with --no-control there is none.
    """
    app = overt.write("app.py", STATE)
    plain = json.loads(overt.plain("python", app, "a b", "é").stdout)
    governed = json.loads(overt.report("python", app, "a b", "é").stdout)
    assert governed["modules"] == sorted({*plain["modules"], "atexit"})
    del plain["modules"], governed["modules"]
    assert governed["threads"] == [plain["threads"][0], plain["threads"][1] + 1]
    without = json.loads(overt("run", "--no-control", "--", "python", app, "a b", "é").stdout)
    assert without["threads"] == plain["threads"]
    del plain["threads"], governed["threads"]
    assert governed == plain


def test_standard_streams_pass_every_byte(overt: Overt) -> None:
    """What comes in on stdin goes out on stdout and stderr, a megabyte of all byte values."""
    app = overt.write(
        "cat.py",
        "import sys\nall = sys.stdin.buffer.read()\n"
        "sys.stdout.buffer.write(all); sys.stderr.buffer.write(all[::-1])",
    )
    everything = bytes(range(256)) * 4096
    done = overt.report("python", app, input=everything, text=False)
    assert done.stdout == everything
    assert done.stderr == everything[::-1]


@pytest.mark.parametrize("kind", ["a reader that has gone", "a full disk", "closed"])
def test_a_table_that_cannot_be_written_changes_nothing(overt: Overt, kind: str) -> None:
    """The exit code holds, also when the program lets SIGPIPE kill it."""
    app = overt.write(
        "app.py", PATCH + "signal.signal(signal.SIGPIPE, signal.SIG_DFL); sys.exit(6)"
    )
    if kind == "closed":
        done = overt.plain("sh", "-c", 'exec overt run -- "$@" 2>&-', "sh", "python", app)
    elif kind == "a full disk":
        with open("/dev/full", "w") as full:
            done = overt.run("python", app, stdout=subprocess.PIPE, stderr=full)
    else:
        reader, writer = os.pipe()
        os.close(reader)
        done = overt.run("python", app, stdout=subprocess.PIPE, stderr=writer)
        os.close(writer)
    assert (done.returncode, done.stdout) == (6, "")
    assert overt.runs() == []


def test_a_table_is_whole_on_a_stderr_that_does_not_block(overt: Overt) -> None:
    """Where a program makes stderr non-blocking, as event loops do, no line is lost."""
    app = overt.write(
        "app.py",
        "import os, threading\nos.set_blocking(2, False)\n"
        "for i in range(3000): setattr(threading.Thread, f'added_{i}', print)\n",
    )
    done = overt.run("python", app)
    assert done.stderr.startswith("\novert: 3000 patches by 1 owner")
    assert "threading:Thread.added_2999" in done.stderr
