"""The ledger as Python objects: a view of the same report that the command line prints."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import overt._native as _native


@dataclass(frozen=True, slots=True)
class Owner:
    """Who made a patch: a distribution with its version, or a module of the application."""

    name: str
    version: str | None
    package: str


@dataclass(frozen=True, slots=True)
class Site:
    """The line that made a patch."""

    module: str
    function: str
    file: str
    line: int


@dataclass(frozen=True, slots=True)
class Patch:
    """One patch, as it stood when `ledger()` was called."""

    id: int
    target: str
    change: str
    owner: Owner
    via: tuple[str, ...]
    boundary: str
    reverted: bool
    layer: int
    site: Site
    origin: str
    """`governed`: made through Overt. `foreign`: made by other code."""
    state: str
    """on, off, buried (something else was put at the name since), reverted or lost."""
    reach: str
    """`name` or `everywhere`."""
    reason: str | None
    scope: str | None
    lifetime: str | None
    lost: str | None
    """Why it holds no longer, where nobody took it back."""


def report() -> dict[str, Any]:
    """The report of this process as it stands, in the schema ``overt.report/1``.

    Governed patches are always in it, patches of others as far as they were watched.
    """
    result: dict[str, Any] = json.loads(_native.report())
    return result


def ledger(*, internal: bool = False) -> tuple[Patch, ...]:
    """Every patch seen so far, oldest first; undone ones stay, marked as reverted.

    Governed patches are always listed; those of others from `watch()`, or the start of
    `overt run`, on. With `internal`, also what a distribution changed in itself, where that was
    asked for at the start.
    """
    return tuple(
        _patch(entry) for entry in report()["patches"] if internal or not entry["internal"]
    )


def record(id: int) -> Patch:
    """One patch of the ledger."""
    (entry,) = json.loads(_native.record(id))["patches"]
    return _patch(entry)


def _patch(entry: dict[str, Any]) -> Patch:
    return Patch(
        id=entry["id"],
        target=entry["target"],
        change=entry["change"],
        owner=Owner(**entry["owner"]),
        via=tuple(entry["via"]),
        boundary=entry["boundary"],
        reverted=entry["reverted"],
        layer=entry["layer"],
        site=Site(**entry["site"]),
        origin=entry["origin"],
        state=entry["state"],
        reach=entry["reach"]["kind"],
        reason=entry.get("reason"),
        scope=entry.get("scope"),
        lifetime=entry.get("lifetime"),
        lost=entry.get("lost"),
    )
