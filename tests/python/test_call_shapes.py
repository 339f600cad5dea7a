"""The call-shape matrix: a patch holds exactly when it should, however the target is called.

Each shape (call_shapes.py) x called before the patch was made or not, so that the interpreter has
specialised the call or has not x reach. The call is made often enough in each state to be
specialised again in that state.
"""

from __future__ import annotations

import sys
import time
from importlib import import_module
from types import ModuleType
from typing import Any

import pytest
from call_shapes import Shape
from call_shapes_special import SHAPES

import overt

QUIET = 2.0  # seconds, after which what is off has settled
OFTEN = 300  # calls: the interpreter specialises after a few, and again after some fifty misses


@pytest.fixture
def module(request):
    """The shape's module, executed and importable."""
    shape: Shape = request.getfixturevalue("shape")
    made = ModuleType("shape_under_test")
    sys.modules[made.__name__] = made
    exec(compile(shape.code, made.__name__, "exec"), made.__dict__)
    yield made
    overt.reset()
    del sys.modules[made.__name__]


def holder(module: ModuleType, shape: Shape) -> Any:
    """The module or class that the target is an attribute of."""
    name, _, qualname = shape.where.partition(":")
    where: Any = module if name == module.__name__ else import_module(name)
    for name in qualname.split(".")[:-1]:
        where = getattr(where, name)
    return where


def answers(call) -> set[str]:
    return {call() for _ in range(OFTEN)}


def ids(value: object) -> str:
    return value.name if isinstance(value, Shape) else str(value)


@pytest.mark.parametrize("warm", [True, False], ids=["specialised", "fresh"])
@pytest.mark.parametrize("reach", ["name", "everywhere"])
@pytest.mark.parametrize("shape", SHAPES, ids=ids)
def test_patch_holds_exactly_when_it_should(shape, reach, warm, module) -> None:
    """On, off, on again and removed: every call goes where it should, and all is as it was."""
    where = holder(module, shape)
    before = dict(vars(where))
    call = module.call
    if warm:
        assert answers(call) == {"old"}
    handle = overt.around(shape.where, module.advice, reach=reach)
    if reach in shape.refused:
        with pytest.raises(overt.Error, match=shape.refused[reach]):
            handle.install()
        assert answers(call) == {"old"}
        assert dict(vars(where)) == before
        return
    patched = "new old" if shape.reaches(reach) else "old"
    handle.install()
    assert answers(call) == {patched}
    handle.off()
    assert answers(call) == {"old"}
    handle.on()
    assert answers(call) == {patched}
    handle.remove()
    assert answers(call) == {"old"}
    assert vars(where).keys() == before.keys()
    assert all(vars(where)[name] is value for name, value in before.items())


@pytest.mark.parametrize("by", ["handle", "owner"])
@pytest.mark.parametrize("reach", ["name", "everywhere"])
def test_patches_that_settle_while_off_are_as_none(reach, by) -> None:
    """After a second of quiet what was patched is back by itself; on() brings each patch back."""
    made = []
    for number, shape in enumerate(each for each in SHAPES if ":" not in each.target):
        if reach in shape.refused:
            continue
        module = ModuleType(f"settled_{number}")
        sys.modules[module.__name__] = module
        exec(compile(shape.code, module.__name__, "exec"), module.__dict__)
        where: Any = module
        for name in shape.target.split(".")[:-1]:
            where = getattr(where, name)
        before = dict(vars(where))
        answers(module.call)
        target = f"{module.__name__}:{shape.target}"
        handle = overt.around(target, module.advice, reach=reach, owner=module.__name__)
        made.append((shape, module, where, before, handle.install().off()))
    end = time.monotonic() + QUIET
    while time.monotonic() < end:
        for shape, module, *_ in made:
            assert answers(module.call) == {"old"}, shape.name
    for shape, module, where, before, handle in made:
        assert answers(module.call) == {"old"}, shape.name
        assert reach == "everywhere" or dict(vars(where)) == before, shape.name
        handle.on() if by == "handle" else overt.switch(module.__name__).on()
        patched = "new old" if shape.reaches(reach) else "old"
        assert answers(module.call) == {patched}, shape.name
        handle.remove()
        assert answers(module.call) == {"old"}, shape.name
        assert dict(vars(where)) == before, shape.name
        del sys.modules[module.__name__]


@pytest.mark.parametrize("shape", SHAPES, ids=ids)
def test_call_is_as_it_should_be_without_a_patch(shape, module) -> None:
    """The shapes themselves: each gives its answer, and its advice would change it."""
    assert answers(module.call) == {"old"}
    assert callable(module.advice)


@pytest.mark.parametrize("reach", ["name", "everywhere"])
@pytest.mark.parametrize("shape", SHAPES, ids=ids)
def test_observed_calls_are_counted_and_not_changed(shape, reach, module) -> None:
    """observe() sees each call that reaches it, in every shape, and answers stay as they were."""
    where = holder(module, shape)
    before = dict(vars(where))
    handle = overt.observe(shape.where, reach=reach)
    if reach in shape.refused:
        with pytest.raises(overt.Error, match=shape.refused[reach]):
            handle.install()
        return
    with handle:
        assert answers(module.call) == {"old"}
        calls = handle.stats.calls
        assert calls >= OFTEN if shape.reaches(reach) else calls == 0
    answers(module.call)
    assert handle.stats.calls == calls
    assert dict(vars(where)) == before


REACHES = [("name", "name"), ("name", "everywhere"), ("everywhere", "name")]
REACHES.append(("everywhere", "everywhere"))


@pytest.mark.parametrize("first", [0, 1], ids=["inner first", "outer first"])
@pytest.mark.parametrize("reaches", REACHES, ids=" then ".join)
@pytest.mark.parametrize(
    "shape", [s for s in SHAPES if s.adds_a_word and not s.holds and not s.refused], ids=ids
)
def test_two_layers_leave_in_any_order(shape, reaches, first, module) -> None:
    """Two layers of either reach: both hold, then the one that is left, then none."""
    where = holder(module, shape)
    before = dict(vars(where))
    call = module.call
    handles = [
        overt.around(shape.where, module.advice, reach=reach, again=True).install()
        for reach in reaches
    ]
    assert answers(call) == {"new new old"}
    handles.pop(first).remove()
    assert answers(call) == {"new old"}
    handles.pop().remove()
    assert answers(call) == {"old"}
    assert vars(where).keys() == before.keys()
    assert all(vars(where)[name] is value for name, value in before.items())
