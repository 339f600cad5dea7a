"""Several layers on one target: any order of removal, also across patches that others made."""

from __future__ import annotations

import functools
import gc
import sys
import threading
import weakref
from unittest import mock

import pytest
import wrapt
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

import overt


def layer(letter, **options):
    """A layer that writes itself around what the original gives."""

    def advice(original, *args, **kwargs):
        return f"{letter}({original(*args, **kwargs)})"

    return overt.around("patch_cast:price", advice, **options)


def foreign(module, letter):
    """A patch as others make it. Returns what takes it back as they do: blindly."""
    old = module.price

    @functools.wraps(old)
    def wrapper(*args, **kwargs):
        return f"{letter}({old(*args, **kwargs)})"

    module.price = wrapper
    return lambda: setattr(module, "price", old)


@pytest.mark.parametrize("order", ["abc", "acb", "bac", "bca", "cab", "cba"])
def test_layers_leave_in_any_order(cast, order) -> None:
    """Who stays goes on as if the other had never been there."""
    original = cast.price
    handles = {name: layer(name).install() for name in "abc"}
    assert cast.price(1) == "c(b(a(1)))"
    left = "abc"
    for name in order:
        handles[name].remove()
        left = left.replace(name, "")
        wanted = 1
        for each in left:
            wanted = f"{each}({wanted})"
        assert cast.price(1) == wanted
    assert cast.price is original


def test_layers_have_an_order(cast) -> None:
    """By installation, but innermost ones inside of all and outermost ones outside."""
    with (
        layer("a"),
        layer("o", layer="outermost"),
        layer("i", layer="innermost"),
        layer("b"),
        layer("p", layer="outermost"),
    ):
        assert cast.price(1) == "p(o(b(a(i(1)))))"


def test_same_patch_twice_is_refused(cast) -> None:
    """Unless it is asked for, or another owner makes it."""

    def advice(original, *args, **kwargs):
        return f"({original(*args, **kwargs)})"

    with overt.around("patch_cast:price", advice) as first:
        second = overt.around("patch_cast:price", advice)
        with pytest.raises(overt.DuplicateError, match=r"made this very patch already \(p\d+\)"):
            second.install()
        assert second.state == "idle"
        assert cast.price(1) == "(1)"
        with overt.around("patch_cast:price", advice, again=True):
            assert cast.price(1) == "((1))"
        with overt.around("patch_cast:price", advice, owner="another"):
            assert cast.price(1) == "((1))"
        first.remove()
        with second:
            assert cast.price(1) == "(1)"


def test_same_observer_twice_is_refused(cast) -> None:
    """observe() and tap() count as the same by target, reach, owner and observers."""

    def observer(*args, **kwargs):
        pass

    makers = [
        lambda **options: overt.observe("patch_cast:price", **options),
        lambda **options: overt.tap("patch_cast:price", before=observer, **options),
        lambda **options: overt.tap("patch_cast:price", after=observer, **options),
    ]
    for make in makers:
        with make():
            with pytest.raises(overt.DuplicateError, match="again=True makes it a second time"):
                make().install()
            with (
                make(again=True),
                make(owner="another"),
                make(reach="everywhere"),
                overt.tap("patch_cast:price", failed=observer),
            ):
                assert cast.price(1) == 1
    with overt.observe("patch_cast:price", scope="thread"):
        seen = []

        def work():  # of this thread nothing holds, so it is no second one
            with overt.observe("patch_cast:price", scope="thread") as handle:
                cast.price(1)
                seen.append(handle.stats.calls)

        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
        assert seen == [1]


def test_advice_that_removes_itself_is_freed_when_it_has_returned(cast) -> None:
    """Its link and advice live until the last call inside has left, and no longer."""
    freed = []
    for reach in ("name", "everywhere"):
        holder = []

        def advice(original, *args, _holder=holder, **kwargs):
            _holder.pop().remove()
            return original(*args, **kwargs)

        holder.append(overt.around("patch_cast:price", advice, reach=reach).install())
        freed.append(weakref.ref(advice))
        del advice
        assert cast.price(5) == 5
        assert freed[-1]() is None


