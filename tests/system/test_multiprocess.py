"""Prefork servers: what is counted in a child is the child's, and any worker answers for all."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from conftest import Overt

# The master patches and calls, as with gunicorn's --preload, before it forks.
PRELUDE = """
import colorsys, json, os, signal, sys, warnings
warnings.simplefilter("ignore")
import overt
%s
old = colorsys.rgb_to_hls
def rgb_to_hls(*args):
    return old(*args)
colorsys.rgb_to_hls = rgb_to_hls
handle = overt.around("colorsys:rgb_to_hsv", lambda original, r, g, b: original(r, g, b))
handle.install()
def call(count):
    for i in range(count):
        colorsys.rgb_to_hls(1, 0, 0)
        colorsys.rgb_to_hsv(1, 0, 0)
call(100)
"""

FORKS = """
handle.off()
pid = os.fork()
if pid:
    os.waitpid(pid, 0)
handle.on()
call(7)
calls = {p["target"]: p["calls"] for p in overt.report()["patches"]}
print(json.dumps([pid != 0, calls, handle.stats.calls, handle.stats.own.sampled]), flush=True)
"""


def test_a_child_counts_anew(overt: Overt) -> None:
    """Its parent's calls are its parent's: a service is its processes added up."""
    done = overt.plain(sys.executable, "-c", PRELUDE % "overt.watch()" + FORKS)
    assert (done.returncode, done.stderr) == (0, "")
    for line in done.stdout.splitlines():
        is_parent, calls, of_handle, sampled = json.loads(line)
        expected = 107 if is_parent else 7
        assert calls == {"colorsys:rgb_to_hls": expected, "colorsys:rgb_to_hsv": expected}
        assert of_handle == expected
        assert sampled <= of_handle
    assert len(done.stdout.splitlines()) == 2


WORKERS = """
import prometheus_client
from prometheus_client.multiprocess import MultiProcessCollector
import overt.prometheus
registry = prometheus_client.CollectorRegistry()
MultiProcessCollector(registry)
registry.register(overt.prometheus.collector())
own = prometheus_client.Counter("own", "of the program")

class Worker:
    def __init__(self):
        orders, self.to = os.pipe()
        self.answers, answers = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            while order := os.read(orders, 99).decode():
                os.write(answers, self.obey(*order.split()).encode() or b"-")
    def obey(self, word, count=0):
        if word == "end":
            raise SystemExit
        if word == "scrape":
            return prometheus_client.generate_latest(registry).decode()
        call(int(count))
        own.inc(int(count))
        return ""
    def ask(self, order):
        os.write(self.to, order.encode())
        return os.read(self.answers, 1 << 20).decode()
    def end(self, order):
        if order == "die":
            os.kill(self.pid, signal.SIGKILL)
        else:
            os.write(self.to, order.encode())
        os.waitpid(self.pid, 0)

a, b = Worker(), Worker()
a.ask("call 10")
b.ask("call 20")
pages = [a.ask("scrape"), b.ask("scrape")]
b.end("end")
pages.append(a.ask("scrape"))
c = Worker()
c.ask("call 5")
pages.append(c.ask("scrape"))
c.end("die")
pages.append(a.ask("scrape"))
a.ask("call 1")
a.end("end")
d = Worker()
pages.append(d.ask("scrape"))
d.end("end")
print(json.dumps(pages))
"""


def value(page: str, name: str, **labels: str) -> float:
    """Read one sample, which must be there once."""
    parser = pytest.importorskip("prometheus_client.parser")
    (found,) = (
        sample.value
        for family in parser.text_string_to_metric_families(page)
        for sample in family.samples
        if sample.name == name and labels.items() <= sample.labels.items()
    )
    return float(found)


# Without control sockets nobody hears of the master, which is not scraped; nor of a worker before
# it has been.
@pytest.mark.parametrize(
    ("governed", "expected"),
    [(True, [130, 130, 130, 135, 135, 136]), (False, [10, 30, 30, 35, 35, 36])],
    ids=["run", "watch"],
)
def test_any_worker_answers_for_all(overt: Overt, governed: bool, expected: list[int]) -> None:
    """Nothing is counted twice, and what workers counted that have ended stays."""
    pytest.importorskip("prometheus_client")
    app = overt.write("app.py", PRELUDE % ("" if governed else "overt.watch()") + WORKERS)
    directory = overt.cwd / "prometheus"
    directory.mkdir()
    words: list[Any] = [overt.command, "run", "--report", "r.json", "--"] if governed else []
    done: subprocess.CompletedProcess[str] = overt.plain(
        *words, sys.executable, app, env={"PROMETHEUS_MULTIPROC_DIR": str(directory)}
    )
    assert done.returncode == 0, done.stderr
    pages = json.loads(done.stdout)
    for target in ("colorsys:rgb_to_hls", "colorsys:rgb_to_hsv"):
        calls = [
            value(page, "overt_patch_calls_total", patch=target, outcome="patched")
            for page in pages
        ]
        assert calls == expected
    overhead = [
        value(p, "overt_patch_overhead_seconds_total", patch="colorsys:rgb_to_hls") for p in pages
    ]
    assert overhead == sorted(overhead)
    assert [value(page, "own_total") for page in pages] == [30, 30, 30, 35, 35, 36]
    living = [value(page, "overt_patches", **{"class": "governed"}) for page in pages]
    assert living == ([3, 3, 2, 3, 2, 2] if governed else [1] * 6)
