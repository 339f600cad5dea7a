"""A patched name looks, in every way that a program can ask, like what it stands for."""

from __future__ import annotations

import abc
import asyncio
import copy
import dataclasses
import functools
import inspect
import io
import multiprocessing
import pickle
import pydoc
import subprocess
import sys
import traceback
import typing
import weakref

import pytest

import overt


def around(original, *args, **kwargs):
    return original(*args, **kwargs)


async def around_async(original, *args, **kwargs):
    return await original(*args, **kwargs)


def nothing(*args, **kwargs):
    pass


# Where each is found, for what reads it through its class.
READ = {
    "patch_cast:price": lambda m: m.price,
    "patch_cast:fetch": lambda m: m.fetch,
    "patch_cast:old_fetch": lambda m: m.old_fetch,
    "patch_cast:walk": lambda m: m.walk,
    "patch_cast:stream": lambda m: m.stream,
    "patch_cast:cached": lambda m: m.cached,
    "patch_cast:show": lambda m: m.show,
    "patch_cast:clock": lambda m: m.clock,
    "patch_cast:Item": lambda m: m.Item,
    "patch_cast:Item.method": lambda m: m.Item.method,
    "patch_cast:Special.inherited": lambda m: m.Special.inherited,
    "patch_cast:Item.static": lambda m: m.Item.static,
    "patch_cast:Item.named": lambda m: m.Item.named,
    "patch_cast:bound": lambda m: m.bound,
}
PREDICATES = [getattr(inspect, name) for name in dir(inspect) if name.startswith("is")] + [callable]


def asked(thing):
    """What inspect and others say of a callable."""
    said = {}
    for predicate in PREDICATES:
        said[predicate.__name__] = predicate(thing)
    for name in (
        "__name__",
        "__qualname__",
        "__doc__",
        "__module__",
        "__annotations__",
        "__wrapped__",
        "__defaults__",
        "__kwdefaults__",
        "__code__",
        "__dict__",
        "__closure__",
        "__type_params__",
        "__text_signature__",
        "__self__",
        "__class__",
    ):
        said[name] = getattr(thing, name, "missing")
    for ask in (
        inspect.signature,
        inspect.getsource,
        inspect.getfile,
        inspect.getdoc,
        inspect.getmodule,
        inspect.unwrap,
        typing.get_type_hints,
        repr,
        dir,
        hash,
    ):
        try:
            said[ask.__name__] = ask(thing)
        except (TypeError, ValueError, OSError) as error:
            said[ask.__name__] = repr(type(error))
    return said  # fmt: skip


@pytest.mark.parametrize("make", ["around", "observe", "tap"])
@pytest.mark.parametrize("target", READ)
def test_asked_as_without_the_patch(cast, target, make) -> None:
    """Names, docs, signature, source, predicates: the same answers."""
    asyncio_says = [asyncio.iscoroutinefunction] if sys.version_info < (3, 14) else []
    plain = READ[target](cast)
    before = asked(plain), [ask(plain) for ask in asyncio_says]
    made = {
        "around": lambda: overt.around(target, around),
        "observe": lambda: overt.observe(target),
        "tap": lambda: overt.tap(target, before=nothing),
    }
    with made[make]():
        patched = READ[target](cast)
        assert (asked(patched), [ask(patched) for ask in asyncio_says]) == before
        assert isinstance(patched, type(plain))
        assert patched == plain
        assert plain == patched
        assert {plain: 1}[patched] == 1
        assert {patched: 1}[plain] == 1
        assert patched != nothing
        assert weakref.ref(patched)() is patched
    assert READ[target](cast) == plain


@pytest.mark.parametrize("target", ["patch_cast:price", "patch_cast:fetch", "patch_cast:clock"])
def test_help_is_the_same(cast, target) -> None:
    """help() of the function and of the module."""
    plain = pydoc.render_doc(READ[target](cast)), pydoc.render_doc(cast)
    with overt.observe(target):
        assert (pydoc.render_doc(READ[target](cast)), pydoc.render_doc(cast)) == plain


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_pickled_by_name(cast, protocol) -> None:
    """A pickle of the patched function is one of its name, and loads as what is there then."""
    name_only = protocol >= 4  # nested names
    things = [cast.price, cast.cached, cast.item.method, functools.partial(cast.price, 2)]
    things += [cast.Item.named] if name_only else []
    plain = [pickle.dumps(thing, protocol) for thing in things]
    with (
        overt.observe("patch_cast:price"),
        overt.observe("patch_cast:cached"),
        overt.observe("patch_cast:Item.method"),
        overt.observe("patch_cast:Item.named"),
    ):
        things = [cast.price, cast.cached, cast.item.method, functools.partial(cast.price, 2)]
        things += [cast.Item.named] if name_only else []
        patched = [pickle.dumps(thing, protocol) for thing in things]
        assert patched[:3] == plain[:3]
        assert pickle.loads(patched[0]) is cast.price
        assert pickle.loads(patched[2])(3) == ("method", 3)
        assert pickle.loads(patched[3])() == 2
    assert pickle.loads(patched[0]) is cast.price
    assert pickle.loads(plain[3])() == 2


def test_bound_method_goes_to_a_spawned_process(cast) -> None:
    """The child has no patch, and finds the method by its name."""
    with (
        overt.observe("patch_cast:Item.method"),
        overt.observe("patch_cast:price"),
        multiprocessing.get_context("spawn").Pool(1) as pool,
    ):
        assert pool.apply(cast.item.method, (4,)) == ("method", 4)
        assert pool.map(cast.price, [1, 2]) == [1, 2]


