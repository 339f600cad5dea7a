"""Where a patch holds and for how long: threads, contexts, transactions, baselines, handles."""

from __future__ import annotations

import asyncio
import contextvars
import gc
import inspect
import threading
import time
import weakref
from concurrent.futures import ThreadPoolExecutor

import pytest
from greenlet import greenlet

import overt


def doubled(original, *args, **kwargs):
    return 2 * original(*args, **kwargs)


def in_thread(function):
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(function).result()


@pytest.mark.parametrize("reach", ["name", "everywhere"])
def test_thread(cast, reach) -> None:
    """Only the thread that installed the patch goes through it."""
    with overt.around("patch_cast:price", doubled, scope="thread", reach=reach) as handle:
        assert (cast.price(1), in_thread(cast.price)) == (2, 1)
        assert contextvars.Context().run(cast.price) == 2
        with pytest.raises(overt.StateError):
            in_thread(handle.install)
    assert cast.price(1) == 1


def test_thread_that_has_ended(cast) -> None:
    """The next thread, which may get its ident, does not inherit its patches."""
    handle = overt.around("patch_cast:price", doubled, scope="thread")
    for _ in range(5):
        in_thread(handle.install)
        assert in_thread(cast.price) == 1
        handle.remove()


def test_context_is_inherited_by_what_starts_in_it(cast) -> None:
    """Tasks and asyncio.to_thread see the patch, other tasks and plain threads the original."""
    handle = overt.around("patch_cast:price", doubled, scope="context")

    async def other(inside, done):
        await inside.wait()
        price = cast.price()
        done.set()
        return price

    async def main():
        inside, done = asyncio.Event(), asyncio.Event()
        task = asyncio.create_task(other(inside, done))
        async with handle:
            inside.set()
            await done.wait()
            assert cast.price() == 2
            assert await asyncio.to_thread(cast.price) == 2
            assert await asyncio.create_task(asyncio.to_thread(cast.price)) == 2
            assert in_thread(cast.price) == 1
        assert cast.price() == 1
        return await task

    assert asyncio.run(main()) == 1


def test_one_handle_is_open_in_many_contexts(cast) -> None:
    """Each task opens and closes it for itself; the last one removes it."""
    handle = overt.around("patch_cast:price", doubled, scope="context")
    plain = cast.price

    async def user(turns):
        async with handle, handle:
            for _ in range(turns):
                await asyncio.sleep(0)
                assert cast.price() == 2
        assert cast.price() == 1

    async def main():
        async with asyncio.TaskGroup() as group:
            for turns in range(8):
                group.create_task(user(turns))

    asyncio.run(main())
    assert cast.price is plain


def test_context_of_a_former_installation(cast) -> None:
    """A context in which the patch was not closed does not see its next installation."""
    handle = overt.around("patch_cast:price", doubled, scope="context")
    former = contextvars.copy_context()
    former.run(handle.install)
    assert (cast.price(), former.run(cast.price)) == (1, 2)
    handle.remove()
    with handle:
        assert (cast.price(), former.run(cast.price)) == (2, 1)


def test_greenlets(cast) -> None:
    """A greenlet has a context of its own, or the one it is given."""
    with overt.around("patch_cast:price", doubled, scope="context"):
        assert greenlet(cast.price).switch() == 1
        inheriting = greenlet(cast.price)
        inheriting.gr_context = contextvars.copy_context()
        assert inheriting.switch() == 2


def test_baseline(cast) -> None:
    """Inside of it everything governed is off, in this context only, and nested."""
    with overt.around("patch_cast:price", doubled), overt.observe("patch_cast:price") as seen:
        with overt.baseline():
            assert (cast.price(), in_thread(cast.price)) == (1, 2)
            with overt.baseline():
                assert cast.price() == 1
            assert cast.price() == 1

            async def task():
                return cast.price()

            assert asyncio.run(task()) == 1
        assert cast.price() == 2
        assert seen.stats.calls == 2


