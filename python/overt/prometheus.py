"""What Overt measures, for a registry of prometheus_client.

    from prometheus_client import REGISTRY
    REGISTRY.register(overt.prometheus.collector())

Names and labels are those of `overt metrics`: docs/measuring.md lists them. Needs the package
prometheus_client; importing this module changes nothing.
"""

from __future__ import annotations

import atexit
import json
import os
import subprocess
import sysconfig
from pathlib import Path
from typing import TYPE_CHECKING

from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.registry import Collector

import overt._native as _native
from overt._totals import Totals

if TYPE_CHECKING:
    from collections.abc import Iterable

    from prometheus_client import Metric

_TIMEOUT = 5  # seconds: a scrape must not wait for a worker that hangs
_DIRECTORY = "PROMETHEUS_MULTIPROC_DIR"


class _Process(Collector):
    """This process."""

    def describe(self) -> list[Metric]:
        return []  # which metrics there are depends on what was patched

    def collect(self) -> Iterable[Metric]:
        return text_string_to_metric_families(_native.metrics())


class _Service(_Process):
    """All processes of the service, with those that have ended."""

    def __init__(self, directory: Path) -> None:
        self._path = directory / "overt.json"  # prometheus_client reads *.db
        atexit.register(self._end)  # in workers that are forked later, too

    def collect(self) -> Iterable[Metric]:
        with Totals(self._path) as totals:
            totals.see(_of_all() or _native.metrics(each=True))
            return totals.metrics()

    def _end(self) -> None:
        if self._path.parent.is_dir():
            with Totals(self._path) as totals:
                totals.see(_native.metrics(each=True))


def _of_all() -> str:
    """Ask all through their control sockets, where there are any."""
    name = json.loads(_native.hello())["service"]
    if not name:
        return ""
    command = Path(sysconfig.get_path("scripts")) / "overt"
    done = subprocess.run(
        [command, "metrics", "--each", name],
        capture_output=True,
        text=True,
        check=False,
        timeout=_TIMEOUT,
    )
    return done.stdout


def collector() -> Collector:
    """Return a collector of this process; in multiprocess mode, of all processes of its service.

    Multiprocess mode is prometheus_client's: PROMETHEUS_MULTIPROC_DIR is set, and any worker may be
    the one that is scraped. It answers for all: it asks the others through their control sockets,
    and what workers that ended have counted is kept in that directory. Where processes have no
    control sockets, each tells its numbers when it is scraped itself, and when it ends.
    """
    directory = os.environ.get(_DIRECTORY)
    return _Service(Path(directory)) if directory else _Process()
