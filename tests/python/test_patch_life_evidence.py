"""Evidence and notes of what is raised inside coroutines, generators and async generators."""

from __future__ import annotations

import asyncio

import pytest

import overt


async def failing(value=0):
    await asyncio.sleep(0)
    raise KeyError(value)


async def fine(value=0):
    await asyncio.sleep(0)
    return value


def counting(count=1):
    """Yield, then raise if it is told to."""
    yield from range(count)
    if count == 2:
        raise KeyError(count)


async def streaming(count=1):
    for i in range(count):
        yield i
        await asyncio.sleep(0)
    if count == 2:
        raise KeyError(count)


async def swallow(original, *args, **kwargs):
    try:
        return await original(*args, **kwargs)
    except KeyError:
        return "swallowed"


async def replace(original, *args, **kwargs):
    try:
        return await original(*args, **kwargs)
    except KeyError as error:
        raise ValueError from error


async def hide(original, *args, **kwargs):
    try:
        return await original(*args, **kwargs)
    except KeyError:
        raise ValueError from None


async def forward(original, *args, **kwargs):
    return await original(*args, **kwargs)


def each(original, *args, **kwargs):
    return (yield from original(*args, **kwargs))


def each_swallowed(original, *args, **kwargs):
    try:
        yield from original(*args, **kwargs)
    except KeyError:
        yield "swallowed"


async def each_async(original, *args, **kwargs):
    async for item in original(*args, **kwargs):
        yield item


async def each_async_replaced(original, *args, **kwargs):
    try:
        async for item in original(*args, **kwargs):
            yield item
    except KeyError as error:
        raise ValueError from error


@pytest.fixture
def cast(cast):
    """patch_cast, with the functions of this file."""
    for function in (failing, fine, counting, streaming):
        setattr(cast, function.__name__, function)
    return cast


async def listed(stream):
    return [item async for item in stream]


def seen(handle):
    """What was seen, as "probed raised swallowed replaced hidden"."""
    found = handle.stats.evidence
    return found.probed, found.raised, found.swallowed, found.replaced, found.hidden


@pytest.mark.parametrize(
    ("advice", "evidence", "error"),
    [
        (swallow, (3, 3, 3, 0, 0), None),
        (replace, (3, 3, 0, 3, 0), ValueError),
        (hide, (3, 3, 0, 0, 3), ValueError),
        (forward, (3, 3, 0, 0, 0), KeyError),
    ],
)
def test_what_becomes_of_a_coroutines_exception(cast, advice, evidence, error) -> None:
    """Swallowed, replaced, hidden or passed on: counted when the life ends."""
    with overt.around("patch_cast:failing", advice) as handle:
        for _ in range(3):
            if error is None:
                assert asyncio.run(cast.failing()) == "swallowed"
                continue
            with pytest.raises(error):
                asyncio.run(cast.failing())
        assert seen(handle) == evidence
    with overt.around("patch_cast:fine", advice) as handle:
        assert [asyncio.run(cast.fine(i)) for i in range(3)] == [0, 1, 2]
        assert seen(handle) == (3, 0, 0, 0, 0)


def test_generators(cast) -> None:
    """The same, at whatever step it happens."""
    with overt.around("patch_cast:counting", each_swallowed) as handle:
        assert list(cast.counting(2)) == [0, 1, "swallowed"]
        assert list(cast.counting(3)) == [0, 1, 2]
        assert seen(handle) == (2, 1, 1, 0, 0)
    with overt.around("patch_cast:counting", each) as handle:
        with pytest.raises(KeyError):
            list(cast.counting(2))
        assert seen(handle) == (1, 1, 0, 0, 0)


def test_async_generators(cast) -> None:
    """The same."""
    with overt.around("patch_cast:streaming", each_async_replaced) as handle:
        with pytest.raises(ValueError) as caught:  # noqa: PT011  # its cause is the point
            asyncio.run(listed(cast.streaming(2)))
        assert isinstance(caught.value.__cause__, KeyError)
        assert asyncio.run(listed(cast.streaming(3))) == [0, 1, 2]
        assert seen(handle) == (2, 1, 0, 1, 0)


