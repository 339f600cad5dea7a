"""Copies that were taken before a patch was made."""

from __future__ import annotations

from overt import _native


def stale(target: str, /, *, closures: bool = False) -> tuple[str, ...]:
    """Who holds what stood at the target before it was patched; by name, sorted.

    `shop.http:now` is a module that imported it by name, `shop.http:Client.now` a class,
    `shop.http:fetch(clock=)` a default argument, with `closures` also
    `shop.http:make.<closure>.now`. None of them is reached by a patch of the name: patch them too,
    or patch with `reach="everywhere"`. For a target that is not patched: who would be stale.

    Raises `overt.TargetError` when the target is not there.
    """
    return tuple(_native.stale(target, closures))
