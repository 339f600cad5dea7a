"""Whole processes under control: while Python hangs, forks, ends; what children inherit."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from conftest import Overt

PATCH = "import ctypes, os, sys, threading, time, warnings\nthreading.Thread.mark = print\n"
WAIT = "print(os.getpid(), flush=True)\nos.read(0, 1)\n"


def started(overt: Overt, source: str, *options: str, **more: Any) -> int:
    """Start a program; return the pid that it prints."""
    app = overt.write("app.py", PATCH + source)
    words = ("run", *options, "--", "python", "-W", "error", app)
    process = overt.start(*words, stdin=subprocess.PIPE, **more)
    assert process.stdout is not None
    return int(process.stdout.readline())


def patch(overt: Overt, pid: int) -> dict[str, Any]:
    """Return what `overt show PID p1` says."""
    shown: dict[str, Any] = json.loads(overt("show", str(pid), "p1", "--json").stdout)
    return shown


def test_list_and_off_work_while_python_hangs(overt: Overt) -> None:
    """A C call that holds the GIL for good keeps nobody from looking and voting."""
    pid = started(overt, "print(os.getpid(), flush=True)\nctypes.PyDLL(None).sleep(60)\n")
    time.sleep(0.2)
    begin = time.monotonic()
    assert "threading:Thread.mark" in overt("list").stdout
    overt("off", "--all", "--reason", "hangs")
    assert patch(overt, pid)["votes"][0]["reason"] == "hangs"
    assert overt("journal").returncode == 0
    assert time.monotonic() - begin < 5


def test_a_wrapper_of_others_is_off_while_python_hangs(overt: Overt) -> None:
    """It is armed since it was seen: no safe point is needed, and its calls go past it at once."""
    source = """
import json
old, seen = json.dumps, []
def dumps(*args, **kwargs):
    seen.append(args)
    return old(*args, **kwargs)
json.dumps = dumps
json.dumps(1)
print(os.getpid(), flush=True)
ctypes.PyDLL(None).sleep(3)
json.dumps(2)
print(seen, flush=True)
os.read(0, 1)
"""
    app = overt.write("app.py", PATCH + source)
    process = overt.start("run", "--", "python", app, stdin=subprocess.PIPE)
    assert process.stdout is not None
    pid = int(process.stdout.readline())
    time.sleep(0.2)
    begin = time.monotonic()
    done = overt("off", str(pid), "--target", "json:dumps", "--reason", "hangs", "--json")
    assert (done.returncode, time.monotonic() - begin < 2) == (0, True)
    (patch,) = json.loads(done.stdout)["processes"][0]["patches"]
    assert (patch["state"], patch["level"]) == ("off", "drained")  # and no call is inside
    assert process.stdout.readline() == "[(1,)]\n"


def test_a_patch_that_was_off_for_long_comes_on_again(overt: Overt) -> None:
    """After a second its target is the original itself; a vote from outside puts the patch back."""
    source = """
import json, overt
def advice(original, *args, **kwargs): return "patched"
original = json.dumps
with overt.around("json:dumps", advice):
    print(os.getpid(), flush=True)
    for line in sys.stdin:
        end = time.monotonic() + 3
        while line == "settle\\n" and json.dumps is not original and time.monotonic() < end:
            json.dumps(1)
        print(json.dumps(1), json.dumps is original, flush=True)
"""
    app = overt.write("app.py", PATCH + source)
    process = overt.start("run", "--", "python", app, stdin=subprocess.PIPE)
    assert process.stdin is not None
    assert process.stdout is not None
    pid = process.stdout.readline().strip()

    def answer(line: str) -> str:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(line + "\n")
        process.stdin.flush()
        return process.stdout.readline().strip()

    assert answer("call") == "patched False"
    for _ in range(2):
        assert overt("off", pid, "--target", "json:dumps").returncode == 0
        assert answer("settle") == "1 True"
        (settled,) = json.loads(overt("off", pid, "--target", "json:dumps", "--json").stdout)[
            "processes"
        ][0]["patches"]
        assert settled["level"] == "removed"
        on = overt("on", pid, "--target", "json:dumps")
        assert (on.returncode, "comes to a safe point" in on.stdout) == (5, True)  # it reads
        assert answer("call") == "patched False"


def test_no_fork_warns_and_every_child_serves(overt: Overt) -> None:
    """300 forks under -W error: no warning of threads, each child under its own name."""
    source = """
