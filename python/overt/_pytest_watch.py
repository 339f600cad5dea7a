"""The pytest plugin at work: opens and closes scopes where pytest does, and reports what is left.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import fnmatch
import functools
from typing import TYPE_CHECKING, Any

import pytest

from overt import _native
from overt._scopes import Scope, TestCode, Tracker, fix, report
from overt.testing import PatchLeakWarning

if TYPE_CHECKING:
    from collections.abc import Generator

    from overt._leaks import Leak


class Watch:
    """One session of pytest."""

    def __init__(self, config: pytest.Config, mode: str, *, fix: bool) -> None:
        """Start to watch."""
        self.mode, self.fix = mode, fix
        self._config = config
        self._tests = TestCode()
        self._scopes: dict[Any, Scope] = {}  # by node; the running test's by None
        self._judged: set[Any] = set()  # nodes that are set up and will be judged
        self._fixture: tuple[pytest.FixtureDef[Any], Any] | None = None  # being set up, for whom
        self._tracker = Tracker(self._tests, keep=fix)
        config.add_cleanup(self._tracker.stop)
        self._texts: list[tuple[Any, str]] = []  # of this teardown: the node, what it left
        self._told = 0

    # The life of a session.

    def pytest_report_header(self) -> str:
        """Say that it watches."""
        return f"overt: patches that outlive their test: {self.mode}{', fixed' * self.fix}"

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Learn what is test code."""
        self._tests.files.update(str(item.path) for item in items)
        for plugin in self._config.pluginmanager.get_plugins():
            name = getattr(plugin, "__file__", None)
            if name and name.endswith("conftest.py"):
                self._tests.files.add(name)

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Say how many."""
        if self._told:
            said = "undone" if self.fix else "still there: --overt-fix undoes them"
            terminalreporter.write_line(f"overt: {self._told} left behind, {said}")

    # Scopes. A test that does nothing to the ledger costs next to nothing: that is told by
    # comparing two numbers, and a scope is made when there is something to file to it.

    def pytest_runtest_logstart(self) -> None:
        """Begin a test."""
        self._tracker.begin()
        self._scopes.pop(None, None)  # of one whose set-up failed early

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_fixture_setup(
        self, fixturedef: pytest.FixtureDef[Any], request: Any
    ) -> Generator[None, object, object]:
        """File what a fixture does to its scope."""
        if _native.changes() != self._tracker.seen:
            self._file()
        outer, self._fixture = self._fixture, (fixturedef, request)
        try:
            return (yield)
        finally:
            if _native.changes() != self._tracker.seen:
                self._file()
            self._fixture = outer

    def _file(self) -> None:
        # What was done: by whoever is at work, a fixture or else the test.
        node, name = None, ""
        if self._fixture is not None:
            fixture, request = self._fixture
            node, name = _node_of(fixture, request), fixture.argname
        self._tracker.file_to(self._scopes.setdefault(node, Scope()), name)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_teardown(self, item: pytest.Item) -> Generator[None, object, object]:
        """Judge what is torn down, and report all that was found at once."""
        if _native.changes() != self._tracker.seen:
            self._file()
        # pytest runs a node's finalizers from the last to the first: the first one sees what all
        # others left. There is no public place for it.
        stack = item.session._setupstate.stack
        for node in reversed(stack):
            if node in self._judged:
                break
            self._judged.add(node)
            stack[node][0].insert(0, functools.partial(self._judge, node, node is item))
        try:
            result = yield
        except BaseException as error:
            for _, text in self._take():
                error.add_note(text)
            raise
        texts = self._take()
        if texts and self.mode == "error":
            pytest.fail("\n\n".join(text for _, text in texts), pytrace=False)
        for node, text in texts:
            node.warn(PatchLeakWarning(text))
        return result

    def _judge(self, node: Any, is_test: bool) -> None:
        self._judged.discard(node)
        key = None if is_test else node
        if _native.changes() != self._tracker.seen:
            self._tracker.file_to(self._scopes.setdefault(key, Scope()))
        scope = self._scopes.pop(key, None)
        if scope is None:
            return
        scope.title = _title(node)
        if is_test:
            scope.around = functools.partial(_around, node)
        leaks = self._tracker.close(scope, threads=is_test)
        if leaks:
            self._tell(node, scope, leaks)

    def _tell(self, node: Any, scope: Scope, leaks: list[Leak]) -> None:
        told = [leak for leak in leaks if not _allowed(node, leak)]
        text = report(scope.title, told)
        if self.fix:
            text += fix(leaks)
            self._tracker.file_to(None)  # what that did
        self._told += len(told)
        if told:
            self._texts.append((node, text))

    def _take(self) -> list[tuple[Any, str]]:
        texts, self._texts = self._texts, []
        return texts


def _node_of(fixture: pytest.FixtureDef[Any], request: Any) -> Any:
    # Of the scope that answers for a fixture; None for the running test.
    node = None if fixture.scope == "function" else request.node
    while node is not None and node not in request.session._setupstate.stack:
        node = node.parent
    return node


_AROUND = (
    *("setup_method", "teardown_method", "setup_class", "teardown_class"),
    *("setup_function", "teardown_function", "setup_module", "teardown_module"),
    *("setUp", "tearDown", "setUpClass", "tearDownClass", "asyncSetUp", "asyncTearDown"),
)


def _around(item: pytest.Item) -> list[object]:
    # What runs before and after a test: methods, fixtures.
    holders = [getattr(item, "cls", None), getattr(item, "module", None)]
    found = [getattr(holder, name, None) for holder in holders for name in _AROUND]
    info = getattr(item, "_fixtureinfo", None)
    for definitions in getattr(info, "name2fixturedefs", {}).values():
        found += [definition.func for definition in definitions]
    return found


def _allowed(node: Any, leak: Leak) -> bool:
    for mark in node.iter_markers("overt_allow"):
        if not mark.args or any(fnmatch.fnmatchcase(leak.subject, glob) for glob in mark.args):
            return True
    return False


def _title(node: Any) -> str:
    if isinstance(node, pytest.Item):
        return str(node.name)
    if isinstance(node, pytest.Session):
        return "the session"
    for kind in (pytest.Class, pytest.Module, pytest.Package, pytest.Directory):
        if isinstance(node, kind):
            return f"{kind.__name__.lower()} {node.nodeid}"
    return str(node.nodeid)
