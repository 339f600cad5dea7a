"""The pytest plugin: what it fails, what it leaves alone, and that the next test is clean."""

from __future__ import annotations

from pathlib import Path

import pytest
from plugin_run import run

# What is left behind: the body of a test, and the target that is told.
LEAKS = {
    "a function": ("shop.now = lambda: 0", "shop:now"),
    "a method": ("shop.Cart.total = lambda self: 0", "shop:Cart.total"),
    "a new name": ("shop.Cart.extra = lambda self: 0", "shop:Cart.extra"),
    "a deleted name": ("del shop.Cart.total", "shop:Cart.total"),
    "code": ("shop.now.__code__ = (lambda: 0).__code__", "shop:now"),
    "defaults": ("shop.later.__defaults__ = (2,)", "shop:later"),
    "mock's start": ("from unittest import mock; mock.patch('shop.now').start()", "shop:now"),
    "a monkeypatch by hand": (
        "import pytest; pytest.MonkeyPatch().setattr(shop, 'now', 1)",
        "shop:now",
    ),
    "a module for a real one": (
        "import sys; sys.modules['wrapt'] = shop",
        "sys.modules:wrapt",
    ),
    "a class method put back bound": (
        "old = shop.Cart.make; shop.Cart.make = print; shop.Cart.make = old",
        "shop:Cart.make",
    ),
    "an emptied list": ("shop.hooks = []", "shop:hooks"),
    "a list with something new": ("shop.hooks = [*shop.hooks, len]", "shop:hooks"),
    "through overt": ("import overt; overt.patch('shop:now', lambda: 0).install()", "shop:now"),
    "through overt, pending": (
        "import overt; overt.patch('colorsys:rgb_to_hsv', lambda r, g, b: 0).install()",
        "colorsys:rgb_to_hsv",
    ),
}

CLEAN = {
    "monkeypatch": "def test_it(monkeypatch): monkeypatch.setattr(shop.Cart, 'total', 1)",
    "monkeypatch, a deleted name": "def test_it(monkeypatch): monkeypatch.delattr(shop, 'now')",
    "monkeypatch, an entry": """
        def test_it(monkeypatch):
            import sys
            monkeypatch.setitem(sys.modules, "wrapt", None)
        """,
    "a MonkeyPatch.context": """
        import pytest
        def test_it():
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(shop, "now", 1)
        """,
    "mock": """
        from unittest import mock
        @mock.patch("shop.now")
        @mock.patch.object(shop.Cart, "make")
        @mock.patch.multiple(shop.Cart, total=1, tax=2)
        @mock.patch.dict("sys.modules", wrapt=None)
        def test_it(*mocks):
            with mock.patch("shop.Cart.whole"):
                pass
        """,
    "start and stop": """
        import unittest
        from unittest import mock
        class TestIt(unittest.TestCase):
            def setUp(self):
                patcher = mock.patch("shop.now")
                patcher.start()
                self.addCleanup(patcher.stop)
            def test_it(self): pass
        """,
    "stopall": """
        from unittest import mock
        def teardown_function(): mock.patch.stopall()
        def test_it(): mock.patch("shop.now").start()
        """,
    "by hand, raw": """
        def test_it():
            old = vars(shop.Cart)["tax"]
            shop.Cart.tax = staticmethod(print)
            shop.Cart.tax = old
        """,
    "an equal value": """
        def test_it():
            old = shop.Names(shop.handlers)
            shop.handlers = shop.Cart()
            shop.handlers = old
        """,
    "a copy of a list that was changed in place": """
        def test_it():
            saved = shop.hooks[:]
            shop.hooks.append(len)
            shop.hooks = []
            shop.hooks = saved
        """,
    "what is inherited anyway": "def test_it(): shop.Cart.whole = shop.Base.whole",
    "what stands in builtins anyway": "def test_it(): shop.open = open",
    "a value of its own that came by an import": """
        from unittest import mock
        def fake(): pass
        shop.now = fake
        import window
        def test_it():
            with mock.patch("window.now", len): pass
            assert window.now is fake
        def test_by_hand():
            window.now = len
            window.now = fake
        """,
    "put back elsewhere": """
        import pytest
        @pytest.fixture(autouse=True)
        def restored():
            old = shop.now
            yield
            shop.now = old
        def test_it(): shop.now = print
        """,
    "plain data": "def test_it(): shop.Cart.rate = 2; shop.limit = 5",
    "an instance": "def test_it(): shop.Cart().total = print",
    "a reload": """
        import importlib
        def test_it():
            shop.now = print
            importlib.reload(shop)
        """,
    "an import anew": """
        import sys
        def test_it():
            old = sys.modules.pop("shop")
            import shop as new
            new.now = print
            sys.modules["shop"] = old
        """,
    "a module of its own each time": """
        import sys
        def setup_function(): sys.modules.pop("colorsys", None)
        def test_one():
            import colorsys
            colorsys.rgb_to_hsv = print
        def test_two():
            import colorsys
            colorsys.rgb_to_hsv = print
        """,
    "a lazy import that patches": "def test_it(): import patcher; assert shop.now() == 'patched'",
    "test modules among themselves": """
        import pytest
        @pytest.fixture
        def client(request): request.cls.client = staticmethod(print)
        @pytest.mark.usefixtures("client")
        class TestIt:
            def test_it(self): pass
        """,
    "overt": """
        import overt
        def test_it(overt_patch):
            overt_patch("shop:now", lambda: 1)
            with overt.patch("shop:Cart.total", lambda self: 1):
                pass
        """,
}
MODULES = {
    "patcher.py": "import shop\nshop.now = lambda: 'patched'\n",
    "window.py": "from shop import now\n",
}