def test_transaction_is_all_or_none(cast) -> None:
    """The 47th of 50 fails: the 46 before it are gone, and what was there before stays."""
    functions = {f"f{i}": type(cast.price)(cast.price.__code__, {}) for i in range(50)}
    vars(cast).update(functions)
    with overt.observe("patch_cast:f0") as outside:
        with pytest.raises(overt.TargetError), overt.transaction():  # noqa: PT012
            for i in range(50):
                overt.observe(f"patch_cast:f{i if i != 46 else 'x'}", again=True).install()
        assert [handle.target for handle in overt.handles()] == [outside.target]
    for name, function in functions.items():
        assert getattr(cast, name) is function
    with overt.transaction():
        kept = [overt.observe(f"patch_cast:f{i}").install() for i in range(50)]
    assert len(overt.handles()) == 50
    for handle in kept:
        handle.remove()


def test_transactions_nest(cast) -> None:
    """The outer one takes back what inner ones kept; an inner one only its own."""
    with pytest.raises(KeyError), overt.transaction():  # noqa: PT012
        with overt.transaction():
            overt.observe("patch_cast:price").install()
        with pytest.raises(ZeroDivisionError), overt.transaction():  # noqa: PT012
            overt.observe("patch_cast:fail").install()
            raise ZeroDivisionError
        assert [handle.target for handle in overt.handles()] == ["patch_cast:price"]
        raise KeyError
    assert overt.handles() == ()


def test_patch_that_cannot_be_taken_back_keeps_no_other(cast) -> None:
    """A container that refuses is told in a note; reset() goes on, too, and tells it."""

    class Stubborn(type):
        locked = False

        def __setattr__(cls, name, value):
            if cls.locked:
                raise RuntimeError("locked")
            super().__setattr__(name, value)

    cast.Thing = Stubborn("Thing", (), {"method": lambda self: 1})
    plain = cast.price
    with pytest.raises(KeyError) as caught, overt.transaction():  # noqa: PT012
        overt.observe("patch_cast:price").install()
        overt.observe("patch_cast:Thing.method").install()
        Stubborn.locked = True
        raise KeyError
    assert cast.price is plain
    assert "could not be removed: RuntimeError('locked')" in caught.value.__notes__[0]
    overt.observe("patch_cast:price").install()
    with pytest.raises(RuntimeError, match="locked"):
        overt.reset()
    assert cast.price is plain
    Stubborn.locked = False
    overt.reset()


def test_handle_decorates_tests(cast) -> None:
    """The patch is installed for each call, and the function looks as before."""
    handle = overt.around("patch_cast:price", doubled)

    @handle
    def sync_test(amount):
        """Say something."""
        return cast.price(amount)

    @handle
    async def async_test(amount):
        await asyncio.sleep(0)
        return cast.price(amount)

    @handle
    def fixture():
        yield cast.price(3)

    async def stream():
        yield

    assert (sync_test(1), asyncio.run(async_test(2)), cast.price(1)) == (2, 4, 1)
    made = fixture()
    assert (next(made), cast.price(1)) == (6, 2)
    made.close()
    with pytest.raises(TypeError, match="use `with` inside"):
        handle(stream)
    assert (sync_test.__name__, sync_test.__doc__) == ("sync_test", "Say something.")
    assert inspect.iscoroutinefunction(async_test)
    with pytest.raises(TypeError):
        sync_test()
    assert handle.state == "idle"


def test_install_twice_and_remove_twice(cast) -> None:
    """The first is a mistake and says so, the second is not."""
    handle = overt.observe("patch_cast:price").install()
    with pytest.raises(overt.StateError, match="installed already"):
        handle.install()
    handle.remove()
    handle.remove()
    assert handle.state == "idle"
    handle.on().off().on()


