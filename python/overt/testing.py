"""For tests, with any runner: what no test may leave behind.

    with overt.testing.assert_clean(): ...          # no patch made inside is left
    class TestShop(overt.testing.CleanTestCase): ...
    python -m overt.testing unittest discover

The pytest plugin needs nothing of this: `pytest --overt=error`. See docs/testing.md.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from contextlib import ContextDecorator, contextmanager
from typing import TYPE_CHECKING, Any, Self

from overt._patch import Handle, around, handles, observe, patch, tap

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import TracebackType

    from overt._scopes import Scope, Tracker

__all__ = [
    "CleanTestCase",
    "PatchLeakWarning",
    "Patches",
    "all_off",
    "assert_clean",
    "registries_kept",
]


class PatchLeakWarning(UserWarning):
    """A test left something behind, and was asked to be warned only."""


class Patches:
    """Patches that are undone together, in any order: what the fixture `overt_patch` gives."""

    def __init__(self) -> None:
        """Begin with none."""
        self._handles: list[Handle] = []

    def __call__(self, target: str, replacement: Any, /, **options: Any) -> Handle:
        """Replace a target until the end: `overt.patch()`, installed."""
        return self._install(patch(target, replacement, **options))

    patch = __call__

    def around(
        self, target: str, advice: Callable[..., Any] | None = None, /, **options: Any
    ) -> Any:
        """Run an advice around a target until the end: `overt.around()`, installed."""
        if advice is None:
            return lambda function: self._install(around(target, function, **options))
        return self._install(around(target, advice, **options))

    def observe(self, target: str, /, **options: Any) -> Handle:
        """Count calls until the end: `overt.observe()`, installed."""
        return self._install(observe(target, **options))

    def tap(self, target: str, /, *observers: Any, **options: Any) -> Handle:
        """Tell observers of calls until the end: `overt.tap()`, installed."""
        return self._install(tap(target, *observers, **options))

    def _install(self, handle: Handle) -> Handle:
        handle.install()
        self._handles.append(handle)
        return handle

    def undo(self) -> None:
        """Remove all that are left, the last one first; an error of one keeps no other."""
        failed: Exception | None = None
        while self._handles:
            try:
                self._handles.pop().remove()
            except Exception as error:  # noqa: BLE001  # raised when the others have gone
                failed = failed or error
        if failed is not None:
            raise failed


@contextmanager
def all_off() -> Iterator[None]:
    """Have every governed patch that is installed off, in all threads and tasks of the process."""
    switched = [handle for handle in handles() if handle.state == "on"]
    for handle in switched:
        handle.off()
    try:
        yield
    finally:
        for handle in switched:
            handle.on()


@contextmanager
def registries_kept() -> Iterator[None]:
    """Put every registry back as it was; one that was made meanwhile is emptied."""
    from overt._registry import registries

    before = {registry.name: registry.snapshot() for registry in registries()}
    try:
        yield
    finally:
        for registry in registries():
            snapshot = before.get(registry.name)
            if snapshot is not None:
                registry.restore(snapshot)
            else:
                registry.reset()


class assert_clean(ContextDecorator):  # used as a function
    """A block, or a decorated function, that leaves nothing behind; else AssertionError.

    `check()` looks in between. What the block touched is put back with `fix=True`, and told all
    the same.
    """

    def __init__(self, *, fix: bool = False) -> None:
        """Prepare; nothing is watched before the block begins."""
        self._fix = fix
        self._tracker: Tracker | None = None
        self._scope: Scope | None = None

    def _recreate_cm(self) -> Self:
        return type(self)(fix=self._fix)  # each call of a decorated function is a block of its own

    def __enter__(self) -> Self:
        """Begin to watch."""
        from overt._scopes import TestCode, Tracker

        self._tracker = Tracker(TestCode(), keep=self._fix)
        self._scope = self._tracker.open("the block")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Raise if something is left; an exception of the block itself goes first."""
        tracker, self._tracker = self._tracker, None
        if tracker is None or self._scope is None:
            return
        try:
            text = self._left(tracker, self._scope)
        finally:
            tracker.stop()
        if text and error is None:
            raise AssertionError(text)
        if text and error is not None:
            error.add_note(text)

    def check(self) -> None:
        """Raise AssertionError if something made in the block until now still stands."""
        if self._tracker is not None and self._scope is not None:
            text = self._left(self._tracker, self._scope)
            if text:
                raise AssertionError(text)

    def _left(self, tracker: Tracker, scope: Scope) -> str:
        from overt._scopes import fix, report

        leaks = tracker.close(scope, threads=True)
        text = report(scope.title, leaks)
        return text + fix(leaks) if self._fix else text


if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        # unittest is imported only by who uses it.
        if name == "CleanTestCase":
            from overt._unittest import CleanTestCase

            return CleanTestCase
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

else:
    from overt._unittest import CleanTestCase


if __name__ == "__main__":
    from overt._unittest import main

    main()
