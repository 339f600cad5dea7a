"""Children are governed however they are made: each has its report, and a line in its parent's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from conftest import Overt

# The child patches in `child.py`, which the parent never imports. With -W error, as for every run
# here, a warning about threads at a fork would end the program.
IN_CHILD = "import threading\ndef main(*_):\n    threading.Thread.child = print\n"
START = """
import ctypes, multiprocessing, os, signal, subprocess, sys, threading
from concurrent.futures import ProcessPoolExecutor
def in_child(*_):
    import child
    child.main()
def forked(end):
    if not (pid := os.fork()):
        in_child()
        end(0)
    assert os.waitpid(pid, 0)[1] == 0
def in_process(method):
    process = multiprocessing.get_context(method).Process(target=in_child)
    process.start()
    process.join()
    assert process.exitcode == 0
if __name__ == "__main__":
    threading.Thread.parent = print
    %s
"""
CHILD = "import child; child.main()"

# name: (how the parent starts its child, how the child was started as the report says)
WAYS = {
    "os.fork, sys.exit": ("forked(sys.exit)", "fork"),
    "os.fork, os._exit": ("forked(os._exit)", "fork"),
    "multiprocessing fork": ("in_process('fork')", "fork"),
    "multiprocessing spawn": ("in_process('spawn')", "spawn"),
    "multiprocessing forkserver": ("in_process('forkserver')", "fork"),
    "multiprocessing.Pool": (
        "with multiprocessing.get_context('fork').Pool(1) as pool: pool.map(in_child, [1])",
        "fork",
    ),
    "ProcessPoolExecutor": (
        "with ProcessPoolExecutor(1, multiprocessing.get_context('spawn')) as pool: "
        "pool.submit(in_child).result()",
        "spawn",
    ),
    "subprocess.run": (f"subprocess.run([sys.executable, '-c', '{CHILD}'], check=True)", "spawn"),
    "subprocess.run(close_fds=False)": (
        f"subprocess.run([sys.executable, '-c', '{CHILD}'], check=True, close_fds=False)",
        "spawn",
    ),
    "subprocess.run(shell=True)": (
        f"subprocess.run('python -c \"{CHILD}\"; exit 0', check=True, shell=True)",
        "spawn",
    ),
    "os.system": (f"os.system('python -c \"{CHILD}\"; exit 0')", "spawn"),
    "os.posix_spawn": (
        f"os.waitpid(os.posix_spawn(sys.executable, ['python', '-c', '{CHILD}'], os.environ), 0)",
        "spawn",
    ),
    "os.spawnlp": (f"os.spawnlp(os.P_WAIT, 'python', 'python', '-c', '{CHILD}')", "spawn"),
    "a fork in a thread": (
        "thread = threading.Thread(target=forked, args=(sys.exit,)); thread.start(); thread.join()",
        "fork",
    ),
}


def started(overt: Overt, how: str, *options: str) -> dict[str, Any]:
    """Run a program that makes a child; return its report."""
    overt.write("child.py", IN_CHILD)
    app = overt.write("app.py", START % how)
    python = ("python", "-W", "error", "-W", "ignore:This process", app)  # forks with threads
    done = overt("run", *options, "--report", "r.json", "--", *python)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert overt.runs() == []
    return overt.json()


@pytest.mark.parametrize("name", WAYS)
def test_a_child_has_its_own_report_and_a_line_in_its_parents(overt: Overt, name: str) -> None:
    """The child's report has its pid in its name and holds what it did, and inherited, itself."""
    how, started_by = WAYS[name]
    root = started(overt, how)
    assert "threading:Thread.parent" in overt.targets()
    assert "threading:Thread.child" not in overt.targets()
    lines = [line for line in root["children"] if line["patches"] and line["ended"]]
    (line,) = lines
    assert line["started_by"] == started_by
    assert line["report"] == str(overt.cwd / f"r.{line['pid']}.json")
    targets = overt.targets(line["report"])
    assert len(targets) == line["patches"]
    inherited = started_by == "fork" and "forkserver" not in name
    assert targets == ["threading:Thread.parent"] * inherited + ["threading:Thread.child"]


@pytest.mark.parametrize("name", WAYS)
def test_no_children_leaves_children_alone(overt: Overt, name: str) -> None:
    """With --no-children the root alone is governed, and nothing says that there were others."""
    assert started(overt, WAYS[name][0], "--no-children")["children"] == []
    assert "threading:Thread.child" not in overt.targets()
    assert [path.name for path in overt.cwd.glob("r*")] == ["r.json"]


def test_the_table_names_what_only_children_did(overt: Overt) -> None:
    """Without --report there is one table, the root's, and children print nothing themselves."""
    overt.write("child.py", IN_CHILD)
    app = overt.write("app.py", START % WAYS["multiprocessing.Pool"][0])
    done = overt.run("python", app)
    assert done.stdout == ""
    assert done.stderr.count("python 3.") == 1
    assert done.stderr.count("threading:Thread.child") == 1
    assert done.stderr.count("(fork)") == 1


def test_a_text_report_of_a_child_has_its_pid_too(overt: Overt) -> None:
    """The pid goes before the ending, whatever the ending."""
    overt.write("child.py", IN_CHILD)
    app = overt.write("app.py", START % WAYS["subprocess.run"][0])
    assert overt.report("python", app, to="patches.of.shop.txt").returncode == 0
    (path,) = overt.cwd.glob("patches.of.shop.*.txt")
    assert "threading:Thread.child" in path.read_text()


EXECUTED = [
    "os.system('ls /proc/self/fd')",
    "subprocess.run(['ls', '/proc/self/fd'], close_fds=False)",
    "os.waitpid(os.posix_spawnp('ls', ['ls', '/proc/self/fd'], os.environ), 0)",
    "os.execlp('ls', 'ls', '/proc/self/fd')",
]


@pytest.mark.parametrize("how", EXECUTED)
def test_no_descriptor_is_inherited(overt: Overt, how: str) -> None:
    """A program that is executed finds the descriptors of the plain run, and no journal."""
    app = overt.write(
        "app.py", f"import os, subprocess, threading\nthreading.Thread.mark = print\n{how}\n"
    )
    plain = overt.plain("python", app)
    assert len(plain.stdout.split()) == 4
    assert overt.report("python", app).stdout == plain.stdout


def test_threads_that_patch_and_fork_at_once_end(overt: Overt) -> None:
    """Forty forks from four threads, while two threads patch: no child hangs, all are reported."""
    app = overt.write(
        "app.py",
        "import os, threading, warnings\n"
        "warnings.simplefilter('ignore', DeprecationWarning)  # Python's: the program has threads\n"
        "stop = threading.Event()\n"
        "def patch(name):\n"
        "    while not stop.is_set(): setattr(threading.Thread, name, print)\n"
        "def fork():\n"
        "    for _ in range(10):\n"
        "        if not (pid := os.fork()):\n"
        "            threading.Thread.child = print\n"
        "            os._exit(0)\n"
        "        assert os.waitpid(pid, 0)[1] == 0\n"
        "for name in 'ab': threading.Thread(target=patch, args=(name,), daemon=True).start()\n"
        "forks = [threading.Thread(target=fork) for _ in range(4)]\n"
        "for thread in forks: thread.start()\n"
        "for thread in forks: thread.join()\n"
        "stop.set()\n",
    )
    assert overt.report("python", app).returncode == 0
    children = overt.json()["children"]
    assert len(children) == 40
    assert all(child["ended"] and child["started_by"] == "fork" for child in children)
    for child in children:
        assert "threading:Thread.child" in overt.targets(child["report"])
