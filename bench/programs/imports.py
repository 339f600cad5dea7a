"""Imports what examples/shop imports, then instruments it as the shop does. python imports.py [few]

For valgrind, four parts with a mark between them: the interpreter's start, the imports, the
instrumentation (where Overt sees patches), Overt's report.
"""

from __future__ import annotations

import importlib
import os
import sys

FEW = ("flask", "requests")
ALL = (
    *FEW,
    "jinja2",
    "urllib3.util.retry",
    "sqlalchemy.orm",
    "redis",
    "sentry_sdk.integrations.flask",
    "opentelemetry.sdk.resources",
    "opentelemetry.sdk.trace.export",
    "opentelemetry.instrumentation.flask",
    "opentelemetry.instrumentation.redis",
    "opentelemetry.instrumentation.requests",
    "opentelemetry.instrumentation.sqlalchemy",
    "opentelemetry.instrumentation.sqlite3",
    "opentelemetry.instrumentation.threading",
)
INSTRUMENTED = ("Flask", "Redis", "Requests", "SQLAlchemy", "SQLite3", "Threading")


def instrument() -> None:
    import sentry_sdk

    sentry_sdk.init(dsn="http://shop@127.0.0.1:9/1", transport=lambda *_: None)
    for name in INSTRUMENTED:
        module = importlib.import_module(f"opentelemetry.instrumentation.{name.lower()}")
        getattr(module, f"{name}Instrumentor")().instrument()


def main() -> None:
    few = "few" in sys.argv
    os.getppid()  # a mark
    for name in FEW if few else ALL:
        importlib.import_module(name)
    os.getppid()
    if not few:
        instrument()
    os.getppid()
    if overt := sys.modules.get("overt._native"):
        overt.finish()
    os.getppid()
    os._exit(0)


if __name__ == "__main__":
    main()
