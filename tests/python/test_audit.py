"""Audit events: hooks are told of every patch, and can veto what would change the program."""

from __future__ import annotations

import os
import subprocess
import sys

PROGRAM = """
import os, sys, threading, time
import overt
sys.modules["prog"] = sys.modules["__main__"]
def price(): return "price"
told, veto = [], set()
def hook(event, args):
    if not event.startswith("overt."): return
    told.append((event[6:], *args))
    if event[6:] in veto: raise PermissionError(event)
sys.addaudithook(hook)
def refused(call):
    try: call()
    except PermissionError as error: return str(error)
    return "allowed"
def events():
    for _ in range(1000): pass
    seen = told[:]; told.clear()
    return [" ".join(each) for each in seen]
handle = overt.patch("prog:price", lambda: "patched", owner="acme")
"""


def run(source: str, **environ: str) -> str:
    """Run a program with a hook; return what it prints."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM + source],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **environ},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


def test_hooks_are_told_of_a_patchs_life() -> None:
    """install, off, on, remove, once each, with target and owner, in that order."""
    assert (
        run("""
with handle: handle.off(); handle.on()
assert events() == [f"{e} prog:price acme" for e in ("install", "off", "on", "remove")]
handle.remove(); handle.off(); handle.on()
assert events() == []
handle.install()
overt.switch("acme").off(); overt.switch("acme").off(); overt.switch("acme").on()
assert events() == [f"{e} prog:price acme" for e in ("install", "off", "on")]
overt.reset()
assert events() == ["remove prog:price acme"]
""")
        == ""
    )


def test_hooks_can_veto_an_installation_and_a_switching_on() -> None:
    """The hook's exception reaches the caller, and nothing has changed."""
    assert (
        run("""
raw = price
veto.add("install")
assert refused(handle.install) == "overt.install"
assert refused(lambda: overt.around("not.imported:yet", print).install()) == "overt.install"
assert price is raw and handle.state == "idle" and overt.ledger() == () and overt.handles() == ()
veto.clear()
handle.install().off()
overt.switch("acme").off()
veto.add("on")
assert refused(handle.on) == refused(overt.switch("acme").on) == "overt.on"
assert price() == "price" and handle.state == "off"
""")
        == ""
    )


def test_a_kill_is_never_vetoed() -> None:
    """Off and removal happen all the same; the exception is raised when they have."""
    assert (
        run("""
veto.update({"off", "remove"})
handle.install()
assert refused(handle.off) == "overt.off" and price() == "price"
handle.on()
assert refused(overt.switch("acme").off) == "overt.off" and price() == "price"
overt.switch("acme").on()
assert refused(handle.remove) == "overt.remove" and handle.state == "idle" and price() == "price"
""")
        == ""
    )


def test_what_the_native_thread_changes_is_told_at_the_next_safe_point() -> None:
    """A vote of `overt off` is told when Python runs next; a raising hook is unraisable."""
    printed = run(
        """
import json, socket, tempfile
os.environ["OVERT_RUNTIME_DIR"] = tempfile.mkdtemp()
handle.install()
events()
client = socket.socket(socket.AF_UNIX)
client.connect(overt.serve())
def say(verb):
    frame = {"jsonrpc": "2.0", "id": 1, "method": verb, "params": {"on": [{"scope": "process"}]}}
    client.sendall(json.dumps(frame).encode() + b"\\n")
    assert b"result" in client.recv(65536)
say("off")
assert events() == ["off prog:price acme"]
veto.add("on")
say("on")
assert events() == ["on prog:price acme"]
assert price() == "patched"
"""
    )
    assert "PermissionError: overt.on" in printed
    assert "an audit hook, told of what was switched" in printed


def test_a_hook_may_use_overt_itself() -> None:
    """A hook that removes, switches or installs meanwhile neither hangs nor breaks anything."""
    assert (
        run("""
other = overt.patch("prog:other", 2)
other_value = globals().setdefault("other", 1)
def meddler(event, args):
    if event == "overt.remove" and args[0] == "prog:price" and handle.state != "idle" and not busy:
        busy.append(1)
        handle.remove()
        busy.clear()
    if event == "overt.off" and other_patch.state == "idle": other_patch.install()
busy = []
LIMIT = 1
other_patch = overt.patch("prog:LIMIT", 2)
sys.addaudithook(meddler)
handle.install().off()
assert LIMIT == 2
handle.remove()
assert (price(), handle.state, overt.handles()[0].target) == ("price", "idle", "prog:LIMIT")
""")
        == ""
    )


def test_events_run_without_a_lock_of_ours() -> None:
    """While a hook waits, other threads install, switch and list."""
    assert (
        run("""
go, done = threading.Event(), threading.Event()
def work():
    go.wait(10)
    with overt.patch("prog:LIMIT", 2, owner="other") as patch:
        patch.off(); overt.switch("other").on(); overt.ledger()
    done.set()
LIMIT = 1
def waiting(event, args):
    if event.startswith("overt.") and args[1] == "acme":
        go.set()
        assert done.wait(10)
sys.addaudithook(waiting)
thread = threading.Thread(target=work); thread.start()
with handle: pass
thread.join()
""")
        == ""
    )