import logging, random, concurrent.futures.thread  # these have hooks of their own at a fork
for i in range(300):
    pid = os.fork()
    if pid == 0:
        path = f"{os.environ['OVERT_RUNTIME_DIR']}/overt/{os.getpid()}.sock"
        end = time.monotonic() + 10
        while not os.path.exists(path):
            if time.monotonic() > end: os._exit(3)
            time.sleep(0.001)
        sys.exit(0)
    assert os.waitpid(pid, 0)[1] == 0
"""
    pid = started(overt, source + WAIT)
    assert json.loads(overt("list", "--json").stdout)["processes"][0]["pid"] == pid
    assert overt.sockets() == [f"{pid}.sock"]


def test_forks_of_other_threads_leave_control_in_place(
    overt: Overt, wait_for: Callable[..., Any]
) -> None:
    """Where the main thread sits in a C call, another one restarts what its fork stopped."""
    source = """
warnings.simplefilter("ignore")  # forks with threads of the program's own
def fork():
    for _ in range(20):
        if not (pid := os.fork()): os._exit(0)
        os.waitpid(pid, 0)
    print(os.getpid(), flush=True)
threading.Thread(target=fork).start()
os.read(0, 1)
"""
    pid = started(overt, source)
    wait_for(lambda: overt("list", str(pid)).returncode == 0, "the answer")


RAW_FORK = """
c = ctypes.PyDLL(None)  # holds the GIL, and runs no hook of Python's
sys.modules["prog"] = sys.modules["__main__"]
def price(): return "price"
import overt
overt.patch("prog:price", lambda: "patched", owner="acme").install()
print(os.getpid(), flush=True)
os.read(0, 1)
child = c.fork()
if child == 0:
    threading.Thread.late = print
    held = overt.switch("acme").patches[0].off, price()
    overt.switch("acme").off()
    print(os.getpid(), *held, len(os.listdir("/proc/self/task")), flush=True)
    os.read(0, 1)
    os._exit(0)
