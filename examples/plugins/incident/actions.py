"""Actions: what plugins offer. A decorated function, its description, and what it may touch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import FunctionType
from typing import Any, cast

import overt

actions: overt.Registry[Action] = overt.registry("incident.actions", order="name")


@dataclass(frozen=True, slots=True)
class Incident:
    """What an action is run for."""

    number: int
    ttl: str = "1h"
    owner: str = ""
    """The plugin whose action runs: it answers for the patches. Set by the runtime."""

    def patch(self, target: str, replacement: Any, **options: Any) -> overt.Handle:
        """Replace a target for as long as the incident may last."""
        return overt.patch(target, replacement, **self._options(options))

    def around(self, target: str, advice: Callable[..., Any], **options: Any) -> overt.Handle:
        """Run an advice around a target for as long."""
        handle: overt.Handle = overt.around(target, advice, **self._options(options))
        return handle

    def _options(self, given: dict[str, Any]) -> dict[str, Any]:
        return {
            "reason": f"incident {self.number}",
            "owner": self.owner,
            "ttl": self.ttl,
            **given,
        }


@dataclass(frozen=True, slots=True)
class Action:
    """One remedy."""

    name: str
    does: str
    touches: tuple[str, ...]
    """Globs of the targets that it may patch: the runtime refuses others."""
    run: FunctionType


def action[F: Callable[[Incident], list[overt.Handle]]](
    name: str, *, touches: tuple[str, ...]
) -> Callable[[F], F]:
    """Offer a function as an action; its docstring's first line says what it does.

    @action("slow-search", touches=("shop.search:*",))
    def degrade(incident):
        '''Answer searches from the cache only.'''
        return [incident.patch("shop.search:query", cached)]
    """

    def decorate(function: F) -> F:
        does = (function.__doc__ or "").strip().partition("\n")[0]
        if not does:
            raise TypeError(f"action {name!r} has no docstring: say what it does")
        if not touches:
            raise TypeError(f"action {name!r} touches nothing: say what it may patch")
        owner = function.__module__.partition(".")[0]  # whose action it is, not who registers it
        actions.register(
            name, Action(name, does, touches, cast("FunctionType", function)), owner=owner
        )
        return function

    return decorate
