"""Telemetry, set up as its users do: both SDKs with their defaults, and nothing kept back.

Only the last step differs from production. Sentry's transport and OpenTelemetry's exporter count
what they are given and drop it, so nothing leaves this machine.

The Flask and SQLAlchemy instrumentations replace `flask.Flask` and `sqlalchemy.create_engine`:
REQUIRES: `start` runs before any module says `from flask import Flask` (see `boot.py`).
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Sequence

import sentry_sdk
from opentelemetry import trace
from opentelemetry.instrumentation.flask import FlaskInstrumentor
from opentelemetry.instrumentation.requests import RequestsInstrumentor
from opentelemetry.instrumentation.sqlalchemy import SQLAlchemyInstrumentor
from opentelemetry.instrumentation.sqlite3 import SQLite3Instrumentor
from opentelemetry.instrumentation.threading import ThreadingInstrumentor
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from sentry_sdk.envelope import Envelope
from sentry_sdk.transport import Transport

# Never connected to; without a DSN the SDK would switch itself off.
DSN = "http://shop@127.0.0.1:9/1"


class Telemetry:
    """What both SDKs would have sent, as numbers."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: Counter[str] = Counter()
        self._provider = TracerProvider(resource=Resource.create({"service.name": "shop"}))
        self._provider.add_span_processor(BatchSpanProcessor(_Exporter(self)))

    def start(self) -> None:
        sentry_sdk.init(dsn=DSN, transport=_Transport(self), traces_sample_rate=1.0)
        trace.set_tracer_provider(self._provider)
        for instrumentor in (
            FlaskInstrumentor(),
            RequestsInstrumentor(),
            SQLAlchemyInstrumentor(),
            SQLite3Instrumentor(),
            ThreadingInstrumentor(),
        ):
            instrumentor.instrument()

    def start_redis(self) -> None:
        """Apart from the others, as it is known late whether there is a redis."""
        from opentelemetry.instrumentation.redis import RedisInstrumentor

        RedisInstrumentor().instrument()

    def add(self, kind: str, number: int = 1) -> None:
        with self._lock:
            self._counts[kind] += number

    def counts(self) -> dict[str, int]:
        self._provider.force_flush(1000)
        with self._lock:
            return dict(sorted(self._counts.items()))

    def close(self) -> None:
        sentry_sdk.flush(1.0)
        self._provider.shutdown()


class _Transport(Transport):
    def __init__(self, telemetry: Telemetry) -> None:
        super().__init__()
        self._telemetry = telemetry

    def capture_envelope(self, envelope: Envelope) -> None:
        for item in envelope.items:
            self._telemetry.add(f"sentry.{item.type}")


class _Exporter(SpanExporter):
    def __init__(self, telemetry: Telemetry) -> None:
        self._telemetry = telemetry

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        self._telemetry.add("opentelemetry.span", len(spans))
        return SpanExportResult.SUCCESS
