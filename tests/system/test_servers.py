"""The programs that people run: gunicorn, uvicorn, celery, pytest with xdist."""

from __future__ import annotations

import re
import signal
import subprocess
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from conftest import Overt

APPLICATION = """
import string
string.Template.loaded = print
def app(environ, start_response):
    string.Template.asked = print
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"hello"]
async def asgi(scope, receive, send):
    string.Template.asked = print
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"hello"})
"""


class Server:
    """A server under `overt run --report reports/`, with its log in a file."""

    def __init__(self, overt: Overt, wait_for: Callable[..., Any], *words: str) -> None:
        overt.write("shop.py", APPLICATION)
        self.overt = overt
        self.wait_for = wait_for
        self.log = overt.cwd / "log"
        self.process = self.start(*words)

    def start(self, *words: str) -> subprocess.Popen[str]:
        """Start the server in the program's directory."""
        with self.log.open("w") as log:
            environment = {"PYTHONPATH": str(self.overt.cwd)}
            options = {"stdout": log, "stderr": log, "env": environment}
            return self.overt.start("run", "--report", "reports/", "--", *words, **options)

    def says(self, pattern: str) -> str:
        """Wait until the log has `pattern`; return its first group."""
        found = self.wait_for(lambda: re.search(pattern, self.log.read_text()), pattern)
        return str(found.group(1))

    def get(self, address: str) -> bytes:
        """Ask the server once."""
        with urllib.request.urlopen(address, timeout=30) as answer:
            body: bytes = answer.read()
            return body

    def report(self, pid: int) -> dict[str, Any]:
        """Wait for the report of a process and return it."""
        path = self.overt.cwd / "reports" / f"{pid}.json"
        self.wait_for(path.exists, f"report of {pid}")
        return self.overt.json(path)


def targets(report: dict[str, Any]) -> set[str]:
    """Return what this test's own application patched."""
    return {p["target"] for p in report["patches"] if p["target"].startswith("string:Template.")}


@pytest.mark.parametrize("worker", ["sync", "gthread", "gevent"])
@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGINT])
def test_gunicorn_and_its_workers_report(
    overt: Overt, wait_for: Callable[..., Any], worker: str, end: signal.Signals
) -> None:
    """The master lists its workers; each worker's report has what the application did in it."""
    pytest.importorskip("gunicorn")
    if worker == "gevent":
        pytest.importorskip("gevent")
    server = Server(
        overt, wait_for, "gunicorn", "-w", "2", "-k", worker, "-b", "127.0.0.1:0", "shop:app"
    )
    assert server.get(server.says(r"Listening at: (http://\S+)")) == b"hello"
    wait_for(lambda: server.log.read_text().count("Booting worker") == 2)
    workers = {
        int(pid) for pid in re.findall(r"Booting worker with pid: (\d+)", server.log.read_text())
    }
    for pid in workers:
        journal = overt.cwd / "reports" / f"{pid}.journal"
        wait_for(
            lambda journal=journal: "Template.loaded" in journal.read_text(), "a loaded worker"
        )
    server.process.send_signal(end)
    assert server.process.wait(60) == 0
    master = server.report(server.process.pid)
    assert {line["pid"] for line in master["children"]} == workers
    assert {line["started_by"] for line in master["children"]} == {"fork"}
    reports = [server.report(pid) for pid in workers]
    assert all("string:Template.loaded" in targets(report) for report in reports)
    assert any("string:Template.asked" in targets(report) for report in reports)
    if worker == "gevent":
        assert all(
            any(patch["owner"]["name"] == "gevent" for patch in report["patches"])
            for report in reports
        )
    assert overt.runs() == []


def test_uvicorn_on_sigint_reports(overt: Overt, wait_for: Callable[..., Any]) -> None:
    """uvicorn ends in order after SIGINT, and so does its report."""
    pytest.importorskip("uvicorn")
    server = Server(overt, wait_for, "uvicorn", "--port", "0", "--lifespan", "off", "shop:asgi")
    assert server.get(server.says(r"running on (http://\S+)")) == b"hello"
    server.process.send_signal(signal.SIGINT)
    plain = -signal.SIGINT if server.process.wait(60) else 0  # which of them is uvicorn's to choose
    assert server.process.returncode == plain
    report = server.report(server.process.pid)
    assert targets(report) == {"string:Template.loaded", "string:Template.asked"}


def test_uvicorn_on_sigterm_leaves_its_journal(overt: Overt, wait_for: Callable[..., Any]) -> None:
    """uvicorn restores SIG_DFL and dies of SIGTERM by its own hand: a known limit, no report."""
    pytest.importorskip("uvicorn")
    server = Server(overt, wait_for, "uvicorn", "--port", "0", "--lifespan", "off", "shop:asgi")
    assert server.get(server.says(r"running on (http://\S+)")) == b"hello"
    server.process.terminate()
    assert server.process.wait(60) == -signal.SIGTERM
    (journal,) = (overt.cwd / "reports").iterdir()
    read = overt("report", journal)
    assert "string:Template.asked" in read.stdout


CELERY = """
import string
from celery import Celery, signals
app = Celery("tasks", broker="memory://", backend="cache+memory://")
@app.task
def work():
    string.Template.worked = print
    print("task done", flush=True)
@signals.worker_ready.connect
def send(**_):
    work.delay()
"""


def test_a_celery_worker_and_its_pool_report(overt: Overt, wait_for: Callable[..., Any]) -> None:
    """The worker reports after a warm shutdown; its pool process has what the task did."""
    pytest.importorskip("celery")
    overt.write("tasks.py", CELERY)
    words = ("celery", "-A", "tasks", "worker", "-c", "1", "-P", "prefork", "-l", "info")
    server = Server(overt, wait_for, *words)
    server.says("(task done)")
    server.process.terminate()
    assert server.process.wait(60) == 0
    report = server.report(server.process.pid)
    (child,) = report["children"]
    assert child["started_by"] == "fork"
    assert "string:Template.worked" in targets(server.report(child["pid"]))


TESTS = """
import pytest, threading
@pytest.mark.parametrize("number", range(4))
def test_it(number, monkeypatch):
    monkeypatch.setattr(threading.Thread, "patched", print, raising=False)
    threading.Thread.left = print
"""


@pytest.mark.parametrize("workers", [0, 2])
def test_pytest_and_xdist_report(overt: Overt, workers: int) -> None:
    """pytest reports what the tests did, and with xdist every worker does."""
    pytest.importorskip("xdist")
    overt.write("test_it.py", TESTS)
    words = ("pytest", "-q", "-p", "no:cacheprovider", "-n", str(workers), "test_it.py")
    done = overt.report(*words)
    assert done.returncode == 0, done.stdout
    assert "4 passed" in done.stdout
    paths: list[str | Path] = [child["report"] for child in overt.json()["children"]] or ["r.json"]
    assert len(paths) == max(workers, 1)
    for path in paths:
        patches = {patch["target"]: patch for patch in overt.json(path)["patches"]}
        assert patches["threading:Thread.patched"]["reverted"]
        assert not patches["threading:Thread.left"]["reverted"]