@pytest.mark.parametrize("what", LEAKS)
def test_a_patch_left_behind_fails_its_test(tmp_path: Path, what: str) -> None:
    """The test that left it fails, and no other; the line that made it is told."""
    body, target = LEAKS[what]
    source = f"def test_before(): pass\ndef test_it():\n    {body}\ndef test_after(): pass\n"
    ran = run(tmp_path, source, "--overt=error")
    assert ran.failed == ["test_it"], ran.text
    assert ran.leaks() == [target]
    if "pending" not in what:
        assert "made at  test_it.py:4, in test_it" in ran.text
    assert "to do    " in ran.text
    assert (ran.code, ran.summary) == (1, "3 passed, 1 error")


@pytest.mark.parametrize("what", LEAKS)
def test_fixing_leaves_the_rest_of_the_run_clean(tmp_path: Path, what: str) -> None:
    """After --overt-fix the next test finds what the first one found, raw."""
    body, _ = LEAKS[what]
    state = "[{**vars(shop)}, {**vars(shop.Cart)}, sys.modules.get('wrapt'), overt.handles(),"
    state += " shop.now.__code__, shop.later.__defaults__]"
    source = f"""
        import overt, sys, wrapt
        def state():
            all = {state}
            [each.pop(key, None) for each in all[:2] for key in ("__builtins__", "__doc__")]
            return all
        before = state()
        def test_it():
            {body}
        def test_after():
            import colorsys
            assert state() == before
        """
    ran = run(tmp_path, source, "--overt=error", "--overt-fix")
    assert ran.failed == ["test_it"], ran.text
    assert ran.summary == "2 passed, 1 error"
    assert "not undone" not in ran.text


@pytest.mark.parametrize("what", CLEAN)
def test_what_is_undone_is_no_leak(tmp_path: Path, what: str) -> None:
    """Nothing is said about a test that cleans up, however it does."""
    ran = run(tmp_path, CLEAN[what], "--overt=error", more=MODULES)
    assert (ran.code, ran.failed) == (0, []), ran.text


WIDE = """
import pytest
from unittest import mock

@pytest.fixture(scope="{scope}")
def patched():
    patcher = mock.patch("shop.now")
    patcher.start()
    yield
    {end}

class TestOne:
    def test_one(self, patched): assert shop.now() != "now"
    def test_two(self): pass
    def test_three(self, patched): pass
class TestTwo:
    def test_four(self): pass
"""


@pytest.mark.parametrize(
    ("scope", "told"),
    [
        ("class", ("TestOne::test_three", "class test_it.py::TestOne")),
        ("module", ("TestTwo::test_four", "module test_it.py")),
        ("package", ("TestTwo::test_four", "")),
        ("session", ("TestTwo::test_four", "the session")),
    ],
)
def test_a_fixture_answers_for_its_own_scope(
    tmp_path: Path, scope: str, told: tuple[str, str]
) -> None:
    """What a wider fixture patches is no leak of a test, but of its class, module or session."""
    ran = run(tmp_path, WIDE.format(scope=scope, end="patcher.stop()"), "--overt=error")
    assert (ran.code, ran.summary) == (0, "4 passed"), ran.text
    ran = run(tmp_path, WIDE.format(scope=scope, end="pass"), "--overt=error")
    assert ran.failed == [told[0]], ran.text
    assert f"{told[1]} ended with a patch that it did not start with" in ran.text
    assert "in       fixture 'patched'" in ran.text


def test_a_fixture_that_is_asked_for_by_name_answers_for_itself(tmp_path: Path) -> None:
    """Whoever asks for it, another fixture or a test: what it patches is its own, no more."""
    source = """
        import pytest
        @pytest.fixture(scope="session")
        def inner(monkeypatch_session):
            monkeypatch_session.setattr(shop, "now", print)
        @pytest.fixture(scope="session")
        def monkeypatch_session():
            with pytest.MonkeyPatch.context() as patch:
                yield patch
        @pytest.fixture(scope="module")
        def outer(request):
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(shop.Cart, "total", print)
                request.getfixturevalue("inner")
                patch.setattr(shop.Cart, "tax", print)
                yield
        def test_one(request):
            shop.hooks = []
            request.getfixturevalue("outer")
            shop.later.__defaults__ = (2,)
        def test_two(outer): pass
        """
    ran = run(tmp_path, source, "--overt=error")
    assert ran.failed == ["test_one"], ran.text
    assert sorted(ran.leaks()) == ["shop:hooks", "shop:later"]