def test_the_record_of_a_handle_is_of_its_patch(cast) -> None:
    """Its state is not that of another one, and each is None before it was installed."""
    first = overt.observe("patch_cast:price")
    second = overt.around("patch_cast:price", doubled)
    assert (first.record, second.record) == (None, None)
    with first, second:
        second.off()
        assert (first.record.state, second.record.state) == ("on", "off")
        first.off()
        second.on()
        assert (first.record.state, second.record.state) == ("off", "on")
        assert [patch for patch in overt.ledger() if patch.id == second.record.id] == [
            second.record
        ]
    assert second.record.state == "reverted"


@pytest.mark.parametrize("reach", ["name", "everywhere"])
def test_off_settles_after_a_quiet_second(cast, reach) -> None:
    """The raw original is back by itself, and on() brings the patch back."""
    plain = cast.price
    entry = type(vars(cast)["price"])
    with overt.around("patch_cast:price", doubled, reach=reach) as handle:
        handle.off()
        assert cast.price() == 1
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            for _ in range(300):
                cast.price()
            if reach == "everywhere" or cast.price is plain:
                break
        assert cast.price is plain
        assert type(cast.price) is entry
        assert handle.state == "off"
        handle.on()
        assert (cast.price(), handle.state) == (2, "on")
    assert cast.price is plain


def test_flapping_does_not_rebind(cast) -> None:
    """Off and on within the quiet time leave the same object at the name."""
    with overt.around("patch_cast:price", doubled) as handle:
        standing = cast.price
        for _ in range(50):
            handle.off()
            assert [cast.price() for _ in range(300)] == [1] * 300
            handle.on()
            assert cast.price() == 2
        assert cast.price is standing


def test_idle_handle_in_a_cycle_is_collected(cast) -> None:
    """Also one that was installed; an installed one stays without anybody holding it."""

    class Owner:
        def __init__(self):
            self.handle = overt.around("patch_cast:price", self.advice)

        def advice(self, original, *args, **kwargs):
            return 2 * original(*args, **kwargs)

    used, unused, installed = Owner(), Owner(), Owner()
    with used.handle:
        assert cast.price() == 2
    installed.handle.install()
    refs = [weakref.ref(owner) for owner in (used, unused, installed)]
    del used, unused, installed
    gc.collect()
    assert [ref() is None for ref in refs] == [True, True, False]
    assert cast.price() == 2
    overt.reset()
    gc.collect()
    assert refs[2]() is None


def test_removed_from_inside_and_from_another_thread(cast) -> None:
    """The call that is inside finishes as it began; the next one is the original's."""
    inside, leave = threading.Event(), threading.Event()

    def advice(original, *args, **kwargs):
        inside.set()
        assert leave.wait(10)
        return 2 * original(*args, **kwargs)

    handle = overt.around("patch_cast:price", advice).install()
    with ThreadPoolExecutor(1) as pool:
        call = pool.submit(cast.price, 4)
        assert inside.wait(10)
        assert handle.stats.inside == 1
        handle.remove()
        assert cast.price(4) == 4
        leave.set()
        assert call.result() == 8
    assert handle.stats.inside == 0


def test_lifetime_is_recorded(cast) -> None:
    """`scope` ends with a block or a decorated call, `ttl` by itself, `process` with a removal."""

    def lifetime(handle):
        assert handle.record is not None
        return handle.record.lifetime

    with overt.observe("patch_cast:price") as handle:
        assert lifetime(handle) == "scope"
    handle.install()
    assert lifetime(handle) == "process"
    handle.remove()

    @handle
    def decorated():
        return lifetime(handle)

    assert decorated() == "scope"

    async def block():
        async with handle:
            return lifetime(handle)

    assert asyncio.run(block()) == "scope"
    with overt.transaction():
        handle.install()
    assert lifetime(handle) == "process"
    handle.remove()
    handle = overt.observe("patch_cast:price", ttl=60).install()
    assert lifetime(handle) == "ttl"
    handle.remove()
