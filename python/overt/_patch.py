"""Governed patches: owned, layered, scoped, and exact to remove.

Thin and typed: what happens is in the extension.
"""

from __future__ import annotations

import functools
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Literal, ParamSpec, Self, TypedDict, TypeVar, Unpack

from overt import _native
from overt._stats import Stats

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from overt._ledger import Patch

P = ParamSpec("P")
R = TypeVar("R")


class Options(TypedDict, total=False):
    """What every constructor of a patch takes beside its own arguments."""

    owner: str
    """Who answers for the patch; the calling distribution if not given."""
    reason: str
    """Why it is made, for whoever reads the ledger at night."""
    reach: Literal["name", "everywhere"]
    """`name`: the one name is rebound. `everywhere`: the function itself is redirected."""
    scope: Literal["process", "thread", "context"]
    """Where it holds. A context is that of contextvars: tasks started from it inherit it."""
    ttl: float | str | None
    """How long it may live: seconds, or "20us", "30s", "2h"."""
    budget: float | str | None
    """Mean own time that a call may take: seconds, or "20us". What takes more is switched off."""
    layer: Literal["", "innermost", "outermost"]
    """Its place among the governed layers of the target; by installation if not given."""
    fail: Literal["original", "patched"]
    """What "in doubt" means: a security fix says `patched`, and `off --all` spares it."""
    notes: bool
    """Exceptions that cross the patch carry a note that names it."""
    again: bool
    """Allow the same patch by the same owner a second time."""


class Handle:
    """One patch: inert until `install()` or `with`, gone without a trace after `remove()`.

    Also a context manager, with and without `async`, and a decorator for tests.
    """

    __slots__ = ("__weakref__", "_native")

    def __init__(self, native: _native.GovernedPatch) -> None:
        """Wrap a patch of the extension; called by `patch()` and the like."""
        self._native = native

    def install(self) -> Self:
        """Make the patch, or, if its target is not imported yet, wait for the import.

        Raises `overt.Error`, and nothing has changed then: a target that does not exist or cannot
        be patched, an advice that cannot take the target's calls, the same patch a second time.
        """
        return self._install(block=False)

    def _install(self, *, block: bool) -> Self:
        self._native.install(block)
        if self._native.needs_thread:
            from overt._control import end_with_the_process

            end_with_the_process()
        installed = _open.get()
        if installed is not None:
            installed.append(self)
        return self

    def remove(self) -> None:
        """Put back what the patch replaced. Does nothing when it is not installed.

        What others put over it stays: then the patch becomes a pass-through below it.
        """
        self._native.remove()

    def off(self) -> Self:
        """New calls go to the original; the patch stays installed."""
        self._native.set_off(True)
        return self

    def on(self) -> Self:
        """New calls go through the patch again, also where its budget had switched it off."""
        self._native.set_off(False)
        return self

    @property
    def state(self) -> str:
        """One of idle, pending (its target is not imported yet), on, off, buried, lost.

        Lost: its module was imported again and the target is gone, or does not fit any more.
        """
        return self._native.state

    @property
    def target(self) -> str:
        """What is patched, as `module:qualname`."""
        return self._native.target

    @property
    def owner(self) -> str:
        """The distribution, or the application's module, that answers for the patch."""
        return self._native.owner

    @property
    def original(self) -> Any:
        """What the patch stands before, raw; None while it is not installed."""
        return self._native.original

    @property
    def stats(self) -> Stats:
        """What was counted and measured so far."""
        return Stats.of(self._native.stats())

    @property
    def record(self) -> Patch | None:
        """The patch as the ledger has it; None before it was first installed."""
        from overt._ledger import record

        return record(self._native.id) if self._native.id else None

    def __enter__(self) -> Self:
        """Install for the length of a `with` block."""
        return self._install(block=True)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Remove, whatever happened."""
        self.remove()

    async def __aenter__(self) -> Self:
        """Install for the length of an `async with` block."""
        return self._install(block=True)

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Remove, whatever happened."""
        self.remove()

    def __call__(self, function: Callable[P, R]) -> Callable[P, R]:
        """Decorate a test: the patch is installed for the length of each call."""
        import inspect  # only tests pay for it

        if inspect.isasyncgenfunction(function):
            raise TypeError("an async generator cannot be decorated; use `with` inside of it")
        if inspect.isgeneratorfunction(function):  # a fixture

            @functools.wraps(function)
            def patched_generator(*args: P.args, **kwargs: P.kwargs) -> Any:
                with self:
                    return (yield from function(*args, **kwargs))

            return patched_generator
        if inspect.iscoroutinefunction(function):

            @functools.wraps(function)
            async def patched_async(*args: P.args, **kwargs: P.kwargs) -> Any:
                with self:
                    return await function(*args, **kwargs)

            return patched_async  # type: ignore[return-value]  # what it wraps is a coroutine function

        @functools.wraps(function)
        def patched(*args: P.args, **kwargs: P.kwargs) -> R:
            with self:
                return function(*args, **kwargs)

        return patched

    def __repr__(self) -> str:
        """Name the patch, its owner and its state."""
        return f"<overt patch of {self.target} by {self.owner}, {self.state}>"


