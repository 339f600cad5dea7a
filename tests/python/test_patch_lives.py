"""Generators, and lives of all kinds, that are observed: the same, to the last detail."""

from __future__ import annotations

import asyncio
import collections.abc
import contextlib
import inspect
import time
import types
import weakref

import pytest
from patch_lives import SCRIPTS, echo, ends, steps

import overt


def stubborn():
    """Ignores the first close()."""
    try:
        yield 1
    except GeneratorExit:
        yield 2


def nothing():
    return
    yield


def returns_exception():
    yield
    return KeyError("value")


def inner_of_another():
    return (yield from echo())


@pytest.mark.parametrize("script", SCRIPTS)
@pytest.mark.parametrize("kind", [echo, nothing, returns_exception, inner_of_another])
def test_generator_is_driven_as_without(observed, kind, script) -> None:
    """Values, exceptions, their arguments, causes and contexts."""
    plain = steps(kind, script)
    patched, _ = observed(kind)
    assert steps(patched, script) == plain


def test_generator_that_ignores_close(observed) -> None:
    """It lives on, and the caller is told."""
    plain = steps(stubborn, "next close close next")
    patched, handle = observed(stubborn)
    assert steps(patched, "next close close next") == plain
    assert ends(handle) == (1, 0, 1, 0)


def test_lives_are_counted_by_how_they_end(observed) -> None:
    """Finished, failed, closed, dropped; a mistake of the caller ends nothing."""
    patched, handle = observed(echo)
    life = patched()
    with pytest.raises(TypeError, match="just-started"):
        life.send(1)
    assert ends(handle) == (0, 0, 0, 0)
    next(life)
    with pytest.raises(StopIteration):
        life.throw(KeyError("stop"))
    assert ends(handle) == (1, 0, 0, 0)
    assert list(life) == []
    assert ends(handle) == (1, 0, 0, 0)
    life = patched()
    next(life)
    with pytest.raises(ValueError, match="raised"):
        life.throw(KeyError("raise"))
    assert ends(handle) == (2, 1, 0, 0)
    life = patched()
    next(life)
    life.close()
    assert ends(handle) == (3, 1, 1, 0)
    life = patched()
    next(life)
    del life
    assert ends(handle) == (3, 1, 1, 1)
    assert handle.stats.calls == 4
    assert handle.stats.inside == 0


def test_generator_that_resumes_itself(observed) -> None:
    """Its own mistake, which it may catch: it goes on."""
    made = []

    def selfish():
        try:
            next(made[0])
        except ValueError as error:
            yield str(error)

    patched, handle = observed(selfish)
    made.append(patched())
    assert list(made[0]) == ["generator already executing"]
    assert ends(handle) == (1, 0, 0, 0)


def test_asked_as_without(cast) -> None:
    """isinstance, inspect, names, frames."""
    makers = {
        "walk": lambda: cast.walk(2),
        "fetch": lambda: cast.fetch("u"),
        "old_fetch": lambda: cast.old_fetch("u"),
        "stream": lambda: cast.stream(2),
    }
    abstract = [
        getattr(collections.abc, name)
        for name in (
            "Coroutine",
            "Awaitable",
            "Generator",
            "Iterator",
            "AsyncGenerator",
            "AsyncIterator",
        )
    ]
    concrete = [types.CoroutineType, types.GeneratorType, types.AsyncGeneratorType]
    predicates = [getattr(inspect, name) for name in dir(inspect) if name.startswith("is")]

    def ask(life):
        said = [isinstance(life, kind) for kind in (*abstract, *concrete)]
        said += [predicate(life) for predicate in (*predicates, asyncio.iscoroutine)]
        said += [life.__name__, life.__qualname__]
        said += [getattr(life, name, "none") for name in ("gi_code", "cr_code", "ag_code")]
        said += [getattr(life, name, None) is None for name in ("gi_frame", "cr_frame", "ag_frame")]
        said += [
            hasattr(life, name)
            for name in (
                "send",
                "throw",
                "close",
                "asend",
                "aclose",
                "__await__",
                "__iter__",
                "__next__",
                "__aiter__",
            )
        ]
        for state in (
            inspect.getgeneratorstate,
            inspect.getcoroutinestate,
            inspect.getasyncgenstate,
        ):
            with contextlib.suppress(AttributeError):
                said.append(state(life))
        if hasattr(life, "close"):
            life.close()
        return said  # fmt: skip

    for name, make in makers.items():
        plain = ask(make())
        with overt.observe(f"patch_cast:{name}"):
            assert ask(make()) == plain
            life = make()
            assert weakref.ref(life)() is life
            life.close() if hasattr(life, "close") else None


def test_context_managers(observed) -> None:
    """contextmanager and asynccontextmanager throw into what they are made of."""

    def manager():
        try:
            yield 1
        except KeyError:
            yield 2

    patched, handle = observed(manager)
    with pytest.raises(RuntimeError, match="didn't stop after throw"):  # noqa: PT012, SIM117
        with contextlib.contextmanager(patched)() as value:
            assert value == 1
            raise KeyError
    assert handle.stats.calls == 1


def test_busy_is_not_elapsed(observed) -> None:
    """Waiting counts for elapsed only; work of a consumer between two values counts for neither."""

    async def waits():
        await asyncio.sleep(0.05)
        until = time.monotonic() + 0.01
        while time.monotonic() < until:
            pass

    patched, handle = observed(waits)
    asyncio.run(patched())
    stats = handle.stats
    assert 10e6 <= stats.original.mean < 40e6
    assert stats.elapsed.mean >= 59e6

    def generator():
        yield
        yield

    patched, handle = observed(generator)
    for _ in patched():
        time.sleep(0.02)
    assert handle.stats.original.mean < 10e6
    assert handle.stats.elapsed.mean >= 39e6


def test_removed_during_a_life(observed) -> None:
    """What has begun is counted to its end; what begins afterwards is the original's own."""
    patched, handle = observed(echo)
    life = patched()
    next(life)
    handle.remove()
    with pytest.raises(StopIteration):
        life.throw(KeyError("stop"))
    assert ends(handle) == (1, 0, 0, 0)
