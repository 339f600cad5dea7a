"""Switching all patches of an owner from inside of the process, also those that others made."""

from __future__ import annotations

from dataclasses import dataclass

from overt import _native
from overt._ledger import Owner


@dataclass(frozen=True, slots=True)
class Switched:
    """Where one patch stands."""

    id: int
    """Below zero for a decorator of `overt.wrapper`, which is no patch."""
    target: str
    off: bool
    """New calls behave as if the patch had never been made."""
    why: str | None
    """What is in the way, where it cannot be switched."""


class Switch:
    """The switch of an owner: a distribution, its top package, or a module of the application."""

    __slots__ = ("owner",)

    def __init__(self, owner: str) -> None:
        """Name the owner; called by `switch()`."""
        self.owner = owner

    def off(self, reason: str = "") -> tuple[Switched, ...]:
        """Vote everything of this owner off, also patches that it makes later.

        Returns where each of them stands: what cannot be switched says what is in the way.
        """
        return _rows(_native.switch_owner(self.owner, True, reason))

    def on(self, reason: str = "") -> tuple[Switched, ...]:
        """Withdraw the vote of `off()`; those of other sources may hold patches off still."""
        return _rows(_native.switch_owner(self.owner, False, reason))

    @property
    def patches(self) -> tuple[Switched, ...]:
        """Where each patch of this owner stands now."""
        return _rows(_native.standings(self.owner))


def switch(owner: str | Owner, /) -> Switch:
    """Return the switch of an owner: `overt.switch("sentry-sdk").off("incident 42")`.

    The owner is named, or taken from a patch of `overt.ledger()`.
    Patches of others are known from `overt.watch()`, or the start of `overt run`, on.
    """
    return Switch(owner.name if isinstance(owner, Owner) else owner)


def _rows(rows: list[tuple[int, str, bool, str]]) -> tuple[Switched, ...]:
    return tuple(Switched(id, target, off, why or None) for id, target, off, why in rows)