def test_closing_swallows_nothing(cast) -> None:
    """Who closes a generator, or drops it, does not make its advice swallow an exception."""
    with overt.around("patch_cast:counting", each) as handle:
        closed, dropped = cast.counting(9), cast.counting(9)
        next(closed), next(dropped)
        closed.close()
        del dropped
        assert seen(handle)[1:] == (0, 0, 0, 0)


def test_cancelled_coroutine(cast) -> None:
    """Its CancelledError passes an advice that lets it, and is seen where one swallows it."""

    async def cancelled():
        task = asyncio.create_task(cast.fine())
        await asyncio.sleep(0)
        task.cancel()
        return await asyncio.gather(task, return_exceptions=True)

    async def shielded(original, *args, **kwargs):
        try:
            return await original(*args, **kwargs)
        except asyncio.CancelledError:
            return "shielded"

    with overt.around("patch_cast:fine", forward) as handle:
        (error,) = asyncio.run(cancelled())
        assert isinstance(error, asyncio.CancelledError)
        assert seen(handle) == (1, 1, 0, 0, 0)
    with overt.around("patch_cast:fine", shielded) as handle:
        assert asyncio.run(cancelled()) == ["shielded"]
        assert seen(handle) == (1, 1, 1, 0, 0)


def test_plain_advice_returns_what_the_original_made(cast) -> None:
    """Untouched: the very object, in every call."""
    made = []

    def keep(original, *args, **kwargs):
        made.append(original(*args, **kwargs))
        return made[-1]

    with overt.around("patch_cast:fine", keep, notes=True):
        for i in range(20):
            coroutine = cast.fine(i)
            assert coroutine is made[-1]
            assert type(coroutine).__name__ == "coroutine"
            assert asyncio.run(coroutine) == i


def test_sampled_after_the_first_calls(cast) -> None:
    """Later calls get the original itself, and return what the advice made."""
    kinds = set()

    async def look(original, *args, **kwargs):
        kinds.add(type(original).__name__)
        return await original(*args, **kwargs)

    with overt.around("patch_cast:fine", look) as handle:
        for i in range(100):
            assert asyncio.run(cast.fine(i)) == i
        assert seen(handle)[0] < 60
    assert "function" in kinds


def notes(call) -> list[str]:
    with pytest.raises((KeyError, ValueError)) as caught:
        call()
    return getattr(caught.value, "__notes__", [])


NOTE = "patched by test_patch_life_evidence: patch_cast:{} (why)"


@pytest.mark.parametrize("kind", ["around", "patch", "tap", "observe"])
def test_notes_of_lives(cast, kind) -> None:
    """One note for an exception that ends the life, in every call, whatever kind of patch."""
    makers = {
        "around": lambda target, advice: overt.around(target, advice, notes=True, reason="why"),
        "patch": lambda target, _: overt.patch(target, ORIGINALS[target], notes=True, reason="why"),
        "tap": lambda target, _: overt.tap(
            target, before=lambda *a, **k: None, notes=True, reason="why"
        ),
        "observe": lambda target, _: overt.observe(target, notes=True, reason="why"),
    }
    calls = [
        ("failing", forward, lambda: asyncio.run(cast.failing())),
        ("counting", each, lambda: list(cast.counting(2))),
        ("streaming", each_async, lambda: asyncio.run(listed(cast.streaming(2)))),
    ]
    for name, advice, call in calls:
        with makers[kind](f"patch_cast:{name}", advice):
            for _ in range(40):
                assert notes(call) == [NOTE.format(name)]
        assert notes(call) == []


ORIGINALS = {f"patch_cast:{f.__name__}": f for f in (failing, counting, streaming)}
