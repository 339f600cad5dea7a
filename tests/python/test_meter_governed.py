"""What governed patches cost: the advice tells how long it took, and the meter must agree."""

from __future__ import annotations

import asyncio
import inspect
import statistics
import threading
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest
from spending import busy, clock, sleeping

import overt

if TYPE_CHECKING:
    from types import ModuleType

    from overt._stats import Timing

TARGET = "patch_cast:target"


both_kinds = pytest.mark.parametrize("spend", [busy, sleeping])
all_costs = pytest.mark.parametrize("own", [0, 1, 5, 50, 500])


class Truth:
    """What a part of the program took, as it measures itself: so a busy machine slows down both."""

    def __init__(self, spend: Callable[[float], None], microseconds: float) -> None:
        self.spend = spend
        self.microseconds = microseconds
        self.took: list[int] = []

    def __call__(self) -> None:
        start = clock()
        self.spend(self.microseconds)
        self.took.append(clock() - start)

    def agrees(self, timing: Timing, *, parts: int = 1, more: float = 1_000) -> bool:
        """Within a tenth, or what it takes to call an advice, this, and the clock.

        That is added to what the advice takes, and a quantile of the histogram is 1/16 off.
        """
        calls = [sum(self.took[i : i + parts]) for i in range(0, len(self.took), parts)]
        truth = statistics.median_low(calls)  # as a quantile of a histogram is
        within = max(truth / 10, more * parts + (truth + more * parts) / 16)
        assert abs(timing.p50 - truth) <= within, (truth, within, timing)
        return True


@pytest.fixture
def original() -> Truth:
    """What the target takes: ten times as much as most advices."""
    return Truth(busy, 200)


@pytest.fixture
def cast(cast: ModuleType, original: Truth) -> ModuleType:
    """Return the cast, with a target whose time is known."""

    def target(depth: int = 0) -> int:
        original()
        return cast.target(depth - 1) if depth else 1  # type: ignore[no-any-return]

    cast.target = target  # type: ignore[attr-defined]
    return cast


@both_kinds
@all_costs
def test_own_time_of_an_advice(
    cast: ModuleType, original: Truth, own: float, spend: Callable[[float], None]
) -> None:
    """Busy or asleep, before and after the original."""
    truth = Truth(spend, own)

    def advice(original: Any, depth: int = 0) -> Any:
        truth()
        result = original(depth)
        truth()
        return result

    with overt.around(TARGET, advice) as handle:
        for _ in range(200):
            cast.target()
        stats = handle.stats
    assert (stats.calls, stats.errors, stats.own.sampled) == (200, 0, 200)
    assert truth.agrees(stats.own, parts=2)
    assert original.agrees(stats.original)


@both_kinds
@all_costs
def test_own_time_of_observers(
    cast: ModuleType, original: Truth, own: float, spend: Callable[[float], None]
) -> None:
    """What they take together is the tap's."""
    truth = Truth(spend, own)
    observers = {"before": lambda depth=0: truth(), "after": lambda result, depth=0: truth()}
    with overt.tap(TARGET, **observers) as handle:
        for _ in range(100):
            cast.target()
        stats = handle.stats
    assert truth.agrees(stats.own, parts=2)
    assert original.agrees(stats.original)


@both_kinds
@all_costs
def test_own_time_of_a_replacement_is_at_most_its_own(
    cast: ModuleType, own: float, spend: Callable[[float], None]
) -> None:
    """It may call what it replaced, which nobody sees."""
    truth = Truth(spend, own)
    with overt.patch(TARGET, lambda depth=0: truth()) as handle:
        for _ in range(100):
            cast.target()
        assert truth.agrees(handle.stats.own)
        record = handle.record
        assert record is not None
        (told,) = [p for p in overt.report()["patches"] if p["id"] == record.id]
    assert told["metered"]
    assert told["calls"] == 100
    assert told["own_ns"]["at_most"]


@both_kinds
def test_an_observer_without_code_takes_nothing(
    cast: ModuleType, original: Truth, spend: Callable[[float], None]
) -> None:
    """All of the time is the original's."""
    original.spend = spend
    with overt.observe(TARGET) as handle:
        for _ in range(50):
            cast.target()
        stats = handle.stats
    assert stats.own.max == 0
    assert original.agrees(stats.original)


