"""Counters of a service whose processes come and go: what those that ended have counted stays.

Kept in one file, which all processes of the service share. Without it the sum would fall with each
worker that ends, which Prometheus takes for a restart, and counts once more what it had counted.
"""

from __future__ import annotations

import fcntl
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families

if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import TracebackType

type Samples = dict[str, float]  # by name and labels, as JSON
type Counts = dict[str, Samples]  # by pid

_GONE = "gone"


def _key(name: str, labels: dict[str, str]) -> str:
    return json.dumps([name, sorted(labels.items())])


def _is_alive(pid: str) -> bool:
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


def _add(to: Samples, samples: Samples) -> None:
    for key, value in samples.items():
        to[key] = to.get(key, 0) + value


class Totals:
    """The file while it is open, which nobody else has open then."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._counts: Counts = {}
        self._others: dict[str, Metric] = {}  # what is no counter: of the processes that answered

    def __enter__(self) -> Totals:
        """Wait for it, and read it."""
        self._file = self._path.open("a+")
        fcntl.flock(self._file, fcntl.LOCK_EX)
        self._file.seek(0)
        try:
            self._counts = json.loads(self._file.read() or "{}")
        except ValueError:  # its writer was killed, or the disk was full
            self._counts = {}
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Write it back."""
        for pid in [pid for pid in self._counts if pid != _GONE and not _is_alive(pid)]:
            self._fold(pid)
        self._file.seek(0)
        self._file.truncate()
        self._file.write(json.dumps(self._counts))
        self._file.flush()
        fcntl.flock(self._file, fcntl.LOCK_UN)  # a child that was forked meanwhile has it open, too
        self._file.close()

    def _fold(self, pid: str) -> None:
        _add(self._counts.setdefault(_GONE, {}), self._counts.pop(pid, {}))

    def see(self, text: str) -> None:
        """Take what `overt metrics --each` says of some processes."""
        seen: Counts = {}
        for family in text_string_to_metric_families(text):
            other = self._others.setdefault(
                family.name, Metric(family.name, family.documentation, family.type)
            )
            for name, labels, value, *_ in family.samples:
                pid = labels.pop("pid")
                if family.type == "counter":
                    seen.setdefault(pid, {})[_key(name, labels)] = value
                else:
                    other.add_sample(name, labels, value)
        for pid, samples in seen.items():
            last = self._counts.get(pid, {})
            if any(value < last.get(key, 0) for key, value in samples.items()):
                self._fold(pid)  # another process has its number now
            self._counts[pid] = samples

    def metrics(self) -> Iterable[Metric]:
        """Return everything added up."""
        counters: Samples = {}
        for samples in self._counts.values():
            _add(counters, samples)
        families = {name: _added_up(metric) for name, metric in self._others.items()}
        for key, value in counters.items():
            name, labels = json.loads(key)
            family = families.setdefault(
                name.removesuffix("_total"),
                Metric(name.removesuffix("_total"), "Of processes that have ended.", "counter"),
            )
            family.add_sample(name, dict(labels), value)
        return families.values()


def _added_up(metric: Metric) -> Metric:
    total = Metric(metric.name, metric.documentation, metric.type)
    values: dict[str, list[float]] = {}
    for name, labels, value, *_ in metric.samples:
        values.setdefault(_key(name, labels), []).append(value)
    # A vote that several processes have is one vote.
    add: Any = max if metric.name == "overt_switch_killed" else sum
    for key, each in values.items():
        name, pairs = json.loads(key)
        total.add_sample(name, dict(pairs), add(each))
    return total
