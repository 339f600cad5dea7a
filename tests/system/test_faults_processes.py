"""Faults around processes: forks, spawns, ends, kills. Numbers as in docs/reliability.md."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import time
from typing import TYPE_CHECKING, Any

import pytest
from tiers import seeded, tiers

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Overt

HEAD = """
import ctypes, os, sys, threading, time, warnings
import overt
sys.modules["prog"] = sys.modules["__main__"]
def price(): return "price"
"""

BUSY = """
warnings.simplefilter("ignore")  # forks beside threads of the program's own
shelf = overt.registry("shelf", duplicates="replace")
def work(end):
    handle = overt.patch("prog:price", lambda: "patched", owner="acme", again=True)
    while True:
        with handle: overt.switch("acme").off(); price(); overt.switch("acme").on()
        shelf.register("x", price); overt.ledger()
        if time.monotonic() > end: break
work(time.monotonic() + 0.01)  # a child of a thread that imports waits for its lock for ever
for _ in range(3):
    threading.Thread(target=work, args=(time.monotonic() + 3000,), daemon=True).start()
for i in range(COUNT):
    child = os.fork()
    if child == 0:
        work(time.monotonic() + 0.01)
        os._exit(0)
    end = time.monotonic() + 20
    while True:
        done, status = os.waitpid(child, os.WNOHANG)
        if done: break
        if time.monotonic() > end: os.kill(child, 9); sys.exit(f"child {i} hangs")
        time.sleep(0.001)
    if status: sys.exit(f"child {i}: {status}")
os._exit(0)
"""


@pytest.mark.parametrize("count", tiers(40, 2000))
def test_a_fork_while_everything_is_in_use_leaves_no_lock(overt: Overt, count: int) -> None:
    """FM-12, FM-13: forks beside threads that patch, switch and list; no child hangs."""
    app = overt.write("app.py", HEAD + BUSY.replace("COUNT", str(count)))
    done = overt("run", "--report", "r.json", "--", "python", app, timeout=3000)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


# A lifetime ends in a pending call, whose hook here gives up the GIL.
AMIDST = """
warnings.simplefilter("ignore")
halfway, removed = threading.Event(), []
def hook(event, arguments):
    if event == "overt.remove": removed.append(os.getpid()); halfway.set(); time.sleep(0.2)
sys.addaudithook(hook)
def expire(end):
    overt.patch("prog:price", lambda: "patched", ttl=0.05, again=True).install()
    while os.getpid() not in removed and time.monotonic() < end: price()
threading.Thread(target=expire, args=(time.monotonic() + 20,)).start()
halfway.wait()
child = os.fork()
if child == 0:
    expire(time.monotonic() + 10)
    os._exit(removed.count(os.getpid()))
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), price(), flush=True)
os._exit(0)
"""


def test_a_fork_amid_a_pending_call_waits_for_its_end(overt: Overt) -> None:
    """FM-12: CPython forgets in no child which thread works off pending calls."""
    done = overt("run", "--", "python", overt.write("app.py", HEAD + AMIDST))
    assert (done.returncode, done.stdout, done.stderr) == (0, "1 price\n", "")


SPAWN = '''
import subprocess
look = """
import os
for n in os.listdir('/proc/self/fd'):
    try: print(os.readlink(f'/proc/self/fd/{n}'))
    except OSError: pass
"""
child = [sys.executable, "-I", "-c", look]
def piped(way):
    reading, writing = os.pipe()
    saved = os.dup(1); os.dup2(writing, 1); os.close(writing)
    way(); os.dup2(saved, 1); os.close(saved)
    return os.read(reading, 65536).decode(), os.close(reading)
ways = [
    lambda: subprocess.run(child, close_fds=False),
    lambda: os.waitpid(os.posix_spawn(child[0], child, os.environ), 0),
    lambda: os.spawnv(os.P_WAIT, child[0], child),
]
for i in range(COUNT):
    held = piped(ways[i % 3])[0].split()
    bad = [h for h in held if "socket:" in h or "inotify" in h or ".journal" in h or "eventfd" in h]
    if bad or not held: sys.exit(f"way {i % 3} inherited {bad}")
path = f"{os.environ['OVERT_RUNTIME_DIR']}/overt/{os.getpid()}.sock"
print(os.path.exists(path))
'''


@pytest.mark.parametrize("count", tiers(9, 1000))
def test_a_program_that_is_started_inherits_no_descriptor(overt: Overt, count: int) -> None:
    """FM-14: exec, posix_spawn and subprocess; what is ours closes, the parent's socket stays."""
    overt.write("overt.toml", "")
    app = overt.write("app.py", HEAD + SPAWN.replace("COUNT", str(count)))
    done = overt("run", "--report", "reports/", "--", "python", app, timeout=3000)
    assert (done.returncode, done.stdout, done.stderr) == (0, "True\n", "")