def test_streams_that_pytest_exchanges_are_its_own(tmp_path: Path) -> None:
    """With capturing or without, whatever tests do to them; a stream that a test leaves is told."""
    source = """
        import io, sys
        def test_captured(capsys): print("x"); assert capsys.readouterr().out
        def test_put_back():
            old, sys.stdout = sys.stdout, io.StringIO()
            sys.stdout = old
        def test_disabled(capsys):
            with capsys.disabled(): print("x")
        def test_left(): sys.stderr = io.StringIO()
        def test_last(): pass
        """
    ran = run(tmp_path, source, "--overt=error")
    assert (ran.code, ran.failed) == (0, []), ran.text
    ran = run(tmp_path, source, "--overt=error", "-s")
    assert ran.failed == ["test_left"], ran.text
    assert ran.leaks() == ["sys:stderr"]


def test_setup_of_classes_and_modules_belongs_to_them(tmp_path: Path) -> None:
    """setUpModule, setUpClass and setup_class are scopes like fixtures."""
    source = """
        import unittest
        from unittest import mock
        def setup_module(): mock.patch("shop.now").start()
        def teardown_module(): mock.patch.stopall()
        class TestOld(unittest.TestCase):
            @classmethod
            def setUpClass(cls):
                patcher = mock.patch("shop.Cart.total"); patcher.start()
                cls.addClassCleanup(patcher.stop)
            def test_a(self): pass
            def test_b(self): pass
        class TestNew:
            @classmethod
            def setup_class(cls): shop.Cart.left = print
            def test_c(self): pass
        """
    ran = run(tmp_path, source, "--overt=error")
    assert ran.failed == ["TestNew::test_c"], ran.text
    assert "class test_it.py::TestNew ended with" in ran.text


def test_a_thread_inside_of_a_removed_patch_is_named(tmp_path: Path) -> None:
    """A thread that goes on in a function or in a mock that was removed is a leak of the test."""
    source = """
        import threading
        from unittest import mock
        def held(make):
            go, end = threading.Event(), threading.Event()
            def fake(): go.set(); end.wait(20)
            with mock.patch("shop.now", make(fake)):
                thread = threading.Thread(target=lambda: shop.now(), name="left", daemon=True)
                thread.start(); go.wait()
            return thread, end
        def test_function(): held(lambda fake: fake)
        def test_mock(): held(lambda fake: mock.Mock(side_effect=fake))
        def test_joined():
            thread, end = held(lambda fake: fake); end.set(); thread.join()
        """
    ran = run(tmp_path, source, "--overt=error")
    assert ran.failed == ["test_function", "test_mock"], ran.text
    assert ran.text.count("thread 'left' still runs in what had been put at shop:now") == 2


def test_a_thread_is_named_with_the_wrapper_that_it_is_in(tmp_path: Path) -> None:
    """Wrappers that one factory makes have the same code, and are not the same patch."""
    source = """
        import threading
        def wrapped(function):
            def wrapper(*args): return function(*args)
            return wrapper
        def wait(go, end): go.set(); end.wait(20)
        def test_it(monkeypatch):
            go, end = threading.Event(), threading.Event()
            monkeypatch.setattr(shop.Cart, "make", wrapped(print))
            monkeypatch.setattr(shop, "now", wrapped(wait))
            monkeypatch.setattr(shop.Cart, "total", wrapped(print))
            threading.Thread(target=shop.now, args=(go, end), name="left", daemon=True).start()
            go.wait()
        """
    ran = run(tmp_path, source, "--overt=error")
    assert "thread 'left' still runs in what had been put at shop:now" in ran.text, ran.text


def test_an_entry_of_a_registry_is_a_leak(tmp_path: Path) -> None:
    """What a test registers has to go; overt_registries sees to that, and so does --overt-fix."""
    source = """
        import overt
        checks = overt.registry("checks")
        checks.register("first", print)
        def test_it(): checks.register("left", print)
        def test_after(): assert checks.names() == ("first",)
        def test_kept(overt_registries):
            overt_registries("checks").register("gone", print)
            overt_registries("new").register("gone", print)
        def test_last(): assert checks.names() == ("first",) and not len(overt.registry("new"))
        """
    ran = run(tmp_path, source, "--overt=error", "--overt-fix")
    assert (ran.failed, ran.summary) == (["test_it"], "4 passed, 1 error"), ran.text
    assert "registry 'checks' has a new entry 'left'" in ran.text
