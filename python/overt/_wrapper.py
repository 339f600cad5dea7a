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

    def __init__(self, native: _native.Wrapper) -> None:
        """Wrap a wrapper of the extension; called by `wrapper()`."""
        self._native = native
        functools.update_wrapper(self, native.advice)

    def __call__(self, function: F) -> F:
        """Decorate a function, method, staticmethod, classmethod or property.

        Raises `overt.SignatureError` when the advice cannot take its calls.
        """
        decorated: F = self._native.wrap(function)
        return decorated

    def off(self) -> Self:
        """Everything decorated runs as if it were not, from the next call on."""
        self._native.set_off(True)
        return self

    def on(self) -> Self:
        """The advice runs again."""
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
def wrapper(advice: Callable[..., Any], /, *, owner: str = "") -> Wrapper: ...
@overload
def wrapper(*, owner: str = "") -> Callable[[Callable[..., Any]], Wrapper]: ...
def wrapper(
    advice: Callable[..., Any] | None = None, /, *, owner: str = ""
) -> Wrapper | Callable[[Callable[..., Any]], Wrapper]:
    """Make a decorator of an advice, `advice(original, *args, **kwargs)`.

    @overt.wrapper
    def timed(original, *args, **kwargs): ...

    @timed
    def price(amount): ...

    timed.off()
    """
    if advice is None:
        return lambda function: Wrapper(_native.Wrapper(function, owner))
    return Wrapper(_native.Wrapper(advice, owner))
