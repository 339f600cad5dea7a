"""The pytest plugin: options, fixtures, other plugins, and what it costs where it is off."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from plugin_run import run

LEAK = "def test_it():\n    shop.now = print\ndef test_after(): pass\n"


def test_it_is_off_until_asked_for(tmp_path: Path) -> None:
    """Without an option nothing is watched and nothing but the entry module is imported."""
    source = """
        import sys
        def test_it():
            shop.now = print
            ours = sorted(name for name in sys.modules if name.startswith("overt"))
            assert ours == ["overt", "overt._pytest"]
        """
    ran = run(tmp_path, source)
    assert (ran.code, ran.summary) == (0, "1 passed"), ran.text


@pytest.mark.parametrize("way", ["option", "ini", "ini and option"])
def test_ways_to_ask(tmp_path: Path, way: str) -> None:
    """The option goes before the ini file."""
    mode = {"option": "", "ini": "error", "ini and option": "off"}[way]
    more = {"pytest.ini": f"[pytest]\novert = {mode}\n"}
    ran = run(tmp_path, LEAK, *(["--overt=error"] if way != "ini" else []), more=more)
    assert ran.failed == ["test_it"], ran.text
    ran = run(tmp_path, LEAK, "--overt=off", more=more)
    assert (ran.code, ran.failed) == (0, [])


def test_a_bad_word_is_a_usage_error(tmp_path: Path) -> None:
    """In the ini file as on the command line."""
    ran = run(tmp_path, LEAK, more={"pytest.ini": "[pytest]\novert = loud\n"})
    assert ran.code == 4
    assert "overt = 'loud': expected one of off, warn, error" in ran.text
    assert run(tmp_path, LEAK, "--overt=loud").code == 4


def test_warnings_point_at_the_test(tmp_path: Path) -> None:
    """With warn the run passes and shows what was left; --overt-fix alone means warn."""
    for words in (["--overt=warn"], ["--overt-fix"]):
        ran = run(tmp_path, LEAK, *words, "-W", "default")
        assert (ran.code, ran.summary) == (0, "2 passed, 1 warning"), ran.text
        assert "test_it.py:2: PatchLeakWarning: test_it ended with a patch" in ran.text


def test_targets_can_be_allowed(tmp_path: Path) -> None:
    """A mark says what may stay."""
    source = """
        import pytest
        @pytest.mark.overt_allow("shop:n*")
        def test_it(): shop.now = print
        @pytest.mark.overt_allow("other:*")
        def test_other(): shop.later = print
        """
    ran = run(tmp_path, source, "--overt=error", "--strict-markers")
    assert ran.failed == ["test_other"], ran.text


def test_a_library_that_patches_is_told_with_the_line_of_the_test(tmp_path: Path) -> None:
    """The owner is who patched; the test is who called."""
    more = {"lib.py": "import shop\ndef enable():\n    shop.now = print\n"}
    ran = run(
        tmp_path, "import lib\ndef test_it():\n    lib.enable()\n", "--overt=error", more=more
    )
    assert "made at  lib.py:3, in enable\n    called   from test_it.py:4, in test_it" in ran.text
    assert "owner    lib" in ran.text


def test_tests_inside_of_the_package(tmp_path: Path) -> None:
    """What the package does to itself is its own affair; what its tests do to it is not."""
    more = {
        "pkg/__init__.py": "",
        "pkg/core.py": "def f(): pass\n",
        "pkg/state.py": "from pkg import core\ndef use():\n    core.current = print\n",
        "pkg/tests/__init__.py": "",
        "pkg/tests/test_in.py": "from pkg import core, state\n"
        "def test_use(): state.use()\ndef test_left(): core.f = print\n",
    }
    ran = run(tmp_path, "", "--overt=error", "pkg", more=more)
    assert ran.failed == ["test_left"], ran.text


OTHERS = {
    "xdist": ["-n2"],
    "pytest_randomly": [],
    "pytest_asyncio.plugin": [
        "-o",
        "asyncio_mode=auto",
        "-o",
        "asyncio_default_fixture_loop_scope=function",
    ],
    "anyio.pytest_plugin": [],
}


@pytest.mark.parametrize("plugin", OTHERS)
def test_other_plugins(tmp_path: Path, plugin: str) -> None:
    """Distributed, random and asynchronous runs fail the same tests."""
    pytest.importorskip(plugin)
    asynchronous = "io" in plugin
    define = "async def" if asynchronous else "def"
    source = f"""
        import asyncio, pytest
        from unittest import mock
        pytestmark = {"pytest.mark.anyio" if "anyio" in plugin else "[]"}
        @pytest.fixture
        def anyio_backend(): return "asyncio"
        @pytest.fixture(scope="module", autouse=True)
        def wide():
            with mock.patch("shop.later"): yield
        @pytest.fixture
        {define} patched():
            with mock.patch("shop.now"): yield
        {define} test_clean(patched): assert shop.now() != "now"
        {define} test_left(): shop.Cart.total = print
        {define} test_governed(overt_patch):
            overt_patch("shop:now", lambda: 1)
            assert shop.now() == 1
        """
    ran = run(tmp_path, source, "--overt=error", "--overt-fix", "-p", plugin, *OTHERS[plugin])
    assert ran.failed == ["test_left"], ran.text
    assert ran.summary.startswith("3 passed, 1 error"), ran.text


def test_a_run_inside_of_a_run(tmp_path: Path) -> None:
    """pytest in pytest's own process: each tells what was left in its own tests."""
    source = """
        import pytest
        def test_inside(tmp_path):
            (tmp_path / "test_in.py").write_text(
                "import shop\\ndef test_in(): shop.now = print\\ndef test_ok(): pass\\n")
            words = ["-p", "overt._pytest", "-p", "no:cacheprovider", "-q", "--rootdir=.", "-rE"]
            assert pytest.main([*words, "--overt=error", "--overt-fix", str(tmp_path)]) == 1
        def test_left(): shop.later = print
        """
    ran = run(tmp_path, source, "--overt=error")
    assert ran.failed == ["test_left"], ran.text


