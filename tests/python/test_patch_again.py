"""Modules that are reloaded or imported anew: patches follow their names, or say they are lost."""

from __future__ import annotations

import gc
import importlib
import json
import re
import subprocess
import sys
import threading
import weakref
from types import ModuleType

import pytest

import overt

NAME = "again_target"
SOURCE = """
LIMIT = 1
TABLE = {"x": 1}
def price(amount=1): return amount
class Item:
    def name(self): return 1
    @staticmethod
    def parse(): return 1
    @property
    def cost(self): return 1
"""


@pytest.fixture
def write(tmp_path, monkeypatch):
    """Writes the module anew; takes back what was imported."""
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)

    def write(source):
        (tmp_path / f"{NAME}.py").write_text(source)
        importlib.invalidate_caches()

    write(SOURCE)
    yield write
    left = overt.handles()
    overt.reset()
    sys.modules.pop(NAME, None)
    assert left == ()


@pytest.fixture
def unraisable(monkeypatch):
    told = []
    monkeypatch.setattr(sys, "unraisablehook", lambda report: told.append(report.exc_value))
    return told


def doubled(original, *args, **kwargs):
    return 2 * original(*args, **kwargs)


def load():
    return importlib.import_module(NAME)


def reloaded(module):
    """The same module, its body executed again."""
    return importlib.reload(module)


def imported_anew(module):
    """Another module of that name."""
    del sys.modules[NAME]
    new = load()
    assert new is not module
    return new


def put_there(module):
    """Another module of that name, put there by hand."""
    new = ModuleType(NAME)
    exec(SOURCE, new.__dict__)
    sys.modules[NAME] = new
    for _ in range(1000):  # the interpreter's next safe point
        pass
    return new


WAYS = pytest.mark.parametrize("way", [reloaded, imported_anew, put_there])
TARGETS = {
    "price": lambda module: module.price(),
    "Item.name": lambda module: module.Item().name(),
    "Item.parse": lambda module: module.Item.parse(),
    "Item.cost": lambda module: module.Item().cost,
}


@WAYS
@pytest.mark.parametrize("reach", ["name", "everywhere"])
@pytest.mark.parametrize("target", TARGETS)
def test_patch_follows_its_name(write, target, reach, way) -> None:
    """It holds in what the name leads to now, and leaves nothing there or where it was."""
    old = load()
    before = vars(old).copy(), vars(old.Item).copy()
    first = old.Item
    call = TARGETS[target]
    with overt.around(f"{NAME}:{target}", doubled, reach=reach) as handle:
        module = way(old)
        plain = vars(module.Item).copy()
        for _ in range(2):
            assert (call(module), handle.state) == (2, "on")
        handle.off()
        assert call(module) == 1
        handle.on()
        assert call(module) == 2
    assert call(module) == 1
    assert type(module.price).__name__ == "function"
    assert plain.keys() == vars(module.Item).keys()
    if target != "price":  # and the class that instances of before have
        assert {k: v for k, v in before[1].items() if vars(first)[k] is not v} == {}
    if module is not old:
        assert {k: v for k, v in before[0].items() if vars(old)[k] is not v} == {}


@WAYS
def test_values_and_items_follow_too(write, way) -> None:
    """A constant, an item of a dict."""
    old = load()
    with overt.patch(f"{NAME}:LIMIT", 7), overt.patch(f"{NAME}:TABLE['x']", 8):
        module = way(old)
        assert (module.LIMIT, module.TABLE) == (7, {"x": 8})
    assert (module.LIMIT, module.TABLE) == (1, {"x": 1})
    assert (old.LIMIT, old.TABLE) == (1, {"x": 1})


@WAYS
def test_layers_keep_their_order_and_votes(write, way) -> None:
    """Several patches of a name come again as they were, off ones too."""

    def layer(letter, **options):
        def advice(original, *args, **kwargs):
            return f"{letter}({original(*args, **kwargs)})"

        return overt.around(f"{NAME}:price", advice, **options)

    module = load()
    with layer("a"), layer("o", layer="outermost"), layer("b") as b, layer("c"):
        b.off()
        module = way(module)
        assert (module.price(), b.state) == ("o(c(a(1)))", "off")
        b.on()
        assert module.price() == "o(c(b(a(1))))"
    assert module.price() == 1


def times(id):
    """How often the patch of that id was made, from one line."""
    return next(patch["times"] for patch in overt.report()["patches"] if patch["id"] == id)


@WAYS
def test_ledger_tells_that_it_was_made_again(write, way) -> None:
    """One patch with one id, made twice; votes by that id hold."""
    module = load()
    with overt.around(f"{NAME}:price", doubled) as handle:
        before = handle.record
        count = times(before.id)
        way(module)
        after = handle.record
        assert (before.id, before.state) == (after.id, after.state) == (before.id, "on")
        assert times(before.id) == count + 1
        assert way(sys.modules[NAME]).price() == 2
        assert times(before.id) == count + 2
    assert handle.record.reverted


GONE = "def other(): return 1\n"
OTHER = "def price(*, key): return 1\n"


