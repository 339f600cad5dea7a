"""One thing that outlived its scope: whether it counts, how it is told, how it is undone.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

from overt import _native
from overt._advice import advice
from overt._marks import is_mark

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CodeType

    from overt._native import GovernedPatch, Touch

    type IsTest = Callable[[str, str], bool]
    type Fields = tuple[str, str, str, int]  # of a site: module, function, file, line

type Leak = PatchLeak | EntryLeak | ThreadLeak


def is_same(touch: Touch) -> bool:
    """Tell whether what stands there is again what stood there before, or equals it."""
    if touch.is_back():
        return True
    (known, was_there, before), (_, is_there, now) = touch.before(), touch.now()
    if not (known and was_there and is_there) or type(before) is not type(now):
        return False
    if type(now).__eq__ is object.__eq__:  # type: ignore[comparison-overlap]  # nobody's own
        return False
    if type(now) in (list, set, dict) and _holds_nothing_new(before, now):
        return True
    try:
        return (before == now) is True
    except Exception:  # noqa: BLE001  # of the program's own comparison
        return False


def _holds_nothing_new(before: Any, now: Any) -> bool:
    # Changes of a container in place are not seen: the one that was replaced may have got elements
    # in the meantime which the saved copy of it had not.
    def held(container: Any) -> set[Any]:
        pairs = container.items() if isinstance(container, dict) else enumerate(container)
        return {(key if isinstance(container, dict) else None, id(value)) for key, value in pairs}

    return bool(now) and held(now) <= held(before)


def until_runner(stack: list[Fields]) -> tuple[list[Fields], bool]:
    """Frames of the tests' side, and whether what runs the tests was seen behind them."""
    for i, site in enumerate(stack):
        if site[0].startswith("pluggy") or site[0] in ("unittest.case", "unittest.suite"):
            return stack[:i], True
    return stack, False


def is_exempt(record: dict[str, Any], is_test: IsTest) -> bool:
    """Tell what stays on purpose; docs/testing.md has the same rules for people."""
    module, _, name = record["target"].partition(":")
    if module == "sys.modules":
        # What an import made, an import makes again.
        if record["new"] is None or is_test(name, _file_of(name)):
            return True
    else:
        if is_test(module, _file_of(module)):
            return True  # what tests do to tests is their own affair
        site = record["site"]
        if record["internal"] and not is_test(site[0], site[2]):
            return True  # the program keeps its own state
        if not is_test(site[0], site[2]) and is_mark(record):
            return True
    frames, seen = until_runner(record["stack"])
    return seen and _is_runner_alone(frames, is_test)


def drops_module(function: object, module: str) -> bool:
    """Tell from its code whether a function takes a module out of sys.modules.

    The first test that does so has nothing to take out, so there is nothing to be seen.
    """
    code = getattr(getattr(function, "__func__", function), "__code__", None)
    if code is None or "modules" not in code.co_names or module not in code.co_consts:
        return False
    return "pop" in code.co_names or "delitem" in code.co_names or _deletes(code)


def _deletes(code: CodeType) -> bool:
    import dis

    return any(step.opname == "DELETE_SUBSCR" for step in dis.get_instructions(code))


def _is_runner_alone(frames: list[Fields], is_test: IsTest) -> bool:
    # A plugin at work in a hook of its own, with nobody else's code in between.
    if not frames or is_test(frames[-1][0], frames[-1][2]):
        return False
    runner = frames[-1][0].partition(".")[0]
    tops = (site[0].partition(".")[0] for site in frames)
    return all(top == runner or top in sys.stdlib_module_names for top in tops)


def _file_of(module: str) -> str:
    found = sys.modules.get(module)
    namespace = getattr(found, "__dict__", None) or {}
    return str(namespace.get("__file__") or "")


def place(site: Fields) -> str:
    """Print a line of code as compilers do, relative to the working directory where it is below."""
    file, here = site[2], os.getcwd() + os.sep
    return f"{file.removeprefix(here)}:{site[3]}"


