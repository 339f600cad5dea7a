"""Exceptions below and in a patch: evidence, notes, contained observers, refused advice."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import sys
import weakref

import pytest

import overt


@pytest.fixture
def unraisable(monkeypatch):
    told = []
    monkeypatch.setattr(
        sys, "unraisablehook", lambda report: told.append((report.exc_value, report.object))
    )
    return told


def passing(original, *args, **kwargs):
    return original(*args, **kwargs)


def swallowing(original, *args, **kwargs):
    try:
        return original(*args, **kwargs)
    except ValueError:
        return "swallowed"


def with_cause(original, *args, **kwargs):
    try:
        return original(*args, **kwargs)
    except ValueError as error:
        raise KeyError("other") from error


def with_context(original, *args, **kwargs):
    try:
        return original(*args, **kwargs)
    except ValueError:
        raise KeyError("other")  # noqa: B904  # that is the point


def hiding(original, *args, **kwargs):
    try:
        return original(*args, **kwargs)
    except ValueError:
        raise KeyError("other") from None


def retrying(original, *args, **kwargs):
    for _ in range(3):
        try:
            return original(*args, **kwargs)
        except ValueError as error:
            last = error
    raise last


def found(handle):
    evidence = handle.stats.evidence
    return (evidence.raised, evidence.swallowed, evidence.replaced, evidence.hidden)


@pytest.mark.parametrize(
    ("advice", "wanted"),
    [
        (passing, (16, 0, 0, 0)),
        (swallowing, (16, 16, 0, 0)),
        (with_cause, (16, 0, 16, 0)),
        (with_context, (16, 0, 16, 0)),
        (hiding, (16, 0, 0, 16)),
        (retrying, (16, 0, 0, 0)),
    ],
)
@pytest.mark.parametrize("reach", ["name", "everywhere"])
def test_what_became_of_it(cast, advice, wanted, reach) -> None:
    """Exact on the first calls, and as long as the original goes on raising."""
    with overt.around("patch_cast:fail", advice, reach=reach) as handle:
        for call in range(1, 17):
            try:
                cast.fail()
            except (ValueError, KeyError):
                raised = True
            else:
                raised = False
            assert handle.stats.evidence.probed == call
        assert found(handle) == wanted
        assert handle.stats.errors == (16 if raised else 0)
        for _ in range(100):
            with pytest.raises((ValueError, KeyError)) if raised else memoryview(b""):
                cast.fail()
        assert handle.stats.evidence.raised == 116


def test_call_that_raises_once_is_seen_among_the_first(cast) -> None:
    """Later calls are probed by sample, and the call after one that raised always."""
    with overt.around("patch_cast:price", passing) as handle:
        for _ in range(2000):
            cast.price()
        assert 16 <= handle.stats.evidence.probed < 200
        with pytest.raises(TypeError):
            cast.price(object())
        assert handle.stats.errors == 1
        assert handle.stats.calls == 2001


def test_no_object_lives_longer_than_without(cast) -> None:
    """What the frames of an exception hold is gone when the exception is handled."""

    class Held:
        pass

    gc.disable()
    try:
        for advice in (passing, with_cause, swallowing):
            with overt.around("patch_cast:fail", advice):
                held = Held()
                gone = weakref.ref(held)
                with contextlib.suppress(ValueError, KeyError):
                    cast.fail(held=held)
                del held
                assert gone() is None, advice
    finally:
        gc.enable()


def test_probe_that_is_kept_works_on(cast) -> None:
    """An advice may hand its original to something that calls it later."""
    kept = []

    def keeping(original, *args, **kwargs):
        kept.append(original)
        return original(*args, **kwargs)

    with overt.around("patch_cast:fail", keeping) as handle:
        with pytest.raises(ValueError, match="failed"):
            cast.fail()
        with pytest.raises(ValueError, match="failed"):
            kept[0]()
        assert kept[0] == cast.fail
        assert found(handle) == (1, 0, 0, 0)
    with pytest.raises(ValueError, match="failed"):
        kept[0]()


def test_note_names_patch_owner_and_reason_once(cast) -> None:
    """One note for one patch, however often the exception crosses it; the object stays the same."""
    error = ValueError("x")
    options = {"notes": True, "owner": "payments"}
    with (
        overt.around("patch_cast:fail", passing, reason="retry 5xx", **options),
        overt.observe("patch_cast:fail", **options),
    ):
        for _ in range(3):
            with pytest.raises(ValueError, match="x") as caught:
                cast.fail(error)
            assert caught.value is error
    assert error.__notes__ == [
        "patched by payments: patch_cast:fail (retry 5xx)",
        "patched by payments: patch_cast:fail",
    ]
    with overt.around("patch_cast:fail", passing), pytest.raises(ValueError, match="y") as caught:
        cast.fail(ValueError("y"))
    assert not hasattr(caught.value, "__notes__")


def test_note_that_cannot_be_added_changes_nothing(cast) -> None:
    """An exception may refuse notes, or have something else under the name."""

    class Odd(Exception):
        def add_note(self, text):
            raise RuntimeError(text)

    class Strange(Exception):
        __notes__ = 5

    with overt.observe("patch_cast:fail", notes=True):
        for kind in (Odd, Strange):
            error = kind("x")
            with pytest.raises(kind) as caught:
                cast.fail(error)
            assert caught.value is error
            assert (error.__cause__, error.__context__) == (None, None)


def test_observers_are_told_of_every_call(cast) -> None:
    """before, then after with the result or failed with the error, with the call's arguments."""
    told = []
    with overt.tap(
        "patch_cast:fail",
        before=lambda *args, **kwargs: told.append(("before", args, kwargs)),
        after=lambda *args, **kwargs: told.append(("after", args, kwargs)),
        failed=lambda *args, **kwargs: told.append(("failed", args, kwargs)),
    ):
        error = ValueError("x")
        with pytest.raises(ValueError, match="x"):
            cast.fail(error, key=1)
    assert told == [("before", (error,), {"key": 1}), ("failed", (error, error), {"key": 1})]
    with overt.tap("patch_cast:price", after=lambda *args, **kwargs: told.append((args, kwargs))):
        assert cast.price(2, tax=1) == 3
    assert told[2:] == [((3, 2), {"tax": 1})]


