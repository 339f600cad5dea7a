"""What Overt measures, as metrics and events of OpenTelemetry.

    overt.otel.instrument()                # the global meter and logger providers

Needs opentelemetry-api, and an SDK to send anything; importing this module changes nothing.
"""

from __future__ import annotations

import json
import os
import threading
from typing import TYPE_CHECKING, Any

from opentelemetry import _logs, metrics

import overt
import overt._native as _native

if TYPE_CHECKING:
    from collections.abc import Iterable

_NAME = "overt"
_MOST_PATCHES = 200  # SDKs keep so many sets of attributes that the rest would drown


class _Instruments:
    """The callbacks of one provider. Called by its reader, on a thread of the reader."""

    def __init__(self, logger: _logs.Logger) -> None:
        self._logger = logger
        self.start_over()
        os.register_at_fork(after_in_child=self.start_over)

    def start_over(self) -> None:
        """Tell of what happens from here on. Another thread may have held the lock in a fork."""
        self._lock = threading.Lock()
        self._last = json.loads(_native.hello())["events"]

    def calls(self, _options: metrics.CallbackOptions) -> Iterable[metrics.Observation]:
        self.tell_switches()
        for patch, attributes in _measured():
            done = patch["calls"] - patch["errors"]
            yield metrics.Observation(done, {**attributes, "overt.outcome": "patched"})
            yield metrics.Observation(patch["errors"], {**attributes, "overt.outcome": "error"})

    def overhead(self, _options: metrics.CallbackOptions) -> Iterable[metrics.Observation]:
        for patch, attributes in _measured():
            yield metrics.Observation(patch["own_ns"]["total"] / 1e9, attributes)

    def patches(self, _options: metrics.CallbackOptions) -> Iterable[metrics.Observation]:
        counts: dict[tuple[str, str], int] = {}
        for patch in json.loads(_native.measured())["patches"]:
            if not patch["internal"]:
                key = (patch["state"], patch["origin"])
                counts[key] = counts.get(key, 0) + 1
        for (state, origin), count in counts.items():
            yield metrics.Observation(
                count, {"overt.patch.state": state, "overt.patch.class": origin}
            )

    def transitions(self, _options: metrics.CallbackOptions) -> Iterable[metrics.Observation]:
        for each in json.loads(_native.hello())["transitions"]:
            attributes = {"overt.switch.source": each["source"], "overt.switch.to": each["to"]}
            yield metrics.Observation(each["patches"], attributes)

    def tell_switches(self) -> None:
        """Emit an event for each change of votes since the last time."""
        with self._lock:
            page = json.loads(_native.events(self._last))
            for event in page["events"]:
                self._last = event["sequence"]
                if event["kind"] == "switch":
                    self._logger.emit(_switch_event(event))


def _measured() -> list[tuple[dict[str, Any], dict[str, str]]]:
    """The most expensive patches, with the attributes that name each."""
    patches = json.loads(_native.measured())["patches"]
    patches = [p for p in patches if p["metered"] and not p["internal"]]
    patches.sort(key=lambda patch: patch["own_ns"]["total"], reverse=True)
    seen: dict[tuple[str, str], dict[str, Any]] = {}
    for patch in patches:
        key = (patch["target"], patch["owner"]["name"])
        if len(seen) >= _MOST_PATCHES and key not in seen:
            key = ("other", "other")
        total = seen.setdefault(key, {"calls": 0, "errors": 0, "own_ns": {"total": 0.0}})
        total["calls"] += patch["calls"]
        total["errors"] += patch["errors"]
        total["own_ns"]["total"] += patch["own_ns"]["total"]
    return [
        (total, {"overt.patch": target, "overt.owner": owner})
        for (target, owner), total in seen.items()
    ]


def _patch_name(number: int) -> str:
    return f"p{number}" if number > 0 else f"w{-number}"  # of a decorator, as the journal says


def _switch_event(event: dict[str, Any]) -> _logs.LogRecord:
    what = event["what"]
    reason = what["reason"]
    return _logs.LogRecord(
        timestamp=int(event["at"] * 1e9),
        severity_number=_logs.SeverityNumber.INFO,
        severity_text="INFO",
        event_name="overt.switch",
        body=f"{what['verb']} by {what['source']}" + (f": {reason}" if reason else ""),
        attributes={
            "overt.switch.verb": what["verb"],
            "overt.switch.source": what["source"],
            "overt.switch.actor": what["actor"],
            "overt.switch.reason": reason,
            "overt.switch.turned_off": [_patch_name(i) for i in what["turned_off"]],
            "overt.switch.turned_on": [_patch_name(i) for i in what["turned_on"]],
        },
    )


def instrument(
    meter_provider: metrics.MeterProvider | None = None,
    logger_provider: _logs.LoggerProvider | None = None,
) -> None:
    """Export calls and own time of patches as metrics, and each switch change as a log event.

    The instruments are observable: they are read when the provider's reader collects, and events
    are emitted then too, so that Overt needs no thread of its own.
    """
    version = overt.__version__
    meter = metrics.get_meter(_NAME, version, meter_provider)
    instruments = _Instruments(_logs.get_logger(_NAME, version, logger_provider))
    meter.create_observable_counter(
        "overt.patch.calls", [instruments.calls], "{call}", "Calls that went through a patch."
    )
    meter.create_observable_counter(
        "overt.patch.overhead",
        [instruments.overhead],
        "s",
        "Time in a patch and not in what it replaced.",
    )
    meter.create_observable_counter(
        "overt.switch.transitions",
        [instruments.transitions],
        "{patch}",
        "Patches that votes of a source have turned off or on.",
    )
    meter.create_observable_up_down_counter(
        "overt.patches", [instruments.patches], "{patch}", "Patches by state."
    )