@pytest.mark.parametrize(
    ("source", "why"),
    [
        (GONE, "there is no 'price' in again_target"),
        (OTHER, "can be called with keyword 'key', which the advice does not take"),
        ("price = 5\n", "cannot be called, so there is nothing to put advice around"),
    ],
)
def test_loss_is_recorded_with_its_reason(write, unraisable, source, why) -> None:
    """The name is gone or does not fit: told once, listed as lost, and made again when it fits."""
    old = load()
    with overt.around(f"{NAME}:price", lambda original, amount=1: 2 * original(amount)) as handle:
        write(source)
        module = imported_anew(old)
        assert handle.state == "lost"
        record = handle.record
        assert (record.state, record.reverted) == ("lost", True)
        assert len(unraisable) == 1
        assert isinstance(unraisable[0], overt.Error)
        assert record.lost in str(unraisable[0])
        assert overt.handles()
        assert type(old.price).__name__ == "function"
        write(SOURCE + "# in full\n")
        module = imported_anew(module)
        assert (module.price(), handle.state, handle.record.lost) == (2, "on", None)
        assert handle.record.id == record.id
    assert (module.price(), handle.state) == (1, "idle")
    assert re.search(why, str(unraisable[0]))


def test_what_is_lost_can_be_removed(write, unraisable) -> None:
    """It is undone once, and idle."""
    module = load()
    handle = overt.around(f"{NAME}:price", doubled).install()
    write(GONE)
    imported_anew(module)
    assert handle.state == "lost"
    with pytest.raises(overt.StateError):
        handle.install()
    handle.remove()
    assert (handle.state, overt.handles()) == ("idle", ())
    assert handle.record.lost
    write(SOURCE + "# in full\n")
    assert imported_anew(None).price() == 1


def test_reload_that_fails_keeps_the_patch(write) -> None:
    """What was bound before the error is patched, the rest as it was."""
    module = load()
    with overt.around(f"{NAME}:price", doubled), overt.patch(f"{NAME}:LIMIT", 7):
        write("def price(): return 5\nraise OSError(5)\n")
        with pytest.raises(OSError, match="5"):
            importlib.reload(module)
        assert (module.price(), module.LIMIT) == (10, 7)
    assert (module.price(), module.LIMIT) == (5, 1)


def test_reload_in_a_thread(write) -> None:
    """Nobody who comes after the reload sees the original."""
    module = load()
    seen = []

    def work():
        importlib.reload(module)
        seen.append(module.price())

    with overt.around(f"{NAME}:price", doubled):
        for _ in range(20):
            thread = threading.Thread(target=work)
            thread.start()
            thread.join()
    assert set(seen) == {2}


def test_old_module_that_comes_back(write) -> None:
    """Libraries exchange entries of sys.modules for a moment: the patch is where the name leads."""
    old = load()
    with overt.around(f"{NAME}:price", doubled) as handle:
        new = imported_anew(old)
        assert (old.price(), new.price()) == (1, 2)
        sys.modules[NAME] = old
        for _ in range(1000):
            pass
        assert (old.price(), new.price(), handle.state) == (2, 1, "on")
    assert (old.price(), new.price()) == (1, 1)


def test_other_modules_are_left_alone(write) -> None:
    """A patch with a root of its own, and one that was removed, follow nothing."""
    module = load()
    with overt.around(f"{NAME}:price", doubled):
        pass
    assert reloaded(module).price() == 1


def test_many_reloads_keep_nothing(write) -> None:
    """Neither old functions nor old modules stay."""
    module = load()
    with overt.around(f"{NAME}:price", doubled) as price, overt.observe(f"{NAME}:Item.name"):
        gone = []
        for way in [reloaded, imported_anew] * 3:
            gone += [weakref.ref(module.Item), weakref.ref(price.original)]
            gone += [weakref.ref(module)] if way is imported_anew else []
            module = way(module)
        gc.collect()
        assert [each() for each in gone] == [None] * len(gone)


def test_journal_has_it(tmp_path) -> None:
    """`again` for each time that it was made again, the reason where it was lost."""
    (tmp_path / "helper.py").write_text("def f(): return 1\n")
    (tmp_path / "main.py").write_text(
        "import importlib, pathlib, sys\nimport overt, helper\n"
        "overt.around('helper:f', lambda original: 2 * original()).install()\n"
        "importlib.reload(helper)\n"
        "assert helper.f() == 2\n"
        "pathlib.Path('helper.py').write_text('g = 1 # other\\n')\n"
        "del sys.modules['helper']; importlib.invalidate_caches()\n"
        "import helper\n"
    )
    command = [sys.executable.replace("python", "overt"), "run", "--report", "r.json", "--"]
    done = subprocess.run(
        [*command, sys.executable, "-B", "main.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "overt._errors.TargetError: helper:f: there is no 'f' in helper" in done.stderr
    patches = json.loads((tmp_path / "r.json").read_text())["patches"]
    (patch,) = (each for each in patches if each["target"] == "helper:f")
    assert (patch["state"], patch["times"]) == ("lost", 2)
    assert patch["lost"].startswith("there is no 'f' in helper")
