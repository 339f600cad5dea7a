"""The pytest plugin at work: opens and closes scopes where pytest does, and reports what is left.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import fnmatch
import functools
from typing import TYPE_CHECKING, Any

import pytest

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
        self._scopes: dict[Any, Scope] = {}  # of nodes that are set up
        self._item: Scope | None = None
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

    # Scopes.

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> Generator[None, object, object]:
        """Open the scopes that this test is the first of, and its own."""
        scopes = self._scopes
        fresh = [node for node in item.listchain() if node not in scopes]
        for node in fresh:
            scopes[node] = self._tracker.open(_title(node))
        self._item = scopes[item]
        self._item.around = lambda: _around(item)
        try:
            return (yield)
        finally:
            self._close_with(item, fresh)

    def _close_with(self, item: pytest.Item, fresh: list[Any]) -> None:
        # pytest runs a node's finalizers from the last to the first: the first one sees what all
        # others left. There is no public place for it.
        stack = item.session._setupstate.stack
        for node in fresh:
            if node in stack:
                stack[node][0].insert(0, functools.partial(self.close, node))
            else:  # the set-up of one before it failed
                del self._scopes[node]

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_fixture_setup(
        self, fixturedef: pytest.FixtureDef[Any], request: Any
    ) -> Generator[None, object, object]:
        """File what a fixture of a wider scope changes to that scope."""
        if fixturedef.scope == "function":
            return (yield)
        tracker = self._tracker
        tracker.file_to(self._item)
        try:
            return (yield)
        finally:
            tracker.file_to(self._scope_of(request), fixturedef.argname)

    def _scope_of(self, request: Any) -> Scope | None:
        node = request.node
        while node is not None:
            scope = self._scopes.get(node)
            if scope is not None:
                return scope
            node = node.parent
        return self._item

    def close(self, node: Any) -> None:
        """Judge a scope that pytest has just torn down."""
        scope = self._scopes.pop(node, None)
        if scope is None:
            return
        is_item = isinstance(node, pytest.Item)
        leaks = self._tracker.close(scope, threads=is_item)
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

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_teardown(self) -> Generator[None, object, object]:
        """Report all that was found while this teardown went on, at once."""
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

    def _take(self) -> list[tuple[Any, str]]:
        texts, self._texts = self._texts, []
        return texts


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