@pytest.mark.parametrize("error", [ValueError("observer"), SystemExit(3), MemoryError()])
def test_observers_are_contained(cast, unraisable, error) -> None:
    """Counted each time, reported once, and the program sees its own result or exception."""

    def broken(*args, **kwargs):
        raise error

    with overt.tap("patch_cast:price", before=broken, after=broken) as good:
        assert [cast.price(i) for i in range(5)] == list(range(5))
    with overt.tap("patch_cast:fail", before=broken, failed=broken) as bad:
        for _ in range(5):
            with pytest.raises(ValueError, match="failed") as caught:
                cast.fail()
            assert caught.value.__context__ is None
    assert [handle.stats.evidence.contained for handle in (good, bad)] == [10, 10]
    assert unraisable == [(error, broken), (error, broken)]
    assert (good.stats.errors, bad.stats.errors) == (0, 5)


@pytest.mark.parametrize("when", ["before", "after", "failed"])
def test_ctrl_c_in_an_observer_reaches_the_program(cast, unraisable, when) -> None:
    """It is the user's, wherever it happens to arrive."""

    def interrupted(*args, **kwargs):
        raise KeyboardInterrupt

    with overt.tap("patch_cast:fail", **{when: interrupted}):
        call = cast.fail if when != "after" else lambda: None
        if when == "after":
            with overt.tap("patch_cast:price", after=interrupted):
                call = cast.price
                with pytest.raises(KeyboardInterrupt):
                    call()
        else:
            with pytest.raises(KeyboardInterrupt):
                call()
    assert unraisable == []