def test_under_overt_run(overt, tmp_path: Path) -> None:
    """A governed process has a watcher already: it is used, and goes on to the report."""
    overt.write("shop.py", "def now(): pass\n")
    overt.write("test_it.py", "import shop\n" + LEAK)
    words = ["-m", "pytest", "--disable-plugin-autoload", "-p", "overt._pytest", "--overt=error"]
    done = overt.report(sys.executable, *words, "-W", "error", "-p", "no:cacheprovider")
    assert done.returncode == 1
    assert "ERROR at teardown of test_it" in done.stdout
    assert "shop:now" in overt.targets()


FIXTURES = """
import overt, threading

def test_any_order(overt_patch):
    first = overt_patch("shop:now", lambda: 1)
    second = overt_patch.around("shop:now", lambda original: original() + 1)
    assert shop.now() == 2
    first.remove()
    assert second.state == "on"
def test_decorator(overt_patch):
    @overt_patch.around("shop:now")
    def twice(original): return original() * 2
    assert shop.now() == "nownow"
def test_counting(overt_patch):
    seen = overt_patch.observe("shop:now")
    called = []
    overt_patch.tap("shop:now", lambda: called.append(1))
    shop.now()
    assert seen.stats.calls == 1 and called == [1]
def test_undone():
    assert shop.now() == "now" and len(overt.handles()) == 1  # the one of the module

installed = overt.patch("shop:later", lambda when=1: "patched")
def test_baseline(overt_patch, overt_baseline):
    assert installed.state == "off"
    thread = threading.Thread(target=lambda: answers.append(shop.later()))
    answers = []
    thread.start(); thread.join()
    assert answers == [1]
def test_back():
    assert shop.later() == "patched"
def setup_module(): installed.install()
def teardown_module(): installed.remove()
"""


def test_fixtures(tmp_path: Path) -> None:
    """They undo by themselves; off or on, with the plugin watching or not."""
    for words in ([], ["--overt=error"]):
        ran = run(tmp_path, FIXTURES, *words)
        assert (ran.code, ran.summary) == (0, "6 passed"), ran.text


def test_importing_the_plugin_starts_nothing() -> None:
    """The entry module brings the package and itself, no thread, and none of the extension."""
    code = "import pytest, sys, os; before = set(sys.modules); import overt._pytest; "
    code += "print(sorted(set(sys.modules) - before), len(os.listdir('/proc/self/task')))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "['overt', 'overt._pytest'] 1\n"


SINGLETON = """
class Clock: pass
class Fake(Clock):
    def __call__(self): pass
_clock = None
_other = Clock()
_fake = Fake()
def clock():
    global _clock
    _clock = _clock or Clock()
    return _clock
def fake():
    global _fake
    _fake = Fake()
class Config:
    _known = None
    @classmethod
    def get(cls):
        cls._known = cls._known or cls()
        return cls._known
_names = {1: Clock()}
_hooks = [Fake()]
def load():
    global _names, _hooks
    _names, _hooks = {2: Clock()}, [Fake()]
"""


