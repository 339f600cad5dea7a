"""Sessions of list, show, off, on, journal and completion, with processes that live meanwhile."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from conftest import Overt

WAIT = "import os, sys\nprint(os.getpid(), flush=True)\nos.read(0, 1)\n"
PROGRAM = "import time, threading\ntime.time = lambda: 0.0\nthreading.Thread.mark = print\n" + WAIT


def started(overt: Overt, *options: str, source: str = PROGRAM, name: str = "app.py") -> int:
    """Start a program that waits; return its pid once it says so."""
    app = overt.write(name, source)
    process = overt.start("run", *options, "--", "python", app, stdin=subprocess.PIPE)
    assert process.stdout is not None
    return int(process.stdout.readline())


@pytest.fixture
def said(overt: Overt) -> Callable[..., str]:
    """Return a function that runs the command and hides what differs from run to run."""

    def say(*words: str, status: int = 0, stderr: str = "") -> str:
        done = overt(*words)
        assert (done.returncode, done.stderr) == (status, stderr), done.stdout
        text = re.sub(r"\d{4}-\d\d-\d\d ", "DATE ", done.stdout.replace(str(overt.cwd), "HOME"))
        text = re.sub(r"\d\d:\d\d:\d\d", "TIME", text)
        text = re.sub(r"pid \d+ \(overt\)", "pid N (overt)", text)
        return re.sub(r"3\.\d+\.\d+", "3.X.Y", text)

    return say


def test_list_shows_the_process_and_its_patches(overt: Overt, said: Callable[..., str]) -> None:
    """One service: its processes, then the patches by owner, as the report prints them."""
    pid = started(overt)
    text = said("list").replace(str(pid), "PID")
    lines = text.splitlines()
    assert lines[0].split() == ["pid", "service", "python", "patches", "off", "since", "command"]
    assert lines[1].split() == ["PID", "app.py", "3.X.Y", "2", "0", "TIME", "python", "HOME/app.py"]
    cost = "calls errors own p50 own total"
    assert [" ".join(line.split()) for line in lines[2:]] == [
        "",
        f"id target change boundary state {cost} made at",
        "__main__",
        "p1 time:time replaced stdlib on 0 0 - - HOME/app.py:2",
        "p2 threading:Thread.mark added stdlib on - - - - HOME/app.py:3",
    ]
    assert len({line.find("HOME") for line in lines[5:]}) == 1
    assert said("list", "--target", "time:*", "--sort", "target").count("\n  p") == 1
    assert "p2" not in said("list", "--owner", "nobody")


def test_show_tells_all_of_one_patch(overt: Overt, said: Callable[..., str]) -> None:
    """Maker, values, votes, layers, and the command that switches it."""
    pid = started(overt)
    text = said("show", "p1")
    for line in (
        "p1  time:time\n",
        f"  process   app.py, pid {pid}\n",
        "  owner     __main__\n",
        "  change    replaced, foreign, boundary stdlib\n",
        "  made at   HOME/app.py:2, DATE TIME\n",
        "  old       builtin_function_or_method time:time\n",
        "  new       function __main__:<lambda>\n",
        f"  switch    overt off {pid} p1\n",
        "    HOME/app.py:2  <module>\n",
    ):
        assert line in text
    assert json.loads(overt("show", "p1", "--json").stdout)["schema"] == "overt.show/1"
    said("show", "p3", status=4, stderr="overt: p3: there is no such patch in this process\n")


def test_votes_are_kept_and_told(overt: Overt, said: Callable[..., str]) -> None:
    """A vote is answered, journalled with actor and reason, and withdrawn by who made it."""
    pid = started(overt)
    overt("off", "--all", "--reason", "incident 42")
    votes = json.loads(overt("show", "p1", "--json").stdout)["votes"]
    assert [(v["source"], v["scope"], v["reason"]) for v in votes] == [
        ("control", "process", "incident 42")
    ]
    overt("on", "--all", "--reason", "over")
    assert json.loads(overt("show", "p1", "--json").stdout)["votes"] == []
    journal = said("journal").replace(str(pid), "PID").splitlines()
    by = f"by control: uid {os.getuid()}, pid N (overt)"
    assert journal[0] == "DATE TIME  PID  patch  p1 time:time replaced by __main__"
    assert journal[2].startswith(f"DATE TIME  PID  switch  off everything, {by} (incident 42)")
    assert journal[-1].startswith(f"DATE TIME  PID  switch  on everything, {by} (over)")
    lines = [json.loads(line) for line in overt("journal", "--json").stdout.splitlines()]
    assert {line["schema"] for line in lines} == {"overt.event/1"}
    assert [line["sequence"] for line in lines] == list(range(1, len(lines) + 1))


def test_the_votes_are_in_the_journals_file_too(overt: Overt) -> None:
    """A process that is killed leaves who switched what, and `overt journal FILE` prints it."""
    pid = started(overt, "--report", "reports/")
    overt("off", "--owner", "__main__", "--reason", "why")
    os.kill(pid, signal.SIGKILL)
    done = overt("journal", f"reports/{pid}.journal")
    assert (done.returncode, done.stderr) == (0, "")
    assert "switch  off owner __main__, by control" in done.stdout
    assert overt("report", f"reports/{pid}.journal").returncode == 0


def test_a_dry_run_changes_nothing(overt: Overt) -> None:
    """It prints what would happen, and no vote is there afterwards."""
    started(overt)
    done = overt("off", "--all", "--dry-run")
    assert done.returncode == 0
    assert done.stdout.endswith("nothing was changed: --dry-run\n")
    assert json.loads(overt("show", "p1", "--json").stdout)["votes"] == []


def test_a_dry_run_tells_who_holds_old_copies(overt: Overt) -> None:
    """Modules that took the original by name, and the calls a second of what is counted."""
    overt.write("holder.py", "from shelf import price\n")
    overt.write("shelf.py", "def price(): return 1\n")
    source = """