def test_observer_that_recurses_is_contained(cast, unraisable) -> None:
    """An observer that calls the target runs into the recursion limit; the program does not."""

    def recursive(*args, **kwargs):
        cast.price()

    with overt.tap("patch_cast:price", before=recursive) as handle:
        assert cast.price(4) == 4
    assert handle.stats.evidence.contained >= 1
    # where it is met there may be no room left for the hook itself
    assert [type(error) for error, _ in unraisable] in ([RecursionError], [])


def test_recursion_error_of_the_program_passes(cast) -> None:
    """A recursive function that is patched overflows as it would alone, and works afterwards."""
    exec("def deep(n): return 0 if n == 0 else 1 + deep(n - 1)", vars(cast))
    cast.deep.__module__ = "patch_cast"
    for reach in ("name", "everywhere"):
        with overt.around("patch_cast:deep", passing, reach=reach) as handle:
            with pytest.raises(RecursionError):
                cast.deep(10**6)
            assert cast.deep(50) == 50
            assert handle.stats.inside == 0


def test_memory_error_passes(cast) -> None:
    """It is an exception like others."""
    with overt.around("patch_cast:fail", passing), overt.observe("patch_cast:fail") as handle:
        with pytest.raises(MemoryError):
            cast.fail(MemoryError())
        assert handle.stats.errors == 1


async def async_advice(original, *args, **kwargs):
    return await original(*args, **kwargs)


def generator_advice(original, *args, **kwargs):
    yield from original(*args, **kwargs)


WRONG = {
    "async for a function": (overt.around, "price", async_advice, "coroutine function"),
    "generator for a function": (overt.around, "price", generator_advice, "generator function"),
    "generator for a coroutine": (overt.around, "fetch", generator_advice, "generator function"),
    "async for a generator": (overt.around, "walk", async_advice, "coroutine function"),
    "without original": (overt.around, "price", lambda: 1, "original"),
    "without an argument": (overt.around, "price", lambda original: 1, "add 'amount'"),
    "without a keyword": (overt.around, "price", lambda original, amount: 1, "tax"),
    "replacement": (overt.patch, "price", lambda: 1, "replacement.*add 'amount'"),
    "async replacement": (overt.patch, "price", async_advice, "replacement"),
    "observer": (overt.tap, "price", lambda: 1, "observer `before`"),
    "async observer": (overt.tap, "price", async_advice, "observer `before`"),
    "method": (overt.around, "Item.method", lambda original, self: 1, "add 'amount'"),
}


@pytest.mark.parametrize("case", WRONG)
@pytest.mark.parametrize("reach", ["name", "everywhere"])
def test_wrong_advice_is_refused(cast, case, reach) -> None:
    """At installation, with the reason; nothing has changed."""
    make, name, advice, why = WRONG[case]
    before = dict(vars(cast)), dict(vars(cast.Item))
    handle = make(f"patch_cast:{name}", advice, reach=reach)
    with pytest.raises(overt.SignatureError, match=why) as refusal:
        handle.install()
    assert isinstance(refusal.value, TypeError)
    assert (refusal.value.code, refusal.value.target) == ("signature", f"patch_cast:{name}")
    assert handle.state == "idle"
    assert (dict(vars(cast)), dict(vars(cast.Item))) == before


def test_advice_of_the_right_kind(cast) -> None:
    """Async for coroutines, generators for generators, plain functions for all."""
    with overt.around("patch_cast:fetch", async_advice):
        assert asyncio.run(cast.fetch(1)) == 1
    with (
        overt.around("patch_cast:walk", generator_advice),
        overt.around("patch_cast:walk", passing),
    ):
        assert list(cast.walk(2)) == [0, 1]


def test_options_that_are_none() -> None:
    """Misspelled ones are told at once, with what there is."""
    for options in ({"reach": "far"}, {"scope": "galaxy"}, {"layer": "top"}, {"ttl": "soon"},
                    {"ttl": -1}, {"fail": "maybe"}):  # fmt: skip
        with pytest.raises(overt.Error):
            overt.observe("patch_cast:price", **options)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="unknown option scoop; known are owner"):
        overt.observe("patch_cast:price", scoop="x")  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="needs an observer"):
        overt.tap("patch_cast:price")
