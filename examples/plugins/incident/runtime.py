"""The runtime: loads plugins, runs actions all-or-nothing, and takes them back exactly."""

from __future__ import annotations

import dataclasses
import fnmatch
import importlib
from typing import TYPE_CHECKING, Any

import overt
from incident.actions import Action, Incident, actions

if TYPE_CHECKING:
    from collections.abc import Iterable


class Refused(Exception):
    """An action wanted to touch what it did not declare."""


class Runtime:
    """The actions that are in force in this process."""

    def __init__(self) -> None:
        """Begin with none in force."""
        self._running: dict[str, list[overt.Handle]] = {}

    def load(self, plugins: Iterable[str]) -> None:
        """Import plugins by module name: all, or none of their actions stays."""
        before = actions.snapshot()
        try:
            for plugin in plugins:
                importlib.import_module(plugin)
        except BaseException:
            actions.restore(before)
            raise

    def run(self, name: str, incident: Incident) -> tuple[overt.Handle, ...]:
        """Put an action in force: every patch of it, or none."""
        if name in self._running:
            raise Refused(f"{name!r} is in force already")
        action = actions[name]
        owner = actions.entries(name)[0].owner.name
        handles = action.run(dataclasses.replace(incident, owner=owner))
        for handle in handles:
            if not any(fnmatch.fnmatchcase(handle.target, glob) for glob in action.touches):
                raise Refused(
                    f"{name!r} may touch {', '.join(action.touches)}, not {handle.target}"
                )
        with overt.transaction():
            for handle in handles:
                handle.install()
        self._running[name] = handles
        return tuple(handles)

    def stop(self, name: str) -> None:
        """Take an action back: what it patched is the object again that was there."""
        for handle in reversed(self._running.pop(name, [])):
            handle.remove()

    def stop_all(self) -> None:
        """Take back all, the last one first."""
        for name in reversed(list(self._running)):
            self.stop(name)

    @property
    def running(self) -> tuple[str, ...]:
        """Names of the actions in force; one whose time has run out is none."""
        for name, handles in list(self._running.items()):
            if all(handle.state == "idle" for handle in handles):
                del self._running[name]
        return tuple(self._running)

    def manifest(self) -> list[dict[str, Any]]:
        """What can be done, by whom, and what of it is in force, as data."""
        return [self._row(entry) for entry in actions.entries()]

    def _row(self, entry: overt.Entry[Action]) -> dict[str, Any]:
        action = entry.value
        return {
            "name": action.name,
            "does": action.does,
            "owner": entry.owner.name,
            "made_at": f"{action.run.__module__}:{action.run.__code__.co_firstlineno}",
            "touches": list(action.touches),
            "running": action.name in self.running,
            "patches": [
                {"target": handle.target, "state": handle.state, "calls": handle.stats.calls}
                for handle in self._running.get(action.name, [])
            ],
        }
