"""Calls one small function and one small method, each wrapped in one way.

calls.py names: which ways there are here. calls.py count 0 WAY...: for valgrind; between two marks
stands one loop, for each way and subject: to warm up, of LENGTH calls, of twice as many. calls.py
time ROUNDS WAY...: the least nanoseconds of a call of each, as JSON.

Every way has a module, a function and a call site of its own, so that none of them changes what
the interpreter has learnt of another.
"""

from __future__ import annotations

import functools
import gc
import importlib
import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from types import ModuleType
from typing import Any

LENGTH = 2000
QUIET = 1.3  # seconds after which what is off has settled

SOURCE = """
from itertools import repeat

def target(a, b):
    return a

class Subject:
    def method(self, a, b):
        return a

def functions(n):
    for _ in repeat(None, n):
        target(1, 2)

def methods(n):
    call = Subject()
    for _ in repeat(None, n):
        call.method(1, 2)
"""
SUBJECTS = {"functions": "target", "methods": "Subject.method"}


class Place:
    """The subject of one way: a name in a module of its own."""

    def __init__(self, way: str, subject: str) -> None:
        self.module = ModuleType(f"calls_{way}_{subject}")
        sys.modules[self.module.__name__] = self.module
        exec(compile(SOURCE, self.module.__name__, "exec"), self.module.__dict__)
        self.qualname = SUBJECTS[subject]
        self.loop: Callable[[int], None] = getattr(self.module, subject)
        self.parent: Any = self.module if subject == "functions" else self.module.Subject
        self.attribute = self.qualname.rpartition(".")[2]

    @property
    def target(self) -> str:
        return f"{self.module.__name__}:{self.qualname}"

    def get(self) -> Any:
        return self.parent.__dict__[self.attribute]

    def put(self, value: object) -> None:
        setattr(self.parent, self.attribute, value)


def bare(place: Place) -> None:
    pass


# Overt. A method's advice has one argument more.
def exact(place: Place) -> Any:
    if place.parent is place.module:
        return lambda original, a, b: original(a, b)
    return lambda original, self, a, b: original(self, a, b)


def star(original: Any, *args: Any, **kwargs: Any) -> Any:
    return original(*args, **kwargs)


def overt_around_exact(place: Place) -> object:
    import overt

    return overt.around(place.target, exact(place)).install()


def overt_around_star(place: Place) -> object:
    import overt

    return overt.around(place.target, star).install()


def overt_everywhere_exact(place: Place) -> object:
    import overt

    return overt.around(place.target, exact(place), reach="everywhere").install()


def overt_observe(place: Place) -> object:
    import overt

    return overt.observe(place.target).install()


def overt_tap(place: Place) -> object:
    import overt

    def before(*args: object, **kwargs: object) -> None: ...

    return overt.tap(place.target, before=before).install()


def overt_patch(place: Place) -> object:
    import overt

    if place.parent is place.module:
        return overt.patch(place.target, lambda a, b: a).install()
    return overt.patch(place.target, lambda self, a, b: a).install()


def overt_compat(place: Place) -> object:
    from overt.compat.wrapt import wrap_function_wrapper

    return wrap_function_wrapper(place.module, place.qualname, wrapt_call)


def overt_off(place: Place) -> object:
    import overt

    handle = overt.around(place.target, exact(place)).install()
    place.loop(100)
    return handle.off()


def overt_off_settled(place: Place) -> object:
    handle = overt_off(place)
    place.loop(100)
    time.sleep(QUIET)
    place.loop(1000)  # whatever is due happens at a call
    return handle


def overt_removed(place: Place) -> None:
    import overt

    original = place.get()
    handle = overt.around(place.target, exact(place)).install()
    place.loop(100)
    handle.off()
    place.loop(100)
    handle.on()
    place.loop(100)
    handle.remove()
    assert place.get() is original


def overt_everywhere_removed(place: Place) -> None:
    handle: Any = overt_everywhere_exact(place)
    place.loop(100)
    handle.remove()


# By hand.
def wraps_exact(place: Place) -> None:
    original = place.get()
    if place.parent is place.module:

        @functools.wraps(original)
        def wrapper(a: object, b: object) -> object:
            return original(a, b)
    else:

        @functools.wraps(original)
        def wrapper(self: object, a: object, b: object) -> object:
            return original(self, a, b)

    place.put(wrapper)


def wraps_star(place: Place) -> None:
    original = place.get()

    @functools.wraps(original)
    def wrapper(*args: object, **kwargs: object) -> object:
        return original(*args, **kwargs)

    place.put(wrapper)