late = [patch for patch in overt.ledger() if "late" in patch.target]
print(os.waitpid(child, 0)[1], price(), len(late), flush=True)
os.read(0, 1)
"""


def test_a_fork_that_python_knows_nothing_of_inherits_and_does_not_hang(overt: Overt) -> None:
    """fork(2) by C: votes hold in the child, it is not served, and nothing is said in its name."""
    pid = started(overt, RAW_FORK, "--report", "reports/")
    process = overt.started[-1]
    assert process.stdin is not None
    assert process.stdout is not None

    def go() -> list[str]:
        process.stdin.write("x")
        process.stdin.flush()
        return process.stdout.readline().split()

    overt("off", str(pid), "--owner", "acme", "--reason", "inherit me")
    child, *told = go()
    assert told == ["True", "price", "1"]
    listed = json.loads(overt("list", "--json").stdout)["processes"]
    assert [each["pid"] for each in listed] == [pid]
    done = overt("list", child)
    assert (done.returncode, done.stdout) == (4, "")
    assert "this process cannot be reached" in done.stderr
    overt("on", str(pid), "--owner", "acme")  # the parent goes on being served
    assert go() == ["0", "patched", "0"]
    os.kill(pid, 9)
    journal = (overt.cwd / "reports" / f"{pid}.journal").read_text()
    assert "Thread.mark" in journal
    assert "Thread.late" not in journal
    assert journal.count('"verb":"off"') == 1


@pytest.mark.parametrize("way", ["fork", "spawn", "shell"])
def test_children_inherit_votes(overt: Overt, way: str) -> None:
    """What control voted holds in children, however they start; on in the child is its own."""
    overt.write("child.py", PATCH + WAIT)
    start = {
        "fork": "if os.fork() == 0: print(os.getpid(), flush=True)",
        "spawn": "import subprocess; subprocess.Popen([sys.executable, 'child.py'])",
        "shell": "os.system('exec 3<&0; python child.py <&3 &')",
    }[way]
    source = "print(os.getpid(), flush=True)\nos.read(0, 1)\n" + start + "\nos.read(0, 1)\n"
    pid = started(overt, source)
    overt("off", str(pid), "p1", "--reason", "inherit me")
    process = overt.started[-1]
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write("x")
    process.stdin.flush()
    other = int(process.stdout.readline())
    assert [vote["reason"] for vote in patch(overt, other)["votes"]] == ["inherit me"]
    overt("on", str(other), "--all")
    assert patch(overt, other)["votes"] == []
    assert len(patch(overt, pid)["votes"]) == 1
    os.kill(other, 9)


def test_environment_and_file_vote_from_the_start(
    overt: Overt, wait_for: Callable[..., Any]
) -> None:
    """OVERT_OFF and ./overt.toml hold before the first patch; the file is followed."""
    overt.write("overt.toml", '[off]\ntargets = ["threading:*"]\nreason = "from the file"\n')
    pid = started(overt, WAIT, env={"OVERT_OFF": "__main__"})
    held = {vote["source"]: vote["reason"] for vote in patch(overt, pid)["votes"]}
    assert held == {"env": "", "file": "from the file"}
    done = overt("on", "--all")
    assert len(patch(overt, pid)["votes"]) == 2, done.stdout
    overt.write("overt.toml", "[of]\n")
    wait_for(lambda: "refused" in overt("journal").stdout, "the complaint")
    assert "overt.toml:1:" in overt("journal").stdout
    assert len(patch(overt, pid)["votes"]) == 2
    overt.write("overt.toml", "")
    wait_for(lambda: len(patch(overt, pid)["votes"]) == 1, "the withdrawal")
    overt.write("KILL", "")
    wait_for(lambda: len(patch(overt, pid)["votes"]) == 2, "the kill")


def test_a_process_can_serve_itself(overt: Overt) -> None:
    """overt.serve() opens the socket, twice is once, and the end closes it."""
    app = overt.write(
        "app.py",
        "import os, sys, overt\nassert overt.serve() == overt.serve()\novert.watch()\n"
        "exec(open('patch.py').read())\nprint(os.getpid(), flush=True)\nos.read(0, 1)\n",
    )
    overt.write("patch.py", "")
    process = subprocess.Popen(
        ["python", app],
        env=overt.environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=overt.cwd,
    )
    overt.started.append(process)
    assert process.stdout is not None
    pid = int(process.stdout.readline())
    found = json.loads(overt("list", "--json").stdout)["processes"]
    assert [(p["pid"], p["service"], p["run"]) for p in found] == [(pid, "app.py", "")]
    assert process.stdin is not None
    process.stdin.close()
    assert process.wait(30) == 0
    assert overt.sockets() == []


ENDS = ["pass", "sys.exit(3)", "1 / 0", "os.kill(os.getpid(), 2)", "os.kill(os.getpid(), 15)"]


@pytest.mark.parametrize("end", ENDS)
def test_an_end_leaves_no_socket(overt: Overt, end: str) -> None:
    """Normal ends, exceptions, SIGINT and SIGTERM take the name with them."""
    app = overt.write("app.py", PATCH + end + "\n")
    overt("run", "--report", "r.json", "--", "python", app)
    assert overt.sockets() == []


def test_the_end_under_a_flood_is_an_end(overt: Overt) -> None:
    """A process that is being asked all the time ends at once and with its own status."""
    flood = """
import socket
def flood():
    path = f"{os.environ['OVERT_RUNTIME_DIR']}/overt/{os.getppid()}.sock"
    while True:
        try:
            with socket.socket(socket.AF_UNIX) as s:
                s.connect(path); s.sendall(b'{"jsonrpc":"2.0","id":1,"method":"list"}\\n' * 50)
        except OSError:
            if os.getppid() != parent: os._exit(0)
parent = os.getpid()
if os.fork() == 0: flood()
time.sleep(0.3)
sys.exit(7)
"""
    app = overt.write("app.py", PATCH + flood)
    for _ in range(5):
        begin = time.monotonic()
        assert overt("run", "--report", "r.json", "--", "python", app).returncode == 7
        assert time.monotonic() - begin < 10