@both_kinds
def test_layers_are_told_apart(cast: ModuleType, spend: Callable[[float], None]) -> None:
    """What lies below a layer is its original."""
    inner, outer = Truth(spend, 30), Truth(spend, 10)

    def advice(truth: Truth) -> Callable[..., Any]:
        def advised(original: Any, depth: int = 0) -> Any:
            truth()
            return original(depth)

        return advised

    with overt.around(TARGET, advice(inner)) as first, overt.around(TARGET, advice(outer)) as last:
        for _ in range(100):
            cast.target()
        assert inner.agrees(first.stats.own)
        assert outer.agrees(last.stats.own)
        assert last.stats.original.p50 > first.stats.original.p50 + 20_000


@both_kinds
@all_costs
@pytest.mark.parametrize("where", ["advice", "original"])
def test_recursion_is_charged_once(
    cast: ModuleType, where: str, own: float, spend: Callable[[float], None]
) -> None:
    """A nested call has a part of its own, wherever it is made."""
    truth = Truth(spend, own)

    def advice(original: Any, depth: int = 0) -> Any:
        truth()
        if depth and where == "advice":
            return cast.target(depth - 1)
        return original(depth)

    with overt.around(TARGET, advice) as handle:
        for _ in range(10):
            cast.target(9)
        assert handle.stats.calls == 100
        assert truth.agrees(handle.stats.own)


def test_errors_are_counted(cast: ModuleType) -> None:
    """The time up to the error is that of whoever spent it."""
    truth = Truth(busy, 50)

    def fail(depth: int = 0) -> None:
        busy(100)
        raise ValueError(depth)

    def advice(original: Any, depth: int = 0) -> Any:
        truth()
        return original(depth)

    cast.target = fail  # type: ignore[attr-defined]
    with overt.around(TARGET, advice) as handle:
        for i in range(100):
            with pytest.raises(ValueError, match=str(i)):
                cast.target(i)
        assert (handle.stats.calls, handle.stats.errors) == (100, 100)
        assert truth.agrees(handle.stats.own)


