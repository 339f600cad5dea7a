"""Parameters and kinds of real callables, and whether one may stand before the other."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import inspect
import itertools
import types

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from overt._native import refusal


def fine(callee, target, leading=1):
    """No objection; said by its text, so that a failure shows it."""
    assert refusal(callee, target, leading) is None


def refused(callee, target, leading=1, role="advice"):
    why = refusal(callee, target, leading, role)
    assert why is not None
    return why


def test_parameters_are_read_from_the_code() -> None:
    """Names, kinds and defaults of a function, those of a replaced default included."""

    def target(url, /, data, extra=1, *, timeout, retry=2): ...

    def advice(original, url, /, data, extra=1, *, timeout, retry=2): ...

    fine(advice, target)
    advice.__defaults__ = None
    assert "without 'extra'" in refused(advice, target)
    advice.__defaults__ = (1,)
    advice.__kwdefaults__ = {}
    assert "without 'retry'" in refused(advice, target)


def test_defaults_longer_than_the_parameters_are_no_harm() -> None:
    """CPython lets a function have more defaults than parameters."""

    def target(a): ...

    target.__defaults__ = (1, 2, 3)

    def advice(original, a): ...

    assert "without 'a'" in refused(advice, target)


def test_method_has_no_self_when_bound() -> None:
    """A bound method's calls are those of its function without the first argument."""

    class Session:
        def send(self, request): ...

        @staticmethod
        def static(request): ...

        @classmethod
        def make(cls, request): ...

    def advice(original, request): ...

    fine(advice, Session().send)
    fine(advice, Session.static)
    fine(advice, Session.make)
    fine(advice, Session.__dict__["static"])
    # a raw classmethod and a function of a class are called with all of their arguments
    assert "2 positional arguments" in refused(advice, Session.__dict__["make"])
    assert "2 positional arguments" in refused(advice, Session.send)


def test_self_may_have_any_name() -> None:
    """Nobody passes it by keyword; of what is no method every name counts."""

    class Session:
        def send(self, request, **kwargs): ...

    def advice(original, session, request, **kwargs): ...

    assert refusal(advice, Session.send, method=True) is None
    assert "'session' in that place" in refused(advice, Session.send)
    assert "keyword 'request'" in (
        refusal(lambda original, s, q: 0, Session.send, method=True) or ""
    )


def test_class_partial_and_builtin_are_asked_through_inspect() -> None:
    """Whatever inspect can tell counts; what it cannot is taken at its word."""

    class Point:
        def __init__(self, x, *, y=0): ...

    def exact(original, x, *, y=0): ...

    def short(original, x): ...

    fine(exact, Point)
    assert "keyword 'y'" in refused(short, Point)
    assert "'y'" in refused(short, functools.partial(exact, None, y=1))

    def sort(original, iterable, /, *, key=None, reverse=False): ...

    def sort_short(original, iterable, /, *, key=None): ...

    fine(sort, sorted)
    assert "keyword 'reverse'" in refused(sort_short, sorted)
    with pytest.raises(ValueError, match="no signature"):
        inspect.signature(dict.update)
    fine(short, dict.update)
    fine(dict.update, exact)


def test_target_behind_a_wrapper_is_meant_for_what_it_declares() -> None:
    """A tool that wrapped the target before with (*args, **kwargs) makes no difference."""

    def target(url, timeout=1): ...

    @functools.wraps(target)
    def wrapped(*args, **kwargs): ...

    def advice(original, url, timeout=1): ...

    fine(advice, wrapped)
    target.__signature__ = inspect.Signature()
    fine(lambda original: None, target)


def test_advice_is_held_to_its_own_code() -> None:
    """A decorated advice takes what its wrapper takes, whatever it declares."""

    def target(a): ...

    def inner(original, a): ...

    @functools.wraps(inner)
    def advice(original): ...

    assert "add 'a'" in refused(advice, target)


def test_hostile_callable_is_taken_at_its_word() -> None:
    """An object that raises for each question refuses nothing, and its error goes nowhere."""

    class Hostile:
        def __getattr__(self, name):
            raise RuntimeError(name)

        @property
        def __signature__(self):
            raise RuntimeError

    fine(Hostile(), len)
    fine(lambda original: None, Hostile())