@pytest.mark.parametrize("last", ["ours", "theirs"])
def test_foreign_patch_over_ours(cast, last) -> None:
    """Removed below it, ours is a pass-through and says so; nothing is clobbered."""
    original = cast.price
    ours = layer("a").install()
    undo = foreign(cast, "F")
    assert cast.price(1) == "F(a(1))"
    assert ours.state == "buried"
    ours.off()
    assert cast.price(1) == "F(1)"
    ours.on()
    if last == "ours":
        undo()
        assert ours.state == "on"
        assert cast.price(1) == "a(1)"
        ours.remove()
    else:
        wrapper = cast.price
        ours.remove()
        assert ours.state == "idle"
        assert cast.price is wrapper
        assert cast.price(1) == "F(1)"
        undo()
        assert cast.price(1) == 1
        overt.reset()  # the next operation that looks at the name puts the original back
    assert cast.price is original


def test_pass_through_is_swept_by_the_next_patch(cast) -> None:
    """What was left under a foreign patch is used again, and leaves with the next one."""
    original = cast.price
    with layer("a"):
        undo = foreign(cast, "F")
    undo()
    with layer("b"):
        assert cast.price(1) == "b(1)"
    assert cast.price is original


def test_ours_over_theirs_over_ours(cast) -> None:
    """Each of ours can leave while the foreign patch between them stays."""
    original = cast.price
    inner = layer("a").install()
    undo = foreign(cast, "F")
    outer = layer("b").install()
    assert cast.price(1) == "b(F(a(1)))"
    assert (inner.state, outer.state) == ("buried", "on")
    inner.remove()
    assert cast.price(1) == "b(F(1))"
    outer.remove()
    assert cast.price(1) == "F(1)"
    undo()
    overt.reset()
    assert cast.price is original


def test_foreign_undo_below_ours(cast) -> None:
    """Whoever puts back blindly what they saw takes ours off the name: it says so, and is gone."""
    original = cast.price
    undo = foreign(cast, "F")
    ours = layer("a").install()
    undo()
    assert cast.price is original
    assert ours.state == "buried"
    ours.remove()
    assert cast.price is original
    with ours:
        assert cast.price(1) == "a(1)"
    assert cast.price is original


def test_mock_around_and_inside(cast) -> None:
    """mock.patch puts back what it found, which is ours, and ours puts back the original."""
    original = cast.price
    with layer("a"):
        with mock.patch("patch_cast.price", return_value=9) as fake:
            assert (cast.price(1), fake.call_count) == (9, 1)
            with layer("b"):
                assert cast.price(1) == "b(9)"
        assert cast.price(1) == "a(1)"
    assert cast.price is original
    patcher = mock.patch.object(cast.Item, "static", return_value=8)
    with overt.observe("patch_cast:Item.static") as handle:
        patcher.start()
        assert cast.Item.static() == 8
        patcher.stop()
        assert cast.item.static() == ("static", 1)
        assert handle.stats.calls == 1
    assert type(vars(cast.Item)["static"]) is staticmethod
    assert type(vars(cast.Item)["static"].__func__).__name__ == "function"


def test_monkeypatch_around_and_inside(cast) -> None:
    """The same with pytest's own, for an inherited method: no residue in the class."""
    with overt.observe("patch_cast:Special.method"), pytest.MonkeyPatch.context() as patch:
        patch.setattr(cast.Special, "method", lambda self: "theirs")
        assert cast.Special().method() == "theirs"
    assert "method" not in vars(cast.Special)


def test_wrapt_around_and_inside(cast) -> None:
    """A proxy of wrapt over ours, and ours over it."""
    raw = vars(cast.Item)["named"]

    def wrapper(wrapped, instance, args, kwargs):
        return ("wrapt", instance, *wrapped(*args, **kwargs))

    with overt.observe("patch_cast:Item.named") as inner:
        wrapt.wrap_function_wrapper(cast, "Item.named", wrapper)
        theirs = vars(cast.Item)["named"]
        with overt.observe("patch_cast:Item.named", again=True) as outer:
            assert cast.Item.named(2) == ("wrapt", cast.Item, "Item", 2)
            assert (inner.stats.calls, outer.stats.calls) == (1, 1)
        assert vars(cast.Item)["named"] is theirs
    assert vars(cast.Item)["named"] is theirs
    assert cast.Special.named(2) == ("wrapt", cast.Special, "Special", 2)
    cast.Item.named = theirs.__wrapped__
    overt.reset()
    assert vars(cast.Item)["named"] is raw


