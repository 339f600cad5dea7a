"""The instrumentors that the OpenTelemetry programs switch on and off."""

from collections.abc import Iterator
from importlib import import_module
from typing import Any

INSTRUMENTORS = {
    "asyncio": "AsyncioInstrumentor",
    "flask": "FlaskInstrumentor",
    "httpx": "HTTPXClientInstrumentor",
    "jinja2": "Jinja2Instrumentor",
    "logging": "LoggingInstrumentor",
    "requests": "RequestsInstrumentor",
    "sqlalchemy": "SQLAlchemyInstrumentor",
    "sqlite3": "SQLite3Instrumentor",
    "threading": "ThreadingInstrumentor",
    "urllib": "URLLibInstrumentor",
    "urllib3": "URLLib3Instrumentor",
}


def instrumentors() -> Iterator[Any]:
    for library, name in INSTRUMENTORS.items():
        yield getattr(import_module(f"opentelemetry.instrumentation.{library}"), name)()
