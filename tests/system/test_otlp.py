"""Metrics and events over the wire: OpenTelemetry's own exporters, to an OTLP endpoint.

`otelcol`, the collector itself, where the machine has one with its OTLP receiver and debug
exporter; and the services of the official protocol package, which are always there.
"""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Overt

pytest.importorskip("opentelemetry.exporter.otlp.proto.http")

APP = """
import colorsys
import overt
overt.watch()
old = colorsys.rgb_to_hls
def rgb_to_hls(*args):
    return old(*args)
colorsys.rgb_to_hls = rgb_to_hls
for i in range(100):
    colorsys.rgb_to_hls(1, 0, 0)
try: colorsys.rgb_to_hls()
except TypeError: pass

from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
import overt.otel
meters = MeterProvider([PeriodicExportingMetricReader(OTLPMetricExporter())])
logs = LoggerProvider()
logs.add_log_record_processor(BatchLogRecordProcessor(OTLPLogExporter()))
overt.otel.instrument(meters, logs)
overt.switch("__main__").off(reason="incident 42")
assert meters.force_flush() and logs.force_flush()
meters.shutdown()
logs.shutdown()
"""


def send(overt: Overt, port: int) -> None:
    """Run the program, which sends to that port."""
    done = overt.plain(
        sys.executable,
        overt.write("app.py", APP),
        env={"OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{port}"},
    )
    assert (done.returncode, done.stderr) == (0, "")


def plain(attributes: list[dict[str, Any]]) -> dict[str, str]:
    """Return the attributes whose values are text."""
    return {each["key"]: each["value"].get("stringValue", "") for each in attributes}


def of_the_app(metric: dict[str, Any]) -> list[dict[str, Any]]:
    """Return its points without those of libraries: typing_extensions patches typing on 3.12."""
    points: list[dict[str, Any]] = metric["sum"]["dataPoints"]
    return [each for each in points if plain(each["attributes"])["overt.owner"] == "__main__"]


def test_what_an_endpoint_receives(overt: Overt) -> None:
    """Cumulative monotonic sums with their unit and attributes, and the event with its name."""
    words = [sys.executable, Path(__file__).with_name("otlp_endpoint.py")]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            send(overt, int(server.stdout.readline()))
        finally:
            server.kill()
        requests = [json.loads(line) for line in server.stdout]
    received = [r for request in requests for r in request.get("resourceMetrics", ())]
    metrics = {m["name"]: m for r in received for s in r["scopeMetrics"] for m in s["metrics"]}
    assert {s["scope"]["name"] for r in received for s in r["scopeMetrics"]} == {"overt"}
    calls = metrics["overt.patch.calls"]
    assert (calls["unit"], calls["sum"]["isMonotonic"]) == ("{call}", True)
    assert calls["sum"]["aggregationTemporality"] == "AGGREGATION_TEMPORALITY_CUMULATIVE"
    points = {
        tuple(sorted(plain(point["attributes"]).items())): int(point["asInt"])
        for point in of_the_app(calls)
    }
    patch = [("overt.owner", "__main__"), ("overt.patch", "colorsys:rgb_to_hls")]
    assert points == {
        tuple(sorted([*patch, ("overt.outcome", "patched")])): 100,
        tuple(sorted([*patch, ("overt.outcome", "error")])): 1,
    }
    overhead = metrics["overt.patch.overhead"]
    assert overhead["unit"] == "s"
    assert 0 < of_the_app(overhead)[0]["asDouble"] < 60
    logs = [
        record
        for request in requests
        for r in request.get("resourceLogs", ())
        for scope in r["scopeLogs"]
        for record in scope["logRecords"]
    ]
    (event,) = logs  # told once
    assert event["eventName"] == "overt.switch"
    assert event["severityNumber"] == "SEVERITY_NUMBER_INFO"
    assert plain(event["attributes"])["overt.switch.reason"] == "incident 42"


CONFIGURATION = """
receivers: {otlp: {protocols: {http: {endpoint: "127.0.0.1:PORT"}}}}
exporters: {debug: {verbosity: detailed}}
service:
  telemetry: {metrics: {level: none}}
  pipelines:
    metrics: {receivers: [otlp], exporters: [debug]}
    logs: {receivers: [otlp], exporters: [debug]}
"""


def test_the_collector_takes_it(overt: Overt, wait_for: Callable[..., Any]) -> None:
    """And prints the same numbers."""
    command = shutil.which("otelcol")
    if command is None:
        pytest.skip("no otelcol on this machine")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    settings = overt.write("otelcol.yaml", CONFIGURATION.replace("PORT", str(port)))
    output = overt.cwd / "otelcol.out"
    with output.open("w") as file:
        collector = subprocess.Popen(
            [command, f"--config=file:{settings}"], stdout=file, stderr=file
        )
    try:
        wait_for(lambda: "Everything is ready" in output.read_text(), "the collector's start")
        send(overt, port)
        wait_for(lambda: "incident 42" in output.read_text(), "the event")
    finally:
        collector.terminate()
        collector.wait()
    printed = output.read_text()
    for expected in (
        "-> Name: overt.patch.calls",
        "-> overt.patch: Str(colorsys:rgb_to_hls)",
        "Value: 100\n",
        "-> IsMonotonic: true",
        "-> Name: overt.patch.overhead",
        "EventName: overt.switch",
    ):
        assert expected in printed