@both_kinds
@all_costs
def test_threads_do_not_mix(cast: ModuleType, own: float, spend: Callable[[float], None]) -> None:
    """What other threads do in the original meanwhile is subtracted from nobody."""
    truth = Truth(spend, own)

    def advice(original: Any, depth: int = 0) -> Any:
        truth()
        return original(depth)

    cast.target = lambda depth=0: time.sleep(0.003)  # type: ignore[attr-defined]
    with overt.around(TARGET, advice) as handle:
        threads = [
            threading.Thread(target=lambda: [cast.target() for _ in range(40)]) for _ in "12"
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert handle.stats.calls == 80
        # Who has slept comes back to cold caches, and waits for the interpreter perhaps.
        assert truth.agrees(handle.stats.own, more=50_000)
        assert handle.stats.original.p50 >= 2.9e6


def test_an_original_on_other_threads_counts_once(cast: ModuleType) -> None:
    """An advice that runs it twice at a time waits for both together."""
    cast.target = lambda depth=0: time.sleep(0.02)  # type: ignore[attr-defined]

    def advice(original: Any, depth: int = 0) -> None:
        threads = [threading.Thread(target=original, args=(depth,)) for _ in "12"]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    with overt.around(TARGET, advice) as handle:
        for _ in range(20):
            cast.target()
        assert handle.stats.own.p50 < 10e6
        assert 19e6 <= handle.stats.original.p50 < 35e6


@both_kinds
@all_costs
@pytest.mark.parametrize("library", ["greenlet", "gevent"])
def test_greenlets_do_not_mix(
    cast: ModuleType, library: str, own: float, spend: Callable[[float], None]
) -> None:
    """They share a thread and exchange its stack in the middle of calls."""
    truth = Truth(spend, own)
    found = pytest.importorskip(library)
    rest = found.sleep if library == "gevent" else lambda: found.getcurrent().parent.switch()

    def target(depth: int = 0) -> None:
        rest()
        busy(100)

    def advice(original: Any, depth: int = 0) -> Any:
        truth()
        return original(depth)

    def work() -> None:
        for _ in range(30):
            cast.target()

    cast.target = target  # type: ignore[attr-defined]
    with overt.around(TARGET, advice) as handle:
        if library == "gevent":
            found.joinall([found.spawn(work) for _ in range(5)])
        else:
            all_ = [found.greenlet(work) for _ in range(5)]
            while any(not each.dead for each in all_):
                for each in all_:
                    if not each.dead:
                        each.switch()
        assert handle.stats.calls == 150
        assert truth.agrees(handle.stats.own)


@both_kinds
@all_costs
def test_own_time_of_an_async_advice(
    cast: ModuleType, original: Truth, own: float, spend: Callable[[float], None]
) -> None:
    """Over its whole life, without the original's, also where many run at a time."""
    truth = Truth(spend, own)

    async def target(depth: int = 0) -> int:
        original()
        await asyncio.sleep(0)
        return depth

    async def advice(original: Any, depth: int = 0) -> Any:
        await asyncio.sleep(0)
        truth()
        result = await original(depth)
        await asyncio.sleep(0)
        return result

    async def main() -> None:
        for _ in range(10):
            assert await asyncio.gather(*map(cast.target, range(10))) == list(range(10))

    cast.target = target  # type: ignore[attr-defined]
    with overt.around(TARGET, advice) as handle:
        asyncio.run(main())
        stats = handle.stats
    assert stats.calls == 100
    assert stats.own.sampled >= 16
    # Three resumptions of code that awaits are a part of the advice, too.
    assert truth.agrees(stats.own, more=5_000)
    assert original.agrees(stats.original, more=5_000)


def test_own_time_of_a_generator_advice(cast: ModuleType, original: Truth) -> None:
    """What the consumer does between two values is not the advice's; nor is the original's."""
    truth = Truth(busy, 50)

    def target(depth: int = 0) -> Iterator[int]:
        for i in range(3):
            original()
            yield i

    def advice(original: Any, depth: int = 0) -> Iterator[int]:
        for value in original(depth):
            truth()
            yield value

    cast.target = target  # type: ignore[attr-defined]
    with overt.around(TARGET, advice) as handle:
        for _ in range(30):
            for _value in cast.target():
                busy(30)
        left = cast.target()
        assert inspect.isgenerator(left)
        next(left)
        del left  # abandoned: what it took so far counts
        stats = handle.stats
    assert stats.own.sampled == 31
    assert truth.agrees(stats.own, parts=3)
    assert original.agrees(stats.original, parts=3)


@both_kinds
@all_costs
def test_a_decorator_has_a_meter(
    cast: ModuleType, own: float, spend: Callable[[float], None]
) -> None:
    """One for everything that it decorates."""
    truth = Truth(spend, own)

    @overt.wrapper
    def timed(original: Any, *args: Any, **kwargs: Any) -> Any:
        truth()
        return original(*args, **kwargs)

    first, second = timed(cast.target), timed(lambda: busy(100))
    for _ in range(30):
        first()
        second()
    assert timed.stats.calls == 60
    assert truth.agrees(timed.stats.own)


def test_fast_calls_are_timed_by_sample(cast: ModuleType) -> None:
    """Every call is counted; timing takes a small part of them."""
    cast.target = lambda depth=0: depth  # type: ignore[attr-defined]
    with overt.around(TARGET, lambda original, depth=0: original(depth)) as handle:
        for i in range(100_000):
            cast.target(i)
        stats = handle.stats
    assert stats.calls == 100_000
    assert 16 < stats.own.sampled < 5_000
    assert 0 < stats.own.p50 < 20_000


def test_installing_again_counts_on_and_nothing_twice(cast: ModuleType) -> None:
    """The numbers are the handle's, and stand at its newest patch."""
    cast.again = lambda: None  # type: ignore[attr-defined]
    handle = overt.around("patch_cast:again", lambda original: original())
    for _ in range(2):
        with handle:
            cast.again()
    with handle:
        cast.again()
        told = [p for p in overt.report()["patches"] if p["target"] == "patch_cast:again"]
    assert sum(p["calls"] for p in told) == handle.stats.calls == 3
