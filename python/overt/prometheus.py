"""What Overt measures, for a registry of prometheus_client.

    from prometheus_client import REGISTRY
    REGISTRY.register(overt.prometheus.collector())

Names and labels are those of `overt metrics`: docs/measuring.md lists them. Needs the package
prometheus_client; importing this module changes nothing.
"""

from __future__ import annotations

import json
import os
import subprocess
import sysconfig
from pathlib import Path
from typing import TYPE_CHECKING

from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.registry import Collector

import overt._native as _native

if TYPE_CHECKING:
    from collections.abc import Iterator

    from prometheus_client import Metric

_TIMEOUT = 5  # seconds: a scrape must not wait for a worker that hangs


class _Overt(Collector):
    def __init__(self, service: bool | None) -> None:
        self._service = service

    def describe(self) -> list[Metric]:
        return []  # which metrics there are depends on what was patched

    def collect(self) -> Iterator[Metric]:
        yield from text_string_to_metric_families(self._text())

    def _text(self) -> str:
        service = self._service
        if service is None:
            service = "PROMETHEUS_MULTIPROC_DIR" in os.environ
        name = json.loads(_native.hello())["service"] if service else ""
        if not name:
            return _native.metrics()
        command = Path(sysconfig.get_path("scripts")) / "overt"
        done = subprocess.run(
            [command, "metrics", name],
            capture_output=True,
            text=True,
            check=False,
            timeout=_TIMEOUT,
        )
        # 5: some process did not answer; the others did.
        return done.stdout if done.returncode in (0, 5) else _native.metrics()


def collector(*, service: bool | None = None) -> Collector:
    """Return a collector of this process, or of all processes of its service added up.

    Where `service` is left out it is the second in prometheus_client's multiprocess mode
    (PROMETHEUS_MULTIPROC_DIR), in which any worker may be the one that is scraped. The others are
    asked through their control sockets; a process that has none answers for itself alone.
    """
    return _Overt(service)
