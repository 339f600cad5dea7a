"""Targets that are not imported yet, are imported again, or come in unusual ways."""

from __future__ import annotations

import importlib
import subprocess
import sys
import threading
from types import ModuleType

import pytest

import overt
from overt import _native

NAME = "late_target"


@pytest.fixture
def late(tmp_path, monkeypatch):
    """Writes modules of a package that is not imported, and takes back what was imported."""
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)

    def write(source, path="__init__.py"):
        file = tmp_path / NAME / path
        file.parent.mkdir(exist_ok=True)
        (tmp_path / NAME / "__init__.py").touch()
        file.write_text(source)
        importlib.invalidate_caches()

    write("def price(): return 1\nclass Base:\n  def name(self): return 1\nclass Sub(Base): pass\n")
    yield write
    left = overt.handles()
    overt.reset()
    for name in [name for name in sys.modules if name.partition(".")[0] == NAME]:
        del sys.modules[name]
    assert left == ()


@pytest.fixture
def unraisable(monkeypatch):
    told = []
    monkeypatch.setattr(sys, "unraisablehook", lambda report: told.append(report.exc_value))
    return told


def doubled(original, *args, **kwargs):
    return 2 * original(*args, **kwargs)


def load(name=NAME):
    return importlib.import_module(name)


@pytest.mark.parametrize("reach", ["name", "everywhere"])
@pytest.mark.parametrize("target", ["price", "Base.name", "Sub.name"])
def test_each_kind_of_target_is_waited_for(late, target, reach) -> None:
    """Functions, methods and inherited methods, whose class is left without residue."""
    handle = overt.around(f"{NAME}:{target}", doubled, reach=reach).install()
    assert (handle.state, handle.original) == ("pending", None)
    module = load()
    call = module.price if target == "price" else module.Sub().name
    assert (handle.state, call()) == ("on", 2)
    handle.remove()
    assert "name" not in vars(module.Sub)
    assert (module.price(), module.Sub().name()) == (1, 1)


def test_value_and_switch_are_kept_while_waiting(late) -> None:
    """A pending patch can be off already; values wait as functions do."""
    with overt.patch(f"{NAME}:LIMIT", 7), overt.around(f"{NAME}:price", doubled) as price:
        price.off()
        late("LIMIT = 1\ndef price(): return LIMIT\n")
        module = load()
        assert (module.LIMIT, module.price(), price.state) == (7, 7, "off")
        assert price.on().state == "on"
        assert module.price() == 14
    assert (module.LIMIT, module.price()) == (1, 1)


def test_package_that_imports_the_target(late) -> None:
    """Its own import statement gets the original, later ones the patch."""
    late("def price(): return 1\n", "part.py")
    late(f"from {NAME}.part import price\nfrom {NAME} import part\nSEEN = part.price()\n")
    with overt.around(f"{NAME}.part:price", doubled) as handle:
        module = load()
        assert handle.state == "on"
        assert (module.SEEN, module.price(), module.part.price()) == (2, 2, 2)


def test_module_that_imports_itself_in_a_circle(late) -> None:
    """The patch is made when the outer body has run, not when the inner import meets it."""
    late(f"import {NAME}\nfrom {NAME} import part\ndef price(): return 1\n")
    late(f"import {NAME}\nSEEN = hasattr({NAME}, 'price')\n", "part.py")
    with overt.around(f"{NAME}:price", doubled):
        module = load()
        assert (module.part.SEEN, module.price()) == (False, 2)


def test_import_that_fails_is_tried_again(late) -> None:
    """It stays pending, and the next import counts."""
    late("def price(): return 1\nraise OSError('in the body')\n")
    with overt.around(f"{NAME}:price", doubled) as handle:
        for _ in range(2):
            with pytest.raises(OSError, match="in the body"):
                load()
            assert handle.state == "pending"
        late("def price(): return 3  # in full\n")
        assert (load().price(), handle.state) == (6, "on")