def test_copied_as_functions_are(cast) -> None:
    """A copy is the same object, also deep inside of others."""
    with overt.observe("patch_cast:price"):
        assert copy.copy(cast.price) is cast.price
        assert copy.deepcopy({"f": [cast.price]})["f"][0] is cast.price
        assert copy.deepcopy(cast.item.method)(2) == ("method", 2)


def test_attributes_go_to_the_function(cast) -> None:
    """Set, read and deleted through the name, they are the function's own."""
    function = cast.price
    with overt.observe("patch_cast:price"):
        cast.price.mark = 1
        assert function.mark == 1
        assert vars(cast.price) == {"mark": 1}
        cast.price.__defaults__ = (7,)
        assert cast.price() == 7
        del cast.price.mark
        with pytest.raises(AttributeError, match="'function' object has no attribute 'mark'"):
            cast.price.mark  # noqa: B018
    assert function() == 7


def test_singledispatch_and_cache_keep_their_methods(cast) -> None:
    """register(), dispatch(), cache_info() are the original's."""
    with overt.observe("patch_cast:show") as show, overt.observe("patch_cast:cached") as cached:
        cast.show.register(str, lambda what: "str")
        assert [cast.show(x) for x in (1, "x", None)] == ["int", "str", "object"]
        assert (cast.cached(1), cast.cached(1)) == (2, 2)
        assert cast.cached.cache_info().hits == 1
        cast.cached.cache_clear()
        assert (show.stats.calls, cached.stats.calls) == (3, 2)
        assert functools.singledispatch(cast.price)(2) == 2
        assert functools.wraps(cast.price)(lambda: 1).__wrapped__ is cast.price


def test_abstract_methods_stay_abstract(cast) -> None:
    """A class over a patched abstract method must still implement it."""

    class Abstract(abc.ABC):
        @abc.abstractmethod
        def method(self): ...

    cast.Abstract = Abstract
    with overt.observe("patch_cast:Abstract.method"):
        with pytest.raises(TypeError, match="abstract"):
            cast.Abstract()
        with pytest.raises(TypeError, match="abstract"):
            type("Half", (cast.Abstract,), {})()
        assert type("Whole", (cast.Abstract,), {"method": nothing})().method() is None


def test_dataclass_and_annotations(cast) -> None:
    """A patched function can be a default, a patched class a base, an annotation, a union."""
    with overt.observe("patch_cast:price") as price, overt.observe("patch_cast:Item") as item:

        @dataclasses.dataclass
        class Row:
            function: object = cast.price
            item: cast.Item | None = None

        assert Row().function(3) == 3
        assert dataclasses.replace(Row(), item=cast.Item("x")).item.name == "x"
        assert typing.get_args(cast.Item | None)[1] is type(None)

        class Sub(cast.Item):
            pass

        assert issubclass(Sub, cast.Item)
        assert isinstance(Sub(), cast.Item)
        assert Sub().method() == ("method", 1)
        assert cast.Item.static() == ("static", 1)
        assert (price.stats.calls, item.stats.calls) == (1, 1)


def frames(call) -> list[str]:
    with pytest.raises(ValueError) as caught:  # noqa: PT011  # its frames are the point
        call()
    return [frame.name for frame in traceback.extract_tb(caught.value.__traceback__)][1:]


def test_traceback_has_no_frame_of_ours(cast) -> None:
    """None by native layers, exactly one by an advice in Python."""
    assert frames(cast.fail) == ["<lambda>", "fail"][1:]
    for reach in ("name", "everywhere"):
        with (
            overt.observe("patch_cast:fail", reach=reach),
            overt.tap("patch_cast:fail", before=nothing, failed=nothing, reach=reach),
        ):
            assert frames(cast.fail) == ["fail"]
            with overt.around("patch_cast:fail", around, reach=reach) as handle:
                assert frames(cast.fail) == ["around", "fail"]
                handle.off()
                assert frames(cast.fail) == ["fail"]


def test_exceptions_pass_unchanged(cast) -> None:
    """The very object, with its cause, context and notes."""
    error = ValueError("x")
    error.__cause__, error.__context__ = KeyError("cause"), OSError("context")
    error.add_note("note")
    with overt.around("patch_cast:fail", around), overt.observe("patch_cast:fail"):
        for _ in range(20):
            with pytest.raises(ValueError, match="x") as caught:
                cast.fail(error)
            assert caught.value is error
    assert (type(error.__cause__), type(error.__context__)) == (KeyError, OSError)
    assert error.__notes__ == ["note"]
    assert error.__suppress_context__


def test_interactive_help_and_completion(cast) -> None:
    """What rlcompleter and help() print of a patched name comes from the original."""
    import rlcompleter

    plain, out = io.StringIO(), io.StringIO()
    pydoc.Helper(output=plain)(cast.price)
    with overt.observe("patch_cast:price"):
        pydoc.Helper(output=out)(cast.price)
        words = rlcompleter.Completer({"m": cast})
        assert words.complete("m.pri", 0) == "m.price("
    assert "Return what it costs." in out.getvalue()
    assert out.getvalue() == plain.getvalue()


def test_doctest_finds_it() -> None:
    """A function's examples are found and run through its patch."""
    code = """
import doctest, sys, types, overt
def twice(x):
    '''
    >>> twice(2)
    4
    '''
    return 2 * x
with overt.observe("__main__:twice") as handle:
    print(doctest.testmod(), handle.stats.calls)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "TestResults(failed=0, attempted=1) 1\n"