def test_values_are_layers_too(cast) -> None:
    """The newest value that is on counts; a layer of calls above it runs over it."""
    with (
        overt.patch("patch_cast:LIMIT", 20) as low,
        overt.patch("patch_cast:LIMIT", 30) as high,
    ):
        assert cast.LIMIT == 30
        low.off()
        assert cast.LIMIT == 30
        high.off()
        assert cast.LIMIT == 10
        low.on()
        assert cast.LIMIT == 20
    assert cast.LIMIT == 10
    with overt.patch("patch_cast:LIMIT", 20) as ours:
        cast.LIMIT = 40
        assert ours.state == "buried"
    assert cast.LIMIT == 40


class Machine(RuleBasedStateMachine):
    """Layers of ours and of others in any order, against a list of letters."""

    @initialize()
    def start(self):
        import patch_cast

        self.module = patch_cast
        self.original = patch_cast.price
        self.ours: dict[str, overt.Handle] = {}
        self.off: set[str] = set()
        self.owners_off: set[str] = set()
        self.stack: list[str] = []  # innermost first; those of others are upper case
        self.undo: dict[str, object] = {}
        self.count = 0

    def letter(self):
        self.count += 1
        return chr(ord("a") + self.count % 26)

    @precondition(lambda self: len(self.stack) < 8)
    @rule()
    def add(self):
        name = f"{self.letter()}{self.count}"
        self.ours[name] = layer(name, owner=self.owner(name)).install()
        self.stack.append(name)

    def owner(self, name):
        return f"model-{int(name[1:]) % 2}"

    def is_off(self, name):
        return name in self.off or self.owner(name) in self.owners_off

    @precondition(lambda self: len(self.stack) < 8)
    @rule()
    def push(self):
        name = f"F{self.count}{len(self.undo)}"
        self.count += 1
        self.undo[name] = foreign(self.module, name)
        self.stack.append(name)

    @precondition(lambda self: self.stack and self.stack[-1] in self.undo)
    @rule()
    def pop(self):
        self.undo.pop(self.stack.pop())()

    @precondition(lambda self: self.ours)
    @rule(data=st.data())
    def remove(self, data):
        name = data.draw(st.sampled_from(sorted(self.ours)))
        self.ours.pop(name).remove()
        self.off.discard(name)
        self.stack.remove(name)

    @precondition(lambda self: self.ours)
    @rule(data=st.data())
    def toggle(self, data):
        name = data.draw(st.sampled_from(sorted(self.ours)))
        if name in self.off:
            self.ours[name].on()
            self.off.remove(name)
        else:
            self.ours[name].off()
            self.off.add(name)

    @rule(owner=st.sampled_from(["model-0", "model-1"]), off=st.booleans())
    def switch_owner(self, owner, off):
        """Holds for patches to come too; its end takes the votes on single patches along."""
        switch = overt.switch(owner)
        (switch.off if off else switch.on)()
        if off:
            self.owners_off.add(owner)
        else:
            self.owners_off.discard(owner)
            self.off = {name for name in self.off if self.owner(name) != owner}

    @invariant()
    def calls_run_through_what_is_on(self):
        wanted = 1
        for name in self.stack:
            if name in self.undo or not self.is_off(name):
                wanted = f"{name}({wanted})"
        assert self.module.price(1) == wanted
        for name, handle in self.ours.items():
            buried = any(each in self.undo for each in self.stack[self.stack.index(name) :])
            assert handle.state == ("buried" if buried else "off" if self.is_off(name) else "on")

    def teardown(self):
        while self.stack:
            name = self.stack.pop()
            self.undo.pop(name)() if name in self.undo else self.ours.pop(name).remove()
        for owner in self.owners_off:
            overt.switch(owner).on()
        overt.reset()
        assert self.module.price is self.original
        del self.original


@pytest.mark.parametrize(
    "examples", [60, pytest.param(20_000, marks=[pytest.mark.soak, pytest.mark.timeout(3600)])]
)
def test_any_order_as_the_model_says(cast, examples) -> None:
    """1 to 8 layers, ours and others', that come, go and are switched at random."""
    from hypothesis.stateful import run_state_machine_as_test

    function = cast.price
    count = sys.getrefcount(function)
    run_state_machine_as_test(
        Machine, settings=settings(max_examples=examples, stateful_step_count=30, deadline=None)
    )
    gc.collect()
    assert sys.getrefcount(function) == count