def test_interrupt_is_not_swallowed() -> None:
    """Ctrl-C while an object is asked reaches the program."""

    class Interrupted:
        def __getattr__(self, name):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        refusal(Interrupted(), len)


def plain(*a, **k): ...
async def coroutine(*a, **k): ...
def generator(*a, **k):
    yield


async def async_generator(*a, **k):
    yield


class Callable:
    def __init__(self, call):
        self.__class__ = type("Callable", (Callable,), {"__call__": call})


@types.coroutine
def old_coroutine(*a, **k):
    yield


KINDS = {
    "function": [plain, len, dict, contextlib.contextmanager(generator), asyncio.run],
    "coroutine function": [
        coroutine,
        old_coroutine,
        inspect.markcoroutinefunction(lambda *a, **k: coroutine()),
        types.MethodType(coroutine, 1),
        functools.partial(functools.partial(coroutine, 1), 2),
        staticmethod(coroutine),
        Callable(coroutine),
        types.MethodType(Callable(coroutine), 1),
    ],
    "generator function": [generator, functools.partial(generator), Callable(generator)],
    "async generator function": [async_generator, types.MethodType(async_generator, 1)],
}


@pytest.mark.parametrize(("advice", "target"), list(itertools.product(KINDS, KINDS)))
def test_kinds(advice, target) -> None:
    """Plain code goes before anything; every other kind only before its like."""
    for callee, other in itertools.product(KINDS[advice], KINDS[target]):
        why = refusal(callee, other, 0, "replacement") or ""
        wrong = "whose callers would be given something else" in why
        assert wrong == (advice not in ("function", target)), (callee, other, why)
        if wrong:
            assert f"the replacement is a {advice} and".replace("a async", "an async") in why


def test_proxy_of_a_function_tells_its_code() -> None:
    """An object that forwards to a coroutine function is one, as it is for inspect."""

    class Proxy:
        def __getattr__(self, name):
            return getattr(coroutine, name)

        def __call__(self, *a, **k): ...

    fine(coroutine, Proxy())
    assert refused(Proxy(), plain, 0)


NAMES = ("a", "b", "c")
DEFINITIONS = st.builds(
    lambda order, only, optional, star, keyword, more: (order, only, optional, star, keyword, more),
    st.permutations(NAMES),
    st.integers(0, 2),
    st.integers(0, 3),
    st.booleans(),
    st.integers(0, 3),
    st.booleans(),
)


def define(first, order, only, optional, star, keyword, more):
    """A function of some of the names, the last `keyword` of them by keyword only."""
    head = [*order[: len(order) - keyword]]
    required = max(0, len(head) - optional)
    words = [name if i < required else f"{name}=0" for i, name in enumerate(head)]
    if first and words and "=" in words[0]:
        words = [word.split("=")[0] for word in words]
    words = [*first, *words]
    if 0 < only <= len(words):
        words.insert(only, "/")
    tail = [f"{name}=0" if i < optional else name for i, name in enumerate(order[len(head) :])]
    words += ["*rest"] if star else ["*"] if tail else []
    words += [*tail, *(["**more"] if more else [])]
    space: dict = {}
    exec(f"def f({', '.join(words)}): pass", space)
    return space["f"]


def calls(function, names):
    """Every call with few arguments that a function takes; it is called to know."""
    for count in range(5):
        for size in range(len(names) + 1):
            for keywords in itertools.combinations(names, size):
                try:
                    function(*range(count), **dict.fromkeys(keywords))
                except TypeError:
                    continue
                yield count, keywords


@settings(max_examples=300, deadline=None)
@given(DEFINITIONS, DEFINITIONS)
def test_refusal_agrees_with_calls(target, advice) -> None:
    """Accepted exactly when the advice takes every call that the target takes."""
    target = define((), *target)
    advice = define(("original",), *advice)
    named = [
        p.name
        for p in inspect.signature(target).parameters.values()
        if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)
    ]
    failing = []
    for count, keywords in calls(target, [*named, "other"]):
        try:
            advice(None, *range(count), **dict.fromkeys(keywords))
        except TypeError:
            failing.append((count, keywords))
    assert (refusal(advice, target) is None) == (not failing), (
        failing,
        inspect.signature(target),
        inspect.signature(advice),
    )