ENDS = {
    "an exit inside an advice": """
def advice(original): sys.exit(5)
with overt.around("prog:price", advice): price()
""",
    "atexit patches and calls": """
import atexit
atexit.register(lambda: overt.patch("prog:price", lambda: sys.exit(1)).install().remove())
atexit.register(lambda: print(price(), overt.switch("x").off()))
sys.exit(5)
""",
    "__del__ patches and calls": """
class Late:
    def __del__(self): overt.patch("prog:price", price).install(); price()
late = Late(); late.itself = late
sys.exit(5)
""",
    "daemon threads inside of wrappers": """
def advice(original): time.sleep(60)
overt.around("prog:price", advice).install()
for _ in range(8): threading.Thread(target=lambda: price(), daemon=True).start()
time.sleep(0.05); sys.exit(5)
""",
    "os._exit": "overt.patch('prog:price', price).install(); os._exit(5)",
}


@pytest.mark.parametrize("end", ENDS)
def test_an_end_is_an_end(overt: Overt, end: str) -> None:
    """FM-15: the status is the program's own, nothing hangs, and no socket is left."""
    app = overt.write("app.py", HEAD + ENDS[end])
    begin = time.monotonic()
    done = overt("run", "--report", "r.json", "--", "python", app)
    assert done.returncode == 5, done.stderr
    assert time.monotonic() - begin < 20
    overt("list")  # removes what os._exit left
    assert overt.sockets() == []


KILLED = (
    HEAD
    + """
overt.patch("prog:price", lambda: "patched", owner="acme").install()
print(os.getpid(), flush=True)
os.read(0, 1)
"""
)


@pytest.mark.parametrize("count", tiers(8, 1000))
def test_a_kill_loses_nothing_that_was_acknowledged(
    overt: Overt, wait_for: Callable[..., Any], count: int
) -> None:
    """FM-17: SIGKILL at any moment; the journal is a valid prefix with every answered vote."""
    rng = seeded()
    app = overt.write("app.py", KILLED)
    for i in range(count):
        process = overt.start(
            "run", "--report", f"r{i}/", "--", "python", app, stdin=subprocess.PIPE
        )
        assert process.stdout is not None
        pid = int(process.stdout.readline())
        answered = 0
        end = time.monotonic() + rng.random() * 0.05
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(str(overt.runtime / "overt" / f"{pid}.sock"))
            client.settimeout(10)
            while time.monotonic() < end:
                params = {"on": [{"scope": "process"}], "reason": f"vote {answered}"}
                say(client, ("off", "on")[answered % 2], params)
                answered += 1
            send(client, "off", {"on": [{"scope": "process"}], "reason": "not waited for"})
            os.kill(pid, signal.SIGKILL)
        process.wait()
        journal = overt.cwd / f"r{i}" / f"{pid}.journal"
        kept = [
            json.loads(line)
            for line in journal.read_text().splitlines(keepends=True)
            if line.endswith("\n")
        ]
        reasons = [entry["switch"]["reason"] for entry in kept if "switch" in entry]
        assert [r for r in reasons if r.startswith("vote")] == [
            f"vote {n}" for n in range(answered)
        ]
        assert overt("journal", str(journal)).returncode == 0
        assert overt("report", str(journal)).returncode == 0
    living = overt.start("run", "--", "python", app, stdin=subprocess.PIPE)
    assert living.stdout is not None
    pid = int(living.stdout.readline())
    assert overt("list").returncode == 0
    assert overt.sockets() == [f"{pid}.sock"]


def send(client: socket.socket, verb: str, params: dict[str, Any]) -> None:
    """Send one request."""
    frame = {"jsonrpc": "2.0", "id": 1, "method": verb, "params": params}
    client.sendall(json.dumps(frame).encode() + b"\n")


def say(client: socket.socket, verb: str, params: dict[str, Any]) -> dict[str, Any]:
    """Ask one thing and return the answer."""
    send(client, verb, params)
    text = b""
    while not text.endswith(b"\n"):
        got = client.recv(65536)
        assert got, "the process hung up"
        text += got
    answer: dict[str, Any] = json.loads(text)["result"]
    return answer


@pytest.mark.parametrize("count", tiers(12, 50))
def test_many_processes_share_a_directory(overt: Overt, count: int) -> None:
    """FM-35: one journal a process, each whole lines of its own; nothing is interleaved."""
    fork = """
for i in range(COUNT):
    if os.fork() == 0:
        for j in range(200): setattr(threading.Thread, f"mark{i}_{j}", print)
        sys.exit(0)
for i in range(COUNT): os.wait()
"""
    app = overt.write("app.py", HEAD + fork.replace("COUNT", str(count)))
    assert overt("run", "--report", "reports/", "--", "python", app, timeout=600).returncode == 0
    journals = sorted((overt.cwd / "reports").glob("*.journal"))
    assert len(journals) == count + 1
    for journal in journals:
        entries = [json.loads(line) for line in journal.read_text().splitlines()]
        assert entries[0]["pid"] == int(journal.stem)
        own = {
            e["patch"]["target"].split("mark")[-1].split("_")[0]
            for e in entries
            if "mark" in e.get("patch", {}).get("target", "")
        }
        assert len(own) <= 1