def test_target_that_is_not_there_does_not_break_the_import(late, unraisable) -> None:
    """Told as unraisable; the handle is idle, others of the module are made."""
    bad = [overt.observe(f"{NAME}:nothing"), overt.around(f"{NAME}:price", lambda: 1)]
    for handle in bad:
        handle.install()
    with overt.around(f"{NAME}:price", doubled) as good:
        assert (load().price(), good.state) == (2, "on")
    assert [type(error) for error in unraisable] == [overt.TargetError, overt.SignatureError]
    assert [handle.state for handle in bad] == ["idle", "idle"]


def test_cancelled(late) -> None:
    """Removed, rolled back or reset before the import, nothing is made."""
    overt.observe(f"{NAME}:price").install()
    overt.reset()
    with pytest.raises(KeyError), overt.transaction():  # noqa: PT012
        overt.observe(f"{NAME}:price").install()
        assert len(overt.handles()) == 1
        raise KeyError
    with overt.observe(f"{NAME}:price"):
        pass
    assert overt.handles() == ()
    assert type(load().price).__name__ == "function"


def test_imported_by_another_thread(late) -> None:
    """Whoever imports, the patch is there before anybody can use the module."""
    late("import time\ntime.sleep(0.05)\ndef price(): return 1\n")
    results = []
    with overt.around(f"{NAME}:price", doubled):
        threads = [
            threading.Thread(target=lambda: results.append(load().price())) for _ in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert results == [2] * 8


def test_installed_while_another_thread_imports(late) -> None:
    """The module is in sys.modules, and its body has not run to the end."""
    late(
        "import sys, threading\nsys.late_begun.set()\nsys.late_go.wait(10)\ndef price(): return 1\n"
    )
    sys.late_begun, sys.late_go = threading.Event(), threading.Event()  # type: ignore[attr-defined]
    thread = threading.Thread(target=load)
    thread.start()
    assert sys.late_begun.wait(10)  # type: ignore[attr-defined]
    with overt.around(f"{NAME}:price", doubled) as handle:
        assert handle.state == "pending"
        sys.late_go.set()  # type: ignore[attr-defined]
        thread.join()
        assert (load().price(), handle.state) == (2, "on")
    del sys.late_begun, sys.late_go  # type: ignore[attr-defined]


def test_hook_that_patches_its_module(late, unraisable) -> None:
    """What runs at the end of an import finds the module there, as others will."""
    handles = []

    def hook(module):
        handles.append(overt.around(f"{NAME}:price", doubled).install())
        assert [handles[0].state, module.price()] == ["on", 2]
        raise ValueError("after all")

    _native.when_imported(NAME, hook)
    cancelled = _native.when_imported(NAME, hook)
    assert _native.cancel_import_hook(cancelled)
    assert load().price() == 2
    assert [str(error) for error in unraisable] == ["after all"]
    handles[0].remove()
    assert load().price() == 1


def test_module_put_there_by_hand(late) -> None:
    """It is patched at the next safe point of the interpreter."""
    module = ModuleType(NAME)
    exec("def price(): return 1", module.__dict__)
    with overt.around(f"{NAME}:price", doubled) as handle:
        sys.modules[NAME] = module
        for _ in range(1000):
            if handle.state != "pending":
                break
        assert (module.price(), handle.state) == (2, "on")
    assert module.price() == 1


def test_waiting_changes_nothing_in_sys_meta_path_and_ends(late) -> None:
    """No finder, no hook; when nobody waits any more no watcher is left."""
    before = list(sys.meta_path), list(sys.path_hooks)
    for _ in range(100):
        with overt.observe(f"{NAME}:price"):
            assert (list(sys.meta_path), list(sys.path_hooks)) == before


def test_main_module_of_a_program(tmp_path) -> None:
    """A program can patch itself and what it imports later; at exit nothing is said."""
    (tmp_path / "helper.py").write_text("def f(): return 1\n")
    (tmp_path / "main.py").write_text(
        "import overt\n"
        "def f(): return 1\n"
        "twice = lambda original: 2 * original()\n"
        "overt.around('__main__:f', twice).install()\n"
        "overt.around('helper:f', twice).install()\n"
        "import helper\n"
        "print(f(), helper.f())\n"
    )
    done = subprocess.run(
        [sys.executable, "main.py"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (done.stdout, done.stderr, done.returncode) == ("2 2\n", "", 0)
