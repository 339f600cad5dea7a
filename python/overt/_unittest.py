"""unittest: a mixin, and a runner for suites that do not use it.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import sys
import unittest
from typing import TYPE_CHECKING, Any

from overt._scopes import Scope, TestCode, Tracker, fix, report

if TYPE_CHECKING:
    from types import ModuleType


class CleanTestCase(unittest.TestCase):
    """A test case, or a mixin to one, whose tests fail when they leave something behind.

    Everything from before `setUp` to after the last cleanup counts. `overt_fix = True` puts back
    what was left.
    """

    overt_fix = False

    def run(self, result: unittest.TestResult | None = None) -> unittest.TestResult | None:
        """Run the test with a first cleanup, which is the last one to be called, that looks."""
        tests = TestCode()
        module = sys.modules.get(type(self).__module__)
        tests.files.add(str(getattr(module, "__file__", "")))
        tracker = Tracker(tests, keep=self.overt_fix)
        try:
            scope = tracker.open(self._testMethodName)
            self.addCleanup(self._leaves_nothing, tracker, scope)
            return super().run(result)
        finally:
            tracker.stop()

    def _leaves_nothing(self, tracker: Tracker, scope: Scope) -> None:
        leaks = tracker.close(scope, threads=True)
        text = report(scope.title, leaks)
        if self.overt_fix:
            text += fix(leaks)
        if text:
            self.fail(text)


class _Watch:
    """The scopes of a run of unittest's own runner."""

    def __init__(self, *, warn: bool, fix: bool) -> None:
        self.warn, self.fix = warn, fix
        self.tests = TestCode()
        self.tracker = Tracker(self.tests, keep=fix)
        self.test: Scope | None = None
        self.wide: dict[Any, Scope] = {}  # of classes and of names of modules that are set up

    def began(self, key: Any, title: str) -> None:
        """Begin a class or a module whose set-up has just run: what that did belongs to it."""
        scope = Scope(title)
        self.tracker.file_to(scope)
        self.wide[key] = scope

    def learn(self, test: unittest.TestCase) -> None:
        module = sys.modules.get(type(test).__module__)
        self.tests.files.add(str(getattr(module, "__file__", "")))

    def judge(self, scope: Scope, *, threads: bool) -> str:
        leaks = self.tracker.close(scope, threads=threads)
        text = report(scope.title, leaks)
        if self.fix:
            text += fix(leaks)
            self.tracker.file_to(None)
        return text


class _Result(unittest.TextTestResult):
    watch: _Watch

    def startTest(self, test: unittest.TestCase) -> None:
        super().startTest(test)
        self.watch.learn(test)
        scope = self.watch.test = self.watch.tracker.open(_name(test))
        scope.around = lambda: [getattr(test, name, None) for name in ("setUp", "tearDown")]

    def stopTest(self, test: unittest.TestCase) -> None:
        scope, self.watch.test = self.watch.test, None
        if scope is not None:
            text = self.watch.judge(scope, threads=True)
            if text:
                self.tell(test, text)
        super().stopTest(test)

    def tell(self, test: Any, text: str) -> None:
        if self.watch.warn:
            self.stream.writeln(f"\nwarning: {text}")
            return
        failure = AssertionError(text)
        # No line of ours would help.
        self.addFailure(test, (AssertionError, failure, None))  # type: ignore[arg-type]


class _Suite(unittest.TestSuite):
    """A suite that also looks when a class, and a module, has been torn down."""

    # unittest calls all four for every test; they act where its class, or module, is another one.
    def _handleModuleFixture(self, test: Any, result: Any) -> None:
        name = type(test).__module__
        previous = getattr(result, "_previousTestClass", None)
        new = previous is None or previous.__module__ != name
        watch = getattr(result, "watch", None)
        super()._handleModuleFixture(test, result)  # type: ignore[misc]  # there since 2.7
        if watch is not None and new:
            watch.began(name, f"module {name}")

    def _handleClassSetUp(self, test: Any, result: Any) -> None:
        new = getattr(result, "_previousTestClass", None) is not type(test)
        watch = getattr(result, "watch", None)
        if watch is not None:
            watch.tracker.file_to(None)
        super()._handleClassSetUp(test, result)  # type: ignore[misc]
        if watch is not None and new:
            watch.began(type(test), f"class {type(test).__qualname__}")

    def _tearDownPreviousClass(self, test: Any, result: Any) -> None:
        previous = getattr(result, "_previousTestClass", None)
        super()._tearDownPreviousClass(test, result)  # type: ignore[misc]
        if previous is not None and previous is not type(test):
            self._ended(result, previous)

    def _handleModuleTearDown(self, result: Any) -> None:
        previous = getattr(result, "_previousTestClass", None)
        super()._handleModuleTearDown(result)  # type: ignore[misc]
        if previous is not None:
            self._ended(result, previous.__module__)

    def _ended(self, result: Any, key: Any) -> None:
        watch = getattr(result, "watch", None)
        if watch is None:
            return
        scope = watch.wide.pop(key, None)
        if scope is not None:
            text = watch.judge(scope, threads=False)
            if text:
                result.tell(_Holder(scope.title), text)


class _Holder:
    """What a failure of no single test is told of; results ask it for these."""

    failureException = AssertionError

    def __init__(self, title: str) -> None:
        self.title = title

    def id(self) -> str:
        return self.title

    def shortDescription(self) -> str | None:
        return None

    def __str__(self) -> str:
        return self.title


def _name(test: Any) -> str:
    return str(getattr(test, "_testMethodName", None) or test)


class _Loader(unittest.TestLoader):
    suiteClass = _Suite


_USAGE = """\
usage: python -m overt.testing unittest [--overt=warn|error] [--overt-fix] [unittest's arguments]

Runs the tests as `python -m unittest` does. A test, class or module that leaves a patch behind, or
an entry of an overt registry, fails; --overt=warn only says so; --overt-fix puts it back.
With pytest: pytest --overt=error.
"""


def main(words: list[str] | None = None, module: str | ModuleType | None = None) -> None:
    """Run the command line; ends the process as unittest does."""
    words = list(sys.argv[1:] if words is None else words)
    if words[:1] in (["-h"], ["--help"]):
        print(_USAGE, end="")
        sys.exit(0)
    if words[:1] != ["unittest"]:
        print(_USAGE, end="", file=sys.stderr)
        sys.exit(2)
    warn = "--overt=warn" in words
    repair = "--overt-fix" in words
    for word in words:
        if word.startswith("--overt") and word not in (
            "--overt=warn",
            "--overt=error",
            "--overt-fix",
        ):
            print(f"overt.testing: unknown option {word}\n{_USAGE}", end="", file=sys.stderr)
            sys.exit(2)
    rest = [word for word in words[1:] if not word.startswith("--overt")]
    watch = _Watch(warn=warn, fix=repair)

    class Result(_Result):
        pass

    Result.watch = watch

    class Runner(unittest.TextTestRunner):
        resultclass = Result  # type: ignore[assignment]  # a class that makes them

    argv = ["python -m overt.testing unittest", *rest]
    unittest.main(module=module, argv=argv, testRunner=Runner, testLoader=_Loader())
