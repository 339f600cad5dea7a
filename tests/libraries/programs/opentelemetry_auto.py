"""opentelemetry-instrument patches from a sitecustomize, before the program's first line."""

import sqlite3

import requests
from snapshot import differences

EXPECT = {
    "starter": (
        "opentelemetry-instrument",
        "--traces_exporter=none",
        "--metrics_exporter=none",
        "--logs_exporter=none",
        "python",
    ),
    "owners": [
        "opentelemetry-instrumentation-asyncio",
        "opentelemetry-instrumentation-dbapi",
        "opentelemetry-instrumentation-flask",
        "opentelemetry-instrumentation-httpx",
        "opentelemetry-instrumentation-jinja2",
        "opentelemetry-instrumentation-logging",
        "opentelemetry-instrumentation-requests",
        "opentelemetry-instrumentation-sqlalchemy",
        "opentelemetry-instrumentation-threading",
        "opentelemetry-instrumentation-urllib",
        "opentelemetry-instrumentation-urllib3",
    ],
    "needs": ["opentelemetry-distro", "flask", "httpx", "requests", "sqlalchemy"],
    "at_least": 29,
    "targets": {
        "requests.sessions:Session.send": "opentelemetry-instrumentation-requests",
        "sqlite3:connect": "opentelemetry-instrumentation-dbapi",
    },
}

with differences():
    sqlite3.connect(":memory:").close()
    requests.Session().close()
