"""What outlives the scope that it was made in: the engine of the pytest plugin and overt.testing.

A scope is a test, a class, a module or a whole run. Every change of the ledger is filed to exactly
one scope, so that a leak is told once, where it was made. What is looked at when a scope ends is
proportional to what changed in it; nothing is ever snapshot.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from overt import _native
from overt._leaks import EntryLeak, PatchLeak, drops_module, is_exempt, is_same, threads_inside
from overt._resets import is_reset

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from overt._leaks import Leak
    from overt._native import Touch

type Key = tuple[str, int]

# What pytest and unittest call tests, and where people keep them.
_NAMES = re.compile(r"tests?|testing|test_.*|.*_tests?|conftest")


class TestCode:
    """Tells test code from the program: files that are known to be, or names that say so."""

    __test__ = False  # pytest

    def __init__(self) -> None:
        """Begin with no file."""
        self.files: set[str] = set()
        self._named: dict[str, bool] = {}

    def __call__(self, module: str, file: str) -> bool:
        """Tell whether a module is test code."""
        if file in self.files:
            return True
        known = self._named.get(module)
        if known is None:
            installed = "site-packages" in file or "dist-packages" in file or not file
            named = any(map(_NAMES.fullmatch, module.split(".")))
            known = self._named[module] = named and not installed
        return known


class Scope:
    """What was done in it, in order. It is sorted only if a patch of its making still stands."""

    __slots__ = ("around", "entries", "pending", "title", "touches")

    def __init__(self, title: str = "") -> None:
        """Name the scope as reports do: `test_x`, `class TestY`, `module tests/test_z.py`."""
        self.title = title
        self.touches: list[tuple[list[Touch], str]] = []  # with the fixture that they are of
        self.entries: list[tuple[int, int]] = []  # ids of registries' entries: from, to
        self.pending: set[tuple[str, str]] = set()
        self.around: Callable[[], Iterable[object]] = tuple  # what sets up and tears down


class _Hub:
    """The changes of the ledger, for every tracker of the process.

    There are several where a test runs pytest in its own process.
    """

    def __init__(self) -> None:
        self.trackers: list[Tracker] = []
        self.started = False

    def start(self, tracker: Tracker, keep: bool) -> None:
        if not self.trackers:
            self.started = not _native.watching()
        self.trackers.append(tracker)
        _native.start_touches(keep)
        self.watch()

    def watch(self) -> None:
        if not _native.watching():
            _native.watch(internal=True, meter=False)

    def stop(self, tracker: Tracker) -> None:
        self.trackers.remove(tracker)
        if self.trackers:
            return
        _native.stop_touches()
        if self.started:
            _native.unwatch()

    def pump(self) -> None:
        touches = _native.touches()
        for tracker in self.trackers:
            tracker.inbox.extend(touches)


_hub = _Hub()


class Tracker:
    """Files changes to scopes, and tells what is left of them."""

    def __init__(self, is_test: TestCode, *, keep: bool) -> None:
        """Start. `keep` makes every leak reversible."""
        self.is_test = is_test
        self.inbox: list[Touch] = []
        self.seen = -1  # of _native.changes()
        self._last_entry = _native.last_entry()
        self._pending = pending_patches()
        self._told: set[tuple[object, ...]] = set()  # of threads: the next test finds them, too
        _hub.start(self, keep)

    def stop(self) -> None:
        """Stop, and stop watching if nobody else had started that."""
        _hub.stop(self)

    def begin(self) -> None:
        """Begin a test; what was done until now belongs to nobody."""
        self.file_to(None)
        _hub.watch()  # a test may have stopped it

    def open(self, title: str) -> Scope:
        """Begin a test and make the scope of it."""
        self.begin()
        return Scope(title)

    def file_to(self, scope: Scope | None, fixture: str = "") -> None:
        """File what was done since the last time."""
        changes = _native.changes()
        if changes == self.seen:
            return
        self.seen = changes
        _hub.pump()
        last, pending = _native.last_entry(), pending_patches()
        if scope is not None:
            if self.inbox:
                scope.touches.append((self.inbox, fixture))
            if last != self._last_entry:
                scope.entries.append((self._last_entry, last))
            scope.pending |= pending - self._pending
        self.inbox = []
        self._last_entry, self._pending = last, pending

    def close(self, scope: Scope, *, threads: bool = False) -> list[Leak]:
        """End a scope and tell what it leaves behind, with the last change first."""
        self.file_to(scope)
        leaks: list[Leak] = []
        touches = [touch for batch, _ in scope.touches for touch in batch]
        if _native.leave_something(touches):
            leaks.extend(self._patches(scope))
        if scope.entries:
            leaks.extend(self._entries(scope))
        if scope.pending:
            leaks.extend(_waiting(scope.pending))
        if threads and touches:
            inside = threads_inside(touches, self._told)
            self._told.update(leak.key for leak in inside)
            leaks.extend(inside)
        return leaks

    def _patches(self, scope: Scope) -> list[PatchLeak]:
        _native.look_again()
        first: dict[Key, Touch] = {}  # what stood there before
        all_made: dict[Key, list[tuple[int, str]]] = {}  # id, and the fixture that made it
        for touches, fixture in scope.touches:
            for touch in touches:
                if touch.imported:
                    continue
                key = (touch.target, touch.place)
                first.setdefault(key, touch)
                if touch.made:
                    all_made.setdefault(key, []).append((touch.patch, fixture))
        taken_out = {
            target.removeprefix("sys.modules:")
            for (target, _), made in all_made.items()
            if target.startswith("sys.modules:")
            and any(_native.patch_record(id)["new"] is None for id, _ in made)
        }
        found = []
        for key, made in all_made.items():
            standing = [(id, fixture) for id, fixture in made if _native.stands(id)]
            if not standing:
                continue
            touch = first[key]
            if not touch.governed and (not touch.made or is_same(touch)):
                continue
            ids = list(dict.fromkeys(id for id, _ in standing))
            record = _native.patch_record(standing[-1][0])
            if is_exempt(record, self.is_test) or _is_own_copy(record, taken_out, scope):
                continue
            if all(is_reset(_native.patch_record(id), touch.now()[2]) for id in ids):
                continue
            found.append(PatchLeak(record, self.is_test, touch, ids, standing[-1][1]))
        return found

    def _entries(self, scope: Scope) -> list[EntryLeak]:
        found = []
        for entry in _native.entries_since(scope.entries[0][0]):
            site, id = entry[4], entry[5]
            inside = any(first < id <= last for first, last in scope.entries)
            if inside and site[1] != "<module>":  # an import registers for the whole process
                found.append(EntryLeak(*entry))
        return found


def _is_own_copy(record: dict[str, Any], taken_out: set[str], scope: Scope) -> bool:
    # A module that a test takes out of sys.modules to import it anew is the test's own.
    module = record["target"].partition(":")[0]
    return module in taken_out or any(drops_module(each, module) for each in scope.around())


def pending_patches() -> frozenset[tuple[str, str]]:
    """Governed patches that wait for the import of their target: (target, owner)."""
    patches = _native.patches()
    return frozenset((patch.target, patch.owner) for patch in patches if patch.state == "pending")


def _waiting(begun: set[tuple[str, str]]) -> list[PatchLeak]:
    return [
        PatchLeak.of_pending(patch)
        for patch in _native.patches()
        if patch.state == "pending" and (patch.target, patch.owner) in begun
    ]


def fix(leaks: list[Leak]) -> str:
    """Undo leaks, the last one first; returns lines about what could not be undone."""
    failed = ""
    for leak in reversed(leaks):
        try:
            leak.fix()
        except Exception as error:  # noqa: BLE001  # said in the report; the run goes on
            failed += f"\nnot undone: {leak.subject}: {error}"
    return failed


def report(title: str, leaks: list[Leak]) -> str:
    """Tell what a scope left behind, for people; "" if nothing. To be made before it is fixed."""
    if not leaks:
        return ""
    if all(isinstance(leak, PatchLeak) for leak in leaks):
        what = "a patch" if len(leaks) == 1 else f"{len(leaks)} patches"
        what += " that it did not start with"
    else:
        what = "what it did not start with"
    lines = [f"{title} ended with {what}:"]
    for leak in leaks:
        lines += ["", *leak.lines()]
    return "\n".join(lines)
