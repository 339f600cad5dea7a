"""What is measured reaches Prometheus and OpenTelemetry, through their own libraries."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from conftest import Overt

PATCH = """
import json, os, sys
import overt
{head}
old = json.dumps
def dumps(*args, **kwargs):
    return old(*args, **kwargs)
json.dumps = dumps
for i in range(100):
    json.dumps(i)
try: json.dumps(object())
except TypeError: pass
"""


def families(text: str) -> dict[str, dict[tuple[tuple[str, str], ...], float]]:
    """Read a page with Prometheus' own parser: name -> labels -> value."""
    parser = pytest.importorskip("prometheus_client.parser")
    return {
        family.name: {tuple(sorted(s.labels.items())): s.value for s in family.samples}
        for family in parser.text_string_to_metric_families(text)
    }


def assert_prometheus_takes(text: str) -> None:
    """Ask the parser and the linter of the server itself, where it is installed."""
    if promtool := shutil.which("promtool"):
        done = subprocess.run(
            [promtool, "check", "metrics"], input=text, capture_output=True, text=True, check=False
        )
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_overt_metrics_adds_up_a_service(overt: Overt, wait_for: Callable[..., Any]) -> None:
    """Two workers are one set of series; a vote is there while it holds."""
    source = PATCH.format(head="os.fork()") + "print(os.getpid(), flush=True)\nos.read(0, 1)\n"
    app = overt.write("app.py", "import warnings; warnings.simplefilter('ignore')\n" + source)
    process = overt.start("run", "--", "python", app, stdin=subprocess.PIPE)
    assert process.stdout is not None
    pids = {int(process.stdout.readline()), int(process.stdout.readline())}
    wait_for(lambda: len(json.loads(overt("list", "--json").stdout)["processes"]) == len(pids))
    page = overt("metrics", "app.py").stdout
    assert_prometheus_takes(page)
    found = families(page)
    named = (("owner", "__main__"), ("patch", "json:dumps"))
    calls = found["overt_patch_calls"]
    assert calls[tuple(sorted([*named, ("outcome", "patched")]))] == 200
    assert calls[tuple(sorted([*named, ("outcome", "error")]))] == 2
    assert 0 < found["overt_patch_overhead_seconds"][named] < 60
    assert found["overt_patches"][("class", "foreign"), ("state", "on")] == 2
    assert sum(found["overt_build_info"].values()) == 2
    page = overt("metrics", "--each", "app.py").stdout
    assert_prometheus_takes(page)
    each = families(page)["overt_patch_calls"]
    assert {dict(labels)["pid"] for labels in each} == {str(pid) for pid in pids}
    assert sum(each.values()) == 202
    assert "overt_switch_killed" not in found
    overt("off", "--owner", "__main__", "--reason", "test")
    killed = families(overt("metrics").stdout)["overt_switch_killed"]
    assert killed == {(("scope", "owner __main__"), ("source", "control")): 1}
    overt("on", "--owner", "__main__", "--reason", "test")
    turned = families(overt("metrics").stdout)["overt_switch_transitions"]
    assert turned == {
        (("source", "control"), ("to", "off")): 2,
        (("source", "control"), ("to", "on")): 2,
    }


def test_hostile_names_stay_one_label(overt: Overt) -> None:
    """Quotes, backslashes and new lines in a name cannot make a line of their own."""
    source = (
        "import os, threading\n"
        "threading.__dict__['a\"} 1\\n\\\\x'] = print\nprint(flush=True)\nos.read(0, 1)\n"
    )
    process = overt.start(
        "run", "--", "python", overt.write("app.py", source), stdin=subprocess.PIPE
    )
    assert process.stdout is not None
    process.stdout.readline()
    overt("off", "p1", "--reason", "x")
    page = overt("metrics").stdout
    assert list(families(page)["overt_switch_killed"]) == [
        (("scope", 'threading:a"} 1\n\\x'), ("source", "control"))
    ]
    for text in (page, overt("metrics", "--each").stdout):
        assert_prometheus_takes(text)


def test_nothing_governed_has_no_metrics(overt: Overt) -> None:
    """Exit status 4, as for every verb."""
    assert overt("metrics").returncode == 4


def test_the_collector_is_in_the_hosts_registry(overt: Overt) -> None:
    """generate_latest() prints our series beside the program's own."""
    pytest.importorskip("prometheus_client")
    show = (
        "import prometheus_client, overt.prometheus\n"
        "prometheus_client.Counter('own', 'of the program').inc()\n"
        "prometheus_client.REGISTRY.register(overt.prometheus.collector())\n"
        "print(prometheus_client.generate_latest().decode())\n"
    )
    app = overt.write("app.py", PATCH.format(head="overt.watch()") + show)
    done = overt.plain(sys.executable, app)
    assert (done.returncode, done.stderr) == (0, "")
    found = families(done.stdout)
    assert found["own"][()] == 1
    assert dict(next(iter(found["overt_build_info"])))["python"].startswith("3.")
    labels = (("outcome", "patched"), ("owner", "__main__"), ("patch", "json:dumps"))
    assert found["overt_patch_calls"][labels] == 100


OTEL = """
import json as j
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import InMemoryLogRecordExporter, SimpleLogRecordProcessor
import overt.otel
reader, sent = InMemoryMetricReader(), InMemoryLogRecordExporter()
logs = LoggerProvider()
logs.add_log_record_processor(SimpleLogRecordProcessor(sent))
overt.otel.instrument(MeterProvider([reader]), logs)
overt.switch("__main__").off(reason="incident 42")
data = reader.get_metrics_data()
seen = {}
for scope in data.resource_metrics[0].scope_metrics:
    for metric in scope.metrics:
        for point in metric.data.data_points:
            seen[metric.name + " " + str(sorted(point.attributes.values()))] = point.value
events = [r.log_record for r in sent.get_finished_logs()]
reader.get_metrics_data()
told = [[e.event_name, dict(e.attributes)] for e in events]
print(old([seen, told, len(sent.get_finished_logs())]))
"""


def test_opentelemetry_gets_metrics_and_events(overt: Overt) -> None:
    """Observable instruments are read by the SDK's reader; each change of votes is one event."""
    pytest.importorskip("opentelemetry.sdk.metrics")
    app = overt.write("app.py", PATCH.format(head="overt.watch()") + OTEL)
    done = overt.plain(sys.executable, app)
    assert (done.returncode, done.stderr) == (0, "")
    seen, events, count = json.loads(done.stdout)
    assert seen["overt.patch.calls ['__main__', 'json:dumps', 'patched']"] == 100
    assert seen["overt.patch.calls ['__main__', 'error', 'json:dumps']"] == 1
    assert 0 < seen["overt.patch.overhead ['__main__', 'json:dumps']"] < 60
    assert seen["overt.patches ['foreign', 'off']"] == 1
    ((name, attributes),) = events
    assert name == "overt.switch"
    assert attributes["overt.switch.verb"] == "off"
    assert attributes["overt.switch.reason"] == "incident 42"
    assert list(attributes["overt.switch.turned_off"]) == ["p1"]
    assert count == 1  # told once
