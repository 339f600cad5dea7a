"""How a wrapper looks beside what it replaced: doc, signature and `__wrapped__`."""

from __future__ import annotations

import sys
import textwrap
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from conftest import World

# A patch of `fill(text, width=70, **kwargs)` -> same doc, same signature, leads back.
PATCHES = {
    "lambda *args, **kwargs: fill(*args, **kwargs)": (False, False, False),
    "functools.wraps(fill)(lambda *args, **kwargs: fill(*args, **kwargs))": (True, True, True),
    "functools.wraps(fill)(functools.wraps(fill)(lambda *args: 1))": (True, True, True),
    "documented(lambda text, width=70, **kwargs: fill(text))": (True, True, False),
    "documented(lambda text, width, **kwargs: fill(text))": (True, False, False),
    "signed(lambda *args: 1)": (False, None, False),
}


def looks(world: World, source: str) -> dict[str, Any]:
    """Return how each patch of a program looks, by target."""
    world.overt.write("main.py", "import functools, textwrap, time\n" + textwrap.dedent(source))
    done = world.overt("run", "--report", "r.json", "--", sys.executable, "main.py")
    assert (done.returncode, done.stderr) == (0, "")
    return {each["target"]: each["looks"] for each in world.overt.json()["patches"]}


@pytest.mark.parametrize("patch", PATCHES)
def test_what_differs_is_told(world: World, patch: str) -> None:
    """As `inspect` would show it, without asking the wrapper."""
    found = looks(
        world,
        f"""
        fill = textwrap.fill
        def documented(function):
            function.__doc__ = fill.__doc__[:-1] + fill.__doc__[-1]
            return function
        def signed(function):
            function.__signature__ = "(anything)"
            return function
        textwrap.fill = {patch}
        """,
    )["textwrap:fill"]
    told = (found["same_doc"], found["same_signature"], found["leads_back"])
    assert told == PATCHES[patch]
    if found["same_signature"] is False:
        assert found["signature_before"] == "(text, width=..., **kwargs)"


def test_what_is_no_wrapper_is_not_compared(world: World) -> None:
    """C code in the place of a function, an instance, a class; of C code only that it is led to."""
    found = looks(
        world,
        """
        textwrap.fill = print
        textwrap.TextWrapper = dict
        sleep = time.sleep
        time.sleep = functools.wraps(sleep)(lambda seconds: sleep(seconds))
        time.time = lambda: 0.0
        """,
    )
    assert found["textwrap:fill"] is None
    assert found["textwrap:TextWrapper"] is None
    assert found["time:sleep"]["leads_back"] is found["time:sleep"]["same_signature"] is True
    assert found["time:time"]["leads_back"] is False
    assert found["time:time"]["same_signature"] is None


def test_wrappers_of_wrapt_look_like_what_they_wrap(world: World) -> None:
    """Their attributes are those of what is behind them; methods and descriptors too."""
    pytest.importorskip("wrapt")
    found = looks(
        world,
        """
        import threading, wrapt
        wrapt.wrap_function_wrapper("textwrap", "fill", lambda wrapped, one, args, kwargs: "")
        wrapt.wrap_function_wrapper("threading", "Thread.start", lambda wrapped, *more: None)
        """,
    )
    for target in ("textwrap:fill", "threading:Thread.start"):
        assert found[target]["same_doc"] is found[target]["same_signature"] is True
        assert found[target]["leads_back"] is True


def test_the_review_tells_it(world: World) -> None:
    """A wrapper that hides what it replaced is a finding."""
    looks(world, "fill = textwrap.fill\ntextwrap.fill = lambda *args: fill(*args)")
    told = world.overt("review", "--from", "r.json").stdout
    assert "It looks unlike what it replaced, and nothing leads there." in told
    assert "signature: (text, width=..., **kwargs) before, (*args) now" in told