# Of the innermost transaction that is open in this context: what was installed in it.
_open: ContextVar[list[Handle] | None] = ContextVar("overt.transaction", default=None)


def _make(
    advice: str,
    target: str,
    options: Options,
    function: Any = None,
    after: Any = None,
    failed: Any = None,
) -> Handle:
    unknown = set(options) - Options.__annotations__.keys()
    if unknown:
        raise TypeError(
            f"unknown option {', '.join(sorted(unknown))}; known are "
            + ", ".join(Options.__annotations__)
        )
    return Handle(
        _native.make_patch(
            advice,
            target,
            function,
            after,
            failed,
            owner=options.get("owner", ""),
            reason=options.get("reason", ""),
            reach=options.get("reach", "name"),
            scope=options.get("scope", "process"),
            ttl=options.get("ttl"),
            layer=options.get("layer", ""),
            fail=options.get("fail", "original"),
            budget=options.get("budget"),
            notes=options.get("notes", False),
            again=options.get("again", False),
        )
    )


def patch(target: str, replacement: Any, /, **options: Unpack[Options]) -> Handle:
    """Replace the target: a function by one that takes its calls, anything else by a value."""
    return _make("replace", target, options, replacement)


def around(
    target: str, advice: Callable[..., Any] | None = None, /, **options: Unpack[Options]
) -> Any:
    """Run `advice(original, *args, **kwargs)` in place of the target.

    The signature is `original` and then the target's own. Without an advice this is a decorator:

        @overt.around("requests:Session.send", reason="retry 5xx")
        def retry(original, session, request, **kwargs): ...
        with retry: ...
    """
    if advice is None:
        return lambda function: _make("around", target, options, function)
    return _make("around", target, options, advice)


def observe(target: str, /, **options: Unpack[Options]) -> Handle:
    """Count every call of the target and time a sample of them, without Python code in the path.

    Of coroutines, generators and async generators the whole life is measured.
    """
    return _make("observe", target, options)


def tap(
    target: str,
    /,
    before: Callable[..., object] | None = None,
    after: Callable[..., object] | None = None,
    failed: Callable[..., object] | None = None,
    **options: Unpack[Options],
) -> Handle:
    """Tell observers of every call.

    `before(*args)` first, then `after(result, *args)` or, if the call raised,
    `failed(error, *args)`. What they return is ignored; what they raise is counted, reported once
    as unraisable and never reaches the program.
    """
    if before is None and after is None and failed is None:
        raise TypeError("tap() needs an observer: before=, after= or failed=")
    return _make("tap", target, options, before, after, failed)


class transaction:  # used as a function: with overt.transaction(): ...
    """All patches installed inside, or none: an exception removes what was installed so far."""

    __slots__ = ("_installed", "_outer")

    def __enter__(self) -> Self:
        """Begin. What an inner transaction keeps still belongs to the outer one."""
        self._outer = _open.get()
        self._installed: list[Handle] = []
        _open.set(self._installed)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Keep all, or take all back in the opposite order."""
        _open.set(self._outer)
        if error is not None:
            for handle in reversed(self._installed):
                try:
                    handle.remove()
                except Exception as failure:  # noqa: BLE001  # of the container: others must go
                    error.add_note(f"{handle!r} could not be removed: {failure!r}")
        elif self._outer is not None:
            self._outer.extend(self._installed)


class baseline:  # as above
    """Everything governed is off in this context, and in tasks that are started from it."""

    __slots__ = ()

    def __enter__(self) -> Self:
        """From here on calls in this context go to the originals."""
        _native.enter_baseline()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Patches hold again."""
        _native.leave_baseline()


def reset() -> None:
    """Remove every governed patch of the process, newest first, and cancel pending ones."""
    _native.reset()


def handles() -> tuple[Handle, ...]:
    """Every governed patch that is installed or waits for an import, oldest first."""
    return tuple(Handle(native) for native in _native.patches())
