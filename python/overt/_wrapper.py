"""Decorators with a switch."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, Self, TypeVar, overload

from overt import _native
from overt._stats import Stats

if TYPE_CHECKING:
    from collections.abc import Callable

F = TypeVar("F")


class Wrapper:
    """A decorator: what it decorates runs its advice, until it is switched off.

    Name, signature, pickling and all else of the decorated function stay as they are.
    """

    def __init__(
        self, advice: Callable[..., Any], owner: str, budget: float | str | None = None
    ) -> None:
        """Make a decorator of an advice; called by `wrapper()`."""
        self._native = _native.Wrapper(advice, owner, budget)
        if self._native.needs_thread:
            from overt._control import end_with_the_process

            end_with_the_process()
        functools.update_wrapper(self, advice)

    def __call__(self, function: F) -> F:
        """Decorate a function, method, staticmethod, classmethod or property.

        Raises `overt.SignatureError` when the advice cannot take its calls.
        """
        decorated: Any = self._native.wrap(function)
        return decorated  # type: ignore[no-any-return]  # looks like the function in every way

    def off(self) -> Self:
        """Everything decorated runs as if it were not, from the next call on."""
        self._native.set_off(True)
        return self

    def on(self) -> Self:
        """The advice runs again, also where its budget had switched it off.

        Votes from elsewhere, as on its owner, may hold it off all the same.
        """
        self._native.set_off(False)
        return self

    @property
    def state(self) -> str:
        """`on` or `off`."""
        return "off" if self._native.is_off else "on"

    @property
    def owner(self) -> str:
        """The distribution, or the application's module, that answers for it."""
        return self._native.owner

    @property
    def stats(self) -> Stats:
        """What was counted over everything that is decorated."""
        return Stats.of(self._native.stats())


@overload
def wrapper(
    advice: Callable[..., Any], /, *, owner: str = "", budget: float | str | None = None
) -> Wrapper: ...
@overload
def wrapper(
    *, owner: str = "", budget: float | str | None = None
) -> Callable[[Callable[..., Any]], Wrapper]: ...
def wrapper(
    advice: Callable[..., Any] | None = None,
    /,
    *,
    owner: str = "",
    budget: float | str | None = None,
) -> Wrapper | Callable[[Callable[..., Any]], Wrapper]:
    """Make a decorator of an advice, `advice(original, *args, **kwargs)`.

    @overt.wrapper
    def timed(original, *args, **kwargs): ...

    @timed
    def price(amount): ...

    timed.off()

    `budget` is the mean own time that a call may take, in seconds or as "20us": an advice that
    takes more is switched off. Votes on the owner switch it off, too.
    """
    if advice is None:
        return lambda function: Wrapper(function, owner, budget)
    return Wrapper(advice, owner, budget)
