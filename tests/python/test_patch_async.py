"""Coroutines and async generators that are observed: the same, to the last detail."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import inspect
import sys
import types
import warnings

import pytest
from patch_lives import SCRIPTS, echo, ends, steps

import overt


@pytest.mark.parametrize("script", SCRIPTS)
def test_coroutine_is_driven_as_without(observed, script) -> None:
    """The same by hand for a coroutine."""

    @types.coroutine
    def future():
        return (yield from echo())

    async def coroutine():
        return await future()

    def by_hand(make):
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            return steps(make, script.replace("next", "none")), [str(w.message) for w in said]

    plain = by_hand(coroutine)
    patched, _ = observed(coroutine)
    assert by_hand(patched) == plain


def test_awaited_in_every_way(cast) -> None:
    """Task, gather, shield, TaskGroup, wait_for, to a coroutine made in the old way."""

    async def main():
        async with asyncio.TaskGroup() as group:
            task = group.create_task(cast.fetch(1))
        assert task.result() == 1
        assert await cast.fetch(2) == 2
        assert await asyncio.gather(cast.fetch(3), cast.fetch(4)) == [3, 4]
        assert await asyncio.shield(cast.fetch(5)) == 5
        assert await asyncio.wait_for(cast.fetch(6), 5) == 6
        assert await cast.old_fetch(7) == 7
        assert await asyncio.ensure_future(cast.fetch(8)) == 8
        return await asyncio.create_task(cast.fetch(9), name="named")

    with overt.observe("patch_cast:fetch") as fetch, overt.observe("patch_cast:old_fetch") as old:
        assert asyncio.run(main()) == 9
        assert asyncio.run(cast.fetch("direct")) == "direct"
        assert (ends(fetch), ends(old)) == ((9, 0, 0, 0), (1, 0, 0, 0))
        assert list(iter_of(cast.old_fetch)) == [None]


def iter_of(old_fetch):
    """A coroutine made by types.coroutine is a generator, too."""
    yield from old_fetch("x")


def test_cancelled_and_timed_out(observed) -> None:
    """Counted as cancelled, unless the coroutine takes it and returns."""

    async def sleeper(catch=False):
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            if not catch:
                raise
            return "caught"

    patched, handle = observed(sleeper)

    async def main():
        task = asyncio.create_task(patched())
        await asyncio.sleep(0)
        task.cancel("why")
        with pytest.raises(asyncio.CancelledError, match="why"):
            await task
        assert ends(handle) == (1, 0, 1, 0)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await patched()
        assert ends(handle) == (2, 0, 2, 0)
        task = asyncio.create_task(patched(catch=True))
        await asyncio.sleep(0)
        task.cancel()
        assert await task == "caught"
        assert ends(handle) == (3, 0, 2, 0)

    asyncio.run(main())


async def drive(make, script):
    """As steps(), for an async generator."""
    life, said = make(), []
    for step in script.split():
        verb, _, argument = step.partition(":")
        try:
            match verb:
                case "next":
                    said.append(await anext(life))
                case "send":
                    said.append(await life.asend(argument))
                case "throw":
                    said.append(await life.athrow(KeyError(argument)))
                case "close":
                    said.append(await life.aclose())
        except BaseException as error:  # noqa: BLE001  # whatever it is, it must be the same
            said.append(f"{type(error).__name__}{error.args} {error.__cause__!r}")
    return said


@pytest.mark.parametrize("script", SCRIPTS)
def test_async_generator_is_driven_as_without(observed, script) -> None:
    """asend, athrow, aclose, anext."""

    async def async_echo():
        received = []
        while True:
            try:
                await asyncio.sleep(0)
                received.append((yield len(received)))
            except KeyError as error:
                await asyncio.sleep(0)
                if error.args == ("stop",):
                    return
                if error.args == ("raise",):
                    raise ValueError("raised") from error
                received.append(error.args)

    script = script.replace("none", "next")
    plain = asyncio.run(drive(async_echo, script))
    patched, handle = observed(async_echo)
    assert asyncio.run(drive(patched, script)) == plain
    assert handle.stats.calls == 1


def test_async_generator_ends(observed) -> None:
    """To the end, closed, left in the middle and closed by the event loop, failed."""
    closed = []

    async def numbers(count, fail=False):
        try:
            for i in range(count):
                await asyncio.sleep(0)
                yield i
            if fail:
                raise ValueError("failed")
        finally:
            closed.append(count)

    patched, handle = observed(numbers)

    async def main():
        assert [i async for i in patched(3)] == [0, 1, 2]
        assert ends(handle) == (1, 0, 0, 0)
        async with contextlib.aclosing(patched(9)) as life:
            async for i in life:
                if i == 3:
                    break
        assert ends(handle) == (2, 0, 1, 0)
        with pytest.raises(ValueError, match="failed"):
            [i async for i in patched(2, fail=True)]
        assert ends(handle) == (3, 1, 1, 0)
        async for _ in patched(7):
            break
        gc.collect()
        await asyncio.sleep(0.01)
        assert closed == [3, 9, 2, 7]  # by the loop's own hook
        assert ends(handle) == (3, 1, 1, 1)

    asyncio.run(main())


def test_never_awaited_warns_as_without(cast) -> None:
    """The warning names the coroutine and, with origin tracking, where it was made."""

    def dropped():
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            cast.fetch("u")
            gc.collect()
        return [str(warning.message).partition("\n")[0] for warning in said]

    plain = dropped()
    assert plain == ["coroutine 'fetch' was never awaited"]
    with overt.observe("patch_cast:fetch") as handle:
        assert dropped() == plain
        assert ends(handle) == (0, 0, 0, 1)
        sys.set_coroutine_origin_tracking_depth(2)
        try:
            life = cast.fetch("u")
            assert [frame[2] for frame in life.cr_origin] == [
                "test_never_awaited_warns_as_without",
                "pytest_pyfunc_call",
            ]
            life.close()
            with warnings.catch_warnings(record=True) as said:
                warnings.simplefilter("always")
                cast.fetch("u")
            assert "Coroutine created at" in str(said[0].message)
        finally:
            sys.set_coroutine_origin_tracking_depth(0)


def test_advice_gets_the_coroutine_untouched(cast) -> None:
    """A sync advice returns what the original made; an async one wraps the whole life."""

    def sync(original, *args, **kwargs):
        return original(*args, **kwargs)

    async def slow(original, *args, **kwargs):
        result = await original(*args, **kwargs)
        return result * 2

    with overt.around("patch_cast:fetch", sync):
        life = cast.fetch("u")
        assert type(life) is types.CoroutineType
        assert asyncio.run(life) == "u"
        with overt.around("patch_cast:fetch", slow) as handle:
            assert asyncio.run(cast.fetch("u")) == "uu"
            assert inspect.iscoroutinefunction(cast.fetch)
            assert handle.stats.calls == 1
