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
    """What was touched in it: first what stood there before, then which patches were made."""

    __slots__ = ("around", "entries", "first", "made", "pending", "title", "undone")

    def __init__(self, title: str) -> None:
        """Name the scope as reports do: `test_x`, `class TestY`, `module tests/test_z.py`."""
        self.title = title
        self.first: dict[Key, Touch] = {}
        self.made: dict[Key, list[tuple[int, str]]] = {}  # id, and the fixture that made it
        self.undone: list[Touch] = []
        self.entries: list[tuple[int, int]] = []  # ids of registries' entries: from, to
        self.pending: frozenset[tuple[str, str]] = frozenset()
        self.around: Callable[[], Iterable[object]] = tuple  # what sets up and tears down

    def file(self, touch: Touch, fixture: str) -> None:
        """Note one change that was made in this scope."""
        if touch.imported:
            return
        key = (touch.target, touch.place)
        self.first.setdefault(key, touch)
        if touch.made:
            self.made.setdefault(key, []).append((touch.patch, fixture))
        else:
            self.undone.append(touch)


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
        if _native.has_touches():
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
        self._last_entry = _native.last_entry()
        self._told: set[tuple[object, ...]] = set()  # of what is there for whoever looks later, too
        _hub.start(self, keep)

    def stop(self) -> None:
        """Stop, and stop watching if nobody else had started that."""
        _hub.stop(self)

    def open(self, title: str, outer: Scope | None = None) -> Scope:
        """Begin a scope; what was touched until now belongs to `outer`, or to nobody."""
        self.file_to(outer)
        _hub.watch()  # a test may have stopped it
        scope = Scope(title)
        scope.pending = pending_patches()
        return scope

    def file_to(self, scope: Scope | None, fixture: str = "") -> None:
        """File what was touched since the last time."""
        _hub.pump()
        if self.inbox:
            if scope is not None:
                for touch in self.inbox:
                    scope.file(touch, fixture)
            self.inbox.clear()
        last = _native.last_entry()
        if last != self._last_entry:
            if scope is not None:
                scope.entries.append((self._last_entry, last))
            self._last_entry = last

    def close(self, scope: Scope, *, threads: bool = False) -> list[Leak]:
        """End a scope and tell what it leaves behind, with the last change first."""
        self.file_to(scope)
        leaks: list[Leak] = []
        if scope.made:
            leaks.extend(self._patches(scope))
        if scope.entries:
            leaks.extend(self._entries(scope))
        pending = pending_patches() - scope.pending
        if pending:
            leaks.extend(leak for leak in self._pending(pending) if self._is_new(leak.key))
        if threads and scope.undone:
            inside = threads_inside(scope.undone, self._told)
            leaks.extend(leak for leak in inside if self._is_new(leak.key))
        return leaks

    def _is_new(self, key: tuple[object, ...]) -> bool:
        new = key not in self._told
        self._told.add(key)
        return new

    def _patches(self, scope: Scope) -> list[PatchLeak]:
        _native.look_again()
        found = []
        for key, made in scope.made.items():
            standing = [(id, fixture) for id, fixture in made if _native.stands(id)]
            if not standing:
                continue
            touch = scope.first[key]
            if not touch.governed and (not touch.made or is_same(touch)):
                continue
            ids = list(dict.fromkeys(id for id, _ in standing))
            record = _native.patch_record(standing[-1][0])
            if is_exempt(record, self.is_test) or self._is_own_copy(record, scope):
                continue
            if all(is_reset(_native.patch_record(id), touch.now()[2]) for id in ids):
                continue
            found.append(PatchLeak(record, self.is_test, touch, ids, standing[-1][1]))
        return found

    def _is_own_copy(self, record: dict[str, Any], scope: Scope) -> bool:
        # A module that a test takes out of sys.modules to import it anew is the test's own.
        module = record["target"].partition(":")[0]
        for (target, _), made in scope.made.items():
            if target == f"sys.modules:{module}" and any(
                _native.patch_record(id)["new"] is None for id, _ in made
            ):
                return True
        return any(drops_module(function, module) for function in scope.around())

    def _entries(self, scope: Scope) -> list[EntryLeak]:
        found = []
        for entry in _native.entries_since(scope.entries[0][0]):
            site, id = entry[4], entry[5]
            inside = any(first < id <= last for first, last in scope.entries)
            if inside and site[1] != "<module>":  # an import registers for the whole process
                found.append(EntryLeak(*entry))
        return found

    def _pending(self, new: frozenset[tuple[str, str]]) -> list[PatchLeak]:
        return [
            PatchLeak.of_pending(patch)
            for patch in _native.patches()
            if patch.state == "pending" and (patch.target, patch.owner) in new
        ]


def pending_patches() -> frozenset[tuple[str, str]]:
    """Governed patches that wait for the import of their target: (target, owner)."""
    patches = _native.patches()
    if not patches:
        return frozenset()
    return frozenset((patch.target, patch.owner) for patch in patches if patch.state == "pending")


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