class PatchLeak:
    """A patch that stands when its scope has ended."""

    def __init__(
        self,
        record: dict[str, Any],
        is_test: IsTest,
        touch: Touch | None = None,
        ids: list[int] | None = None,
        fixture: str = "",
    ) -> None:
        """Take the record of the outermost patch, and the first touch of its target."""
        self.record, self.fixture = record, fixture
        self._touch, self._ids, self._is_test = touch, ids or [], is_test
        self._pending: GovernedPatch | None = None

    @classmethod
    def of_pending(cls, patch: GovernedPatch) -> PatchLeak:
        """Make the leak of a governed patch that still waits for the import of its target."""
        nowhere = ("", "", "", 0)
        record: dict[str, Any] = {
            "target": patch.target,
            "change": "replaced",
            "owner": patch.owner,
            "via": [],
        }
        record |= {"governed": True, "site": nowhere, "stack": [], "old": None, "new": None}
        leak = cls(record, lambda module, file: False)
        leak._pending = patch
        return leak

    @property
    def subject(self) -> str:
        """The target."""
        return str(self.record["target"])

    def lines(self) -> list[str]:
        """Tell it in full: what, where, whose, and what to do."""
        record = self.record
        told = [f"{record['target']}  {_change(record, pending=self._pending is not None)}"]
        site = record["site"]
        if site[2]:
            told.append(f"    made at  {place(site)}, in {site[1]}{_via(record)}")
        caller = self._test_line()
        if caller is not None:
            told.append(f"    called   from {place(caller)}, in {caller[1]}")
        if self.fixture and not self.fixture.startswith("_"):  # pytest's own, for setup_module etc.
            told.append(f"    in       fixture {self.fixture!r}")
        told.append(f"    owner    {record['owner']}")
        before = self._touch.before() if self._touch is not None else (False, False, None)
        now = self._touch.now() if self._touch is not None else (False, False, None)
        told.append(f"    to do    {advice(record, self.fixture, before, now)}")
        return told

    def _test_line(self) -> Fields | None:
        site = self.record["site"]
        if self._is_test(site[0], site[2]):
            return None
        frames, _ = until_runner(self.record["stack"])
        return next((frame for frame in frames if self._is_test(frame[0], frame[2])), None)

    def fix(self) -> None:
        """Put back what stood there when the scope began."""
        if self._pending is not None:
            self._pending.remove()
        elif self.record["governed"]:
            ids = set(self._ids)
            for patch in reversed(_native.patches()):
                if patch.id in ids:
                    patch.remove()
        elif self._touch is not None:
            self._touch.put_back(self._ids)


def _change(record: dict[str, Any], *, pending: bool) -> str:
    if pending:
        return "is to be patched when it is imported"
    if record["governed"]:
        return "is patched through overt"
    new = record["new"]
    return {
        "replaced": f"is now {new}" if new else "was replaced",
        "added": f"was added: {new}",
        "deleted": "was deleted",
        "code": "has other code or defaults",
        "module": f"is now {new}" if new else "was exchanged",
    }[record["change"]]


def _via(record: dict[str, Any]) -> str:
    return f", by {', '.join(record['via'])}" if record["via"] else ""


class EntryLeak:
    """An entry of a registry that is there when its scope has ended."""

    def __init__(
        self, registry: str, name: str, group: str, owner: str, site: Fields, id: int
    ) -> None:
        """Take the fields of the entry."""
        self.registry, self.name, self.group, self.owner, self.site = (
            registry,
            name,
            group,
            owner,
            site,
        )

    @property
    def subject(self) -> str:
        """The registry and the entry's name."""
        return f"registry {self.registry!r}: {self.name!r}"

    def lines(self) -> list[str]:
        """Tell it in full."""
        return [
            f"registry {self.registry!r} has a new entry {self.name!r}",
            f"    made at  {place(self.site)}, in {self.site[1]}",
            f"    owner    {self.owner}",
            "    to do    use the fixture overt_registries, or `with registry.temporary():`",
        ]

    def fix(self) -> None:
        """Remove the entry. One that it took the place of is gone."""
        from overt._registry import registry

        where: Any = registry(self.registry)
        (where.group(self.group) if self.group else where).unregister(self.name)


class ThreadLeak:
    """A thread that still runs inside a patch that was removed."""

    def __init__(self, thread: str, ident: int, target: str, site: Fields) -> None:
        """Name the thread, the target, and the line of the patch where the thread is."""
        self.thread, self.target, self.site = thread, target, site
        self.key: tuple[object, ...] = (ident, thread, target)

    @property
    def subject(self) -> str:
        """The thread."""
        return f"thread {self.thread!r}"

    def lines(self) -> list[str]:
        """Tell it in full."""
        return [
            f"thread {self.thread!r} still runs in what had been put at {self.target}",
            f"    it is at {place(self.site)}, in {self.site[1]}",
            "    to do    join the thread before the patch ends",
        ]

    def fix(self) -> None:
        """Do nothing: nobody can end a thread from outside."""


def threads_inside(touches: list[Touch], told: set[tuple[object, ...]]) -> list[ThreadLeak]:
    """Name threads that run in the code of removed patches, and go on doing so for a moment."""
    import _thread

    if _thread._count() == 0:  # threads beside the first one
        return []
    from overt._threads import find

    return find([touch for touch in touches if not touch.made], told)