def wraps_timing(place: Place) -> None:
    original = place.get()
    clock, spent = time.perf_counter, [0.0]

    @functools.wraps(original)
    def wrapper(*args: object, **kwargs: object) -> object:
        start = clock()
        try:
            return original(*args, **kwargs)
        finally:
            spent[0] += clock() - start

    place.put(wrapper)


# Others.
def wrapt_call(wrapped: Any, instance: object, args: Any, kwargs: Any) -> Any:
    return wrapped(*args, **kwargs)


def wrapt_on(place: Place) -> None:
    import wrapt

    wrapt.wrap_function_wrapper(place.module, place.qualname, wrapt_call)


def wrapt_disabled(place: Place) -> None:
    import wrapt

    place.put(wrapt.FunctionWrapper(place.get(), wrapt_call, enabled=lambda: False))


def ddtrace_wrap(place: Place) -> None:
    from ddtrace.internal.wrapping import wrap

    def wrapper(function: Any, args: Any, kwargs: Any) -> Any:
        return function(*args, **kwargs)

    wrap(place.get(), wrapper)


def aspectlib_weave(place: Place) -> None:
    import aspectlib

    @aspectlib.Aspect
    def aspect(*args: object, **kwargs: object) -> Iterator[object]:
        yield aspectlib.Proceed

    place.put(aspect(place.get()))


def mock_wraps(place: Place) -> None:
    from unittest import mock

    original = place.get()
    if place.parent is place.module:
        place.put(mock.Mock(wraps=original))
    else:  # only a mock with a specification is a method
        patcher = mock.patch.object(
            place.parent, place.attribute, autospec=True, side_effect=original
        )
        patcher.start()


@dataclass(frozen=True)
class Way:
    key: str
    install: Callable[[Place], object]

    def loops(self) -> list[Callable[[int], None]]:
        """One loop a subject, with the way installed."""
        out = []
        for subject in SUBJECTS:
            place = Place(self.key, subject)
            KEPT.append(self.install(place))
            out.append(place.loop)
        return out


KEPT: list[object] = []
WAYS = tuple(
    Way(install.__name__, install)
    for install in (
        bare,
        overt_removed,
        overt_everywhere_removed,
        overt_off_settled,
        overt_off,
        overt_observe,
        overt_tap,
        overt_patch,
        overt_around_exact,
        overt_around_star,
        overt_everywhere_exact,
        overt_compat,
        wraps_exact,
        wraps_star,
        wraps_timing,
        wrapt_on,
        wrapt_disabled,
        ddtrace_wrap,
        aspectlib_weave,
        mock_wraps,
    )
)
LIBRARIES = {"overt": "overt", "wrapt": "wrapt", "aspectlib": "aspectlib"}
LIBRARIES["ddtrace"] = "ddtrace.internal.wrapping"
os.environ["DD_INSTRUMENTATION_TELEMETRY_ENABLED"] = "false"


def library(way: Way) -> str:
    return way.key.partition("_")[0]


def present() -> list[Way]:
    """The ways whose library is installed."""
    return [way for way in WAYS if library(way) not in LIBRARIES or find_spec(library(way))]


def asked_for(keys: list[str]) -> list[Way]:
    """Those of the given keys, with their libraries imported."""
    ways = [way for way in WAYS if way.key in keys]
    needed = {library(way) for way in ways} & LIBRARIES.keys()
    for name in needed:
        importlib.import_module(LIBRARIES[name])
    if "ddtrace" in needed:
        time.sleep(5)  # its own threads are at work at first, and valgrind counts them, too
    return ways


@contextmanager
def undisturbed() -> Iterator[None]:
    gc.collect()
    gc.freeze()
    gc.disable()
    yield


def count(ways: list[Way]) -> None:
    for way in ways:
        for loop in way.loops():
            for length in (LENGTH, LENGTH, 2 * LENGTH):
                os.getppid()  # a mark
                loop(length)
                os.getppid()


def least(loop: Callable[[int], None], rounds: int) -> float:
    loop(LENGTH)
    best = float("inf")
    for _ in range(rounds):
        start = time.perf_counter_ns()
        loop(LENGTH)
        best = min(best, float(time.perf_counter_ns() - start))
    return best / LENGTH


def main() -> None:
    verb = sys.argv[1]
    if verb == "names":
        print(json.dumps([way.key for way in present()]))
        return
    rounds = int(sys.argv[2])
    ways = asked_for(sys.argv[3:])
    with undisturbed():
        if verb == "count":
            count(ways)
        else:
            # One after the other: what is off would have settled while others are measured.
            print(json.dumps([[least(loop, rounds) for loop in way.loops()] for way in ways]))
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