import os, sys, threading, time
import shelf, holder, overt
overt.observe("shelf:price", owner="acme").install()
def work():
    while True: shelf.price(), time.sleep(0.001)
threading.Thread(target=work, daemon=True).start()
print(os.getpid(), flush=True)
while True: time.sleep(0.01)
"""
    pid = started(overt, source=source)
    done = overt("off", "--owner", "acme", "--dry-run")
    head, row, last = (line.split() for line in done.stdout.splitlines())
    assert head[-3:] == ["would", "stale", "in"]
    assert row[:5] == [str(pid), "p1", "shelf:price", "acme", "on"]
    assert 50 < int(row[5]) < 2000
    assert row[7:] == ["go", "off", "holder"]
    assert last[-1] == "--dry-run"
    found = json.loads(overt("off", "--owner", "acme", "--dry-run", "--json").stdout)
    (patch,) = found["processes"][0]["patches"]
    assert patch["reach"]["stale"] == ["holder"]
    assert patch["calls_per_second"] > 50


def test_a_dry_run_of_a_service_passes_over_who_has_no_such_patch(
    overt: Overt, wait_for: Callable[..., Any]
) -> None:
    """A master without the patches of its workers is no error and no line."""
    source = "import os, time, threading\nif os.fork(): print(os.getpid(), flush=True)\n"
    started(overt, source=source + "else: threading.Thread.mark = print\nos.read(0, 1)\n")
    wait_for(lambda: "Thread.mark" in overt("list").stdout, "the child's patch")
    done = overt("off", "--owner", "__main__", "--dry-run")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count("threading:Thread.mark") == 1


def test_a_dry_run_says_where_nobody_can_look(overt: Overt) -> None:
    """While Python hangs in C nobody finds out who holds what: a question mark, and why."""
    hang = "import ctypes\nprint(os.getpid(), flush=True)\nctypes.PyDLL(None).sleep(60)\n"
    started(overt, source=PROGRAM.replace(WAIT, "import os\n" + hang))
    done = overt("off", "--all", "--dry-run")
    assert done.stdout.count("?") == 3
    assert "stale in ?: Python has not come to a safe point" in done.stdout


@pytest.mark.parametrize("verb", ["list", "show p1", "off p1", "on p1", "journal"])
def test_nothing_governed_is_an_error(overt: Overt, verb: str) -> None:
    """Exit status 4, and how to start something."""
    done = overt(*verb.split())
    assert (done.returncode, done.stdout) == (4, "")
    assert done.stderr == "overt: no process is governed; start one with `overt run -- CMD`\n"


WRONG = {
    "off": (2, "nothing selected: say which patches: p12, --owner, --target, --boundary or --all"),
    "off p1 --all": (2, "selected twice: name patches, or options, or --all"),
    "off --target a:b --boundary stdlib": (
        2,
        "selected twice: --target and --boundary do not go together",
    ),
    "off --boundary world": (
        2,
        "world: there are own, application, third-party, stdlib and builtins",
    ),
    "off p1 extra": (2, "extra: this is no patch; patches are called p1, p2, ..."),
    "off --owner nobody": (4, "owner nobody: no patch in this process matches"),
    "off p99": (4, "p99: there is no such patch in this process"),
    "off nothing p1": (4, "nothing: no governed process has this name; there is app.py (pid PID)"),
    "off --all --including-protected": (
        2,
        "everything: protected patches are switched off with a reason only",
    ),
    "on --all --override 5": (
        2,
        "everything: votes of others are overridden with a reason only",
    ),
    "show": (2, "show: which patch? as in `overt show 4711 p12`"),
    "list p1": (2, "p1: `overt show` prints one patch"),
    "list 2147483647": (4, "2147483647: there is no such process"),
}


@pytest.mark.parametrize("line", WRONG)
def test_a_wrong_use_is_told_in_one_line(overt: Overt, line: str) -> None:
    """What is wrong, its subject and the exit status; and nothing has been switched."""
    pid = started(overt)
    done = overt(*line.split())
    status, what = WRONG[line]
    assert done.stderr.replace(str(pid), "PID") == f"overt: {what}\n"
    assert (done.returncode, done.stdout) == (status, "")
    assert json.loads(overt("show", "p1", "--json").stdout)["votes"] == []


def test_a_process_without_control_says_what_to_do(overt: Overt) -> None:
    """--no-control opens no socket, and the pid is told apart from one that does not exist."""
    pid = started(overt, "--no-control")
    done = overt("list", str(pid))
    assert done.returncode == 4
    assert "it was not started with `overt run`, or with --no-control" in done.stderr
    assert overt.sockets() == []


def test_several_services_are_told_apart(overt: Overt) -> None:
    """Without a name nothing happens when there is a choice; a name takes all that have it."""
    one = started(overt, name="one.py")
    two = started(overt, name="two.py")
    done = overt("off", "--all")
    assert done.returncode == 2
    assert done.stderr.count("one.py (pid") == done.stderr.count("two.py (pid") == 1
    listed = overt("list").stdout
    assert str(one) in listed
    assert str(two) in listed
    assert "p1" not in listed
    assert overt("off", "two.py", "--all").returncode == 5
    votes = [json.loads(overt("show", str(p), "p1", "--json").stdout)["votes"] for p in (one, two)]
    assert [len(v) for v in votes] == [0, 1]


def test_a_service_is_switched_as_a_whole(overt: Overt) -> None:
    """Forked workers and their master: one command, a line for each, and a sum."""
    fork = PROGRAM.replace("print(os", "[os.fork() or os.read(0, 1) for _ in range(2)]\nprint(os")
    pid = started(overt, "--name", "shop", source=fork.replace("import time", "import os, time"))
    deadline = time.monotonic() + 30
    while len(overt.sockets()) < 3 and time.monotonic() < deadline:
        time.sleep(0.02)
    done = overt("off", "shop", "p1", "--json")
    found = json.loads(done.stdout)
    assert found["schema"] == "overt.switch/1"
    assert len(found["processes"]) == len(overt.sockets()) >= 3
    assert {p["counts"]["matched"] for p in found["processes"]} == {1}
    text = overt("on", "shop", "p1").stdout
    assert f"shop, pid {pid}: 1 of 1 patch on\n" in text
    assert text.splitlines()[-1].startswith("together: ")


def test_a_socket_of_the_dead_is_removed_by_list(overt: Overt) -> None:
    """After SIGKILL the name is left; listing cleans up and says nothing of it."""
    pid = started(overt)
    os.kill(pid, signal.SIGKILL)
    overt.started[-1].wait()
    assert overt.sockets() == [f"{pid}.sock"]
    assert overt("list").stderr.startswith("overt: no process is governed")
    assert overt.sockets() == []


def test_a_process_that_is_stopped_is_told(overt: Overt) -> None:
    """SIGSTOP: the command gives up after seconds and says so."""
    pid = started(overt)
    os.kill(pid, signal.SIGSTOP)
    done = overt("off", str(pid), "--all")
    assert done.stderr == f"overt: {pid}: this process does not answer; is it stopped?\n"
    assert done.returncode == 2
    os.kill(pid, signal.SIGCONT)


def test_follow_and_watch_end_with_the_process(overt: Overt) -> None:
    """`journal --follow` prints what happens as it happens, and ends when nobody is left."""
    pid = started(overt)
    follow = overt.start("journal", "--follow")
    assert follow.stdout is not None
    assert "p1 time:time" in follow.stdout.readline()
    follow.stdout.readline()
    overt("off", "p1", "--reason", "now")
    assert "(now)" in follow.stdout.readline()
    os.kill(pid, signal.SIGKILL)
    assert follow.wait(30) == 0


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become another user")
def test_another_user_is_refused(overt: Overt) -> None:
    """By the directory's mode, and by the peer's uid when somebody has loosened that."""
    pid = started(overt)
    other: dict[str, Any] = {"user": 65534, "group": 65534, "extra_groups": []}
    runtime = overt.runtime / "overt"
    for parent in (runtime, *list(runtime.parents)[:-2]):
        parent.chmod(0o755)
    done = overt("list", str(pid), **other)
    assert done.returncode != 0
    assert done.stdout == ""
    (runtime / f"{pid}.sock").chmod(0o777)
    done = subprocess.run(
        ["python3", "-c", PEER, str(runtime / f"{pid}.sock")],
        capture_output=True,
        text=True,
        check=False,
        **other,
    )
    assert done.stdout == "b''\n", done.stderr
    runtime.chmod(0o700)
    assert '"rejected"' in overt("journal", "--json").stdout


def makes_user_namespaces() -> bool:
    """Some machines forbid it, and some have no `unshare`."""
    return shutil.which("unshare") is not None and not subprocess.call(["unshare", "-U", "true"])


@pytest.mark.skipif(not makes_user_namespaces(), reason="needs `unshare --user`")
def test_a_user_without_a_mapping_is_refused(overt: Overt) -> None:
    """In a user namespace without a mapping all users look alike, and like the process itself."""
    app = overt.write("app.py", "import time; print(flush=True); time.sleep(60)")
    words = ["unshare", "-U", overt.command, "run", "--", sys.executable, str(app)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, env=overt.environment) as running:
        try:
            assert running.stdout is not None
            running.stdout.readline()
            done = overt("list")
            assert (done.returncode, done.stdout) == (4, "")
            assert "it takes this for another user" in done.stderr
        finally:
            running.kill()


PEER = """
import socket, sys
s = socket.socket(socket.AF_UNIX)
s.connect(sys.argv[1])
try:
    s.sendall(b'{"jsonrpc":"2.0","id":1,"method":"hello"}\\n')
    print(s.recv(100))
except ConnectionError:
    print(b'')
"""


def test_completion_offers_what_there_is(overt: Overt) -> None:
    """Verbs, options and processes, for three shells; the scripts are valid."""
    pid = started(overt)
    assert {"run", "list", "off", "on"} <= set(overt("complete", "--").stdout.split())
    offered = overt("complete", "--", "off").stdout.split()
    assert {"--owner", "--all", str(pid), "app.py"} <= set(offered)
    for shell in ("bash", "zsh", "fish"):
        assert "overt complete" in overt("completion", shell).stdout
    script = overt("completion", "bash").stdout
    words = 'COMP_WORDS=(overt off --ow); COMP_CWORD=2; _overt; echo "${COMPREPLY[@]}"'
    done = overt.plain("bash", "-c", script + words)
    assert done.stdout == "--owner\n"