def test_a_singleton_that_is_reset_is_no_leak(tmp_path: Path) -> None:
    """None where the module itself had put an object; not where nobody but the test did."""
    source = """
        import lib
        def test_reset(): lib.clock(); lib._clock = None
        def test_reset_of_a_class(): lib.Config.get(); lib.Config._known = None
        def test_saved(): saved = lib._names; lib.load(); lib._names = saved
        def test_behaviour_inside(): lib._hooks = [len]
        def test_nobody_else_writes_it(): lib._other = None
        def test_behaviour(): lib._fake = None
        """
    ran = run(tmp_path, source, "--overt=error", more={"lib.py": SINGLETON})
    leaks = ["test_behaviour_inside", "test_nobody_else_writes_it", "test_behaviour"]
    assert ran.failed == leaks, ran.text


def test_a_fresh_object_of_the_same_class_is_no_leak_where_it_is_installed(tmp_path: Path) -> None:
    """A library's state begins anew; the application's own objects differ in what they do."""
    source = """
        import sys
        sys.path.insert(0, "site-packages")
        import lib, own
        def test_reset(): lib._other = lib.Clock()
        def test_other_class(): lib._other = lib.Config()
        def test_behaviour(): lib._fake = lib.Fake()
        def test_own(): own._other = own.Clock()
        """
    more = {"site-packages/lib.py": SINGLETON, "own.py": SINGLETON}
    ran = run(tmp_path, source, "--overt=error", more=more)
    assert ran.failed == ["test_other_class", "test_behaviour", "test_own"], ran.text


def test_a_note_of_a_library_on_a_class_is_no_leak(tmp_path: Path) -> None:
    """Nobody asks for its name but the library; a name that Python asks for is a patch."""
    source = """
        import sys
        sys.path.insert(0, "site-packages")
        import json, lib
        def test_note(): lib.note(json.JSONDecoder, "__seen__")
        def test_special(): lib.note(json.JSONDecoder, "__call__")
        def test_name(): lib.note(json.JSONDecoder, "seen")
        def test_function():
            json.JSONDecoder.__other__ = print
        """
    lib = """
        class Note:
            def __call__(self): pass
        def note(cls, name): setattr(cls, name, Note())
        """
    ran = run(tmp_path, source, "--overt=error", more={"site-packages/lib.py": lib})
    assert ran.failed == ["test_special", "test_name", "test_function"], ran.text


PLUGINS = {
    "conftest.py": """
        import sys
        sys.path.insert(0, "site-packages")
        pytest_plugins = ["blocker"]
        """,
    "site-packages/lib.py": "def connect(): pass\n",
    "site-packages/blocker.py": """
        import lib, pytest
        real = lib.connect
        def blocked(): pass
        def pytest_configure(config):
            lib.connect = blocked
        @pytest.fixture(scope="session")
        def session():
            lib.connect = real
            lib.connect = blocked
            yield
            lib.connect = real
            lib.connect = blocked
        @pytest.fixture
        def db():
            lib.connect = real
            yield
            lib.connect = blocked
        """,
}


def test_what_a_plugin_takes_off_and_puts_on_again_is_no_leak(tmp_path: Path) -> None:
    """As pytest-django's blocker: on from pytest_configure, off while a fixture lasts."""
    source = """
        import lib
        def test_session(session): assert lib.connect
        def test_db(db): pass
        def test_leak(): lib.connect = len
        """
    ran = run(tmp_path, source, "--overt=error", more=PLUGINS)
    assert ran.failed == ["test_leak"], ran.text


def test_what_a_runner_puts_over_a_patch_is_its_own_again(tmp_path: Path) -> None:
    """Pytest exchanges sys.stdout around each phase of a test, whatever stands there."""
    source = """
        import io, sys
        from _pytest.capture import MultiCapture, SysCapture
        def test_it():
            before = sys.stdout
            mine = MultiCapture(in_=None, out=SysCapture(1), err=None)
            mine.start_capturing()
            sys.stdout = io.StringIO()
            mine.stop_capturing()
            assert sys.stdout is before
        def test_leak():
            sys.stdout = io.StringIO()
        """
    ran = run(tmp_path, source, "--overt=error")
    assert (ran.code, ran.failed) == (0, []), ran.text
    ran = run(tmp_path, source, "--overt=error", "--capture=no")
    assert ran.failed == ["test_leak"], ran.text


def test_a_patch_that_is_made_again_is_told_where_it_was_made_last(tmp_path: Path) -> None:
    """The same line made it in a test before, which undid it."""
    more = {"lib.py": "import shop\ndef enable():\n    shop.now = print\n"}
    source = """
        import lib
        def test_clean(monkeypatch):
            monkeypatch.setattr("shop.now", None)
            lib.enable()
        def test_leak():
            lib.enable()
        """
    ran = run(tmp_path, source, "--overt=error", more=more)
    assert ran.failed == ["test_leak"], ran.text
    assert "called   from test_it.py:8, in test_leak" in ran.text
