"""The native half of overt."""

from collections.abc import Sequence
from typing import Any


def before_fork() -> None:
    """Let a pending call of ours come to its end. Called before every fork."""

def after_fork_in_child() -> None:
    """Only this thread is left."""

def count_anew() -> None:
    """In a forked child: what was counted is its parent's."""

class RegistryState:
    """The entries of a registry, without objects."""

class Registry:
    """The objects of one registry. Made by overt.registry() only."""

    def __init__(self, name: str, order: str | None, listed: Sequence[str], duplicates: str | None) -> None: ...

    def add(self, value: object | None, name: str, group: str | None, priority: int, owner: tuple[str, str, str] | None, entry_point: str, duplicates: str | None) -> bool:
        """Adds an entry; False when what is there stays."""

    def reset(self, group: str | None, name: str | None) -> bool:
        """Removes entries; False when there were none."""

    def values(self, group: str | None, name: str | None) -> list[Any]:
        """The objects, in order."""

    def entries(self, group: str | None, name: str | None) -> list[Any]:
        """The fields of each entry, in order."""

    def reorder(self, order: str, listed: Sequence[str]) -> None: ...

    def state(self) -> RegistryState: ...

    def copy_of_values(self) -> dict[int, Any]: ...

    def restore(self, state: RegistryState, values: dict[int, Any]) -> None: ...

    @property
    def order(self) -> str: ...

    @property
    def duplicates(self) -> str: ...

def boot(settings: str) -> str:
    """
    Govern this process as `overt run` said in OVERT_RUN, and return what it must be for children. Called by overt._boot only.
    """

def finish() -> None:
    """Stop watching and write the report. Called at exit."""

def after_fork() -> None:
    """Start over in a forked child."""

def watch(internal: bool = False, meter: bool = True) -> None:
    """
    See foreign patches from here on, and count and time their calls unless `meter` is False. No-op when this process is watched already.
    """

def unwatch() -> None:
    """Stop what watch() started; what it saw is forgotten."""

def serve() -> str:
    """Open the control socket and return its path. See overt.serve()."""

def stop_serving() -> None:
    """Close it. Called at exit."""

def serve_again() -> None:
    """Start again what a fork stopped."""

def watching() -> bool:
    """True while patches are seen."""

def report() -> str:
    """
    The report as it stands, as the text of an overt.report/1: governed patches, and others as far as they were watched.
    """

def record(id: int) -> str:
    """
    One patch as an overt.report/1 has it, without what takes long to find out: who holds it.
    """

def refusal(callee: object, target: object, leading: int = 1, role: str = 'advice', method: bool = False) -> str | None:
    """
    Why `callee`, given `leading` arguments before the target's own, cannot stand in for `target`; None if it can. The first parameter of a method may have any name.
    """

class GovernedPatch:
    """One governed patch. Made by patch() and the like."""

    def install(self, block: bool = False) -> None: ...

    def remove(self) -> None: ...

    def set_off(self, off: bool) -> None: ...

    def stats(self) -> dict[str, Any]: ...

    @property
    def id(self) -> int: ...

    @property
    def state(self) -> str: ...

    @property
    def owner(self) -> str: ...

    @property
    def target(self) -> str: ...

    @property
    def needs_thread(self) -> bool: ...

    @property
    def original(self) -> object: ...

def make_patch(advice: str, target: str, function: object | None, after: object | None, failed: object | None, owner: str, reason: str, reach: str, scope: str, ttl: object | None, layer: str, fail: str, notes: bool, again: bool, budget: object | None = None, as_value: bool = False, root: object | None = None, attribute: str = '', made_as: GovernedPatch | None = None) -> GovernedPatch:
    """Make a patch that is not installed yet. Raises overt.Error."""

def patches() -> list[GovernedPatch]:
    """Every patch that is installed or pending, oldest first."""

def reset() -> None:
    """Remove every governed patch, newest first."""

def enter_baseline() -> None:
    """Governed patches are off in this context from here on."""

def leave_baseline() -> None:
    """Undo the last enter_baseline() of this context."""

def when_imported(module: str, hook: object) -> int:
    """Call hook(module) once, when the module is imported next."""

def cancel_import_hook(hook: int) -> bool:
    """Forget a hook; True if it had not run."""

def explain(what: object, prove: bool) -> str:
    """What the review says of the patches of an object."""

def stale(target: str, closures: bool) -> list[str]:
    """Who holds what stood at the target before it was patched."""

class Wrapper:
    """An advice that decorates functions. Made by overt.wrapper()."""

    def __init__(self, advice: object, owner: str, budget: object | None) -> None: ...

    def wrap(self, function: object) -> object: ...

    def set_off(self, off: bool) -> None: ...

    def stats(self) -> dict[str, Any]: ...

    @property
    def is_off(self) -> bool: ...

    @property
    def needs_thread(self) -> bool: ...

    @property
    def owner(self) -> str: ...

    @property
    def advice(self) -> object: ...

def metrics(each: bool = False) -> str:
    """What is measured, in the text format of Prometheus."""

def measured() -> str:
    """The same as the answers to the verbs `hello` and `list`."""

def events(after: int) -> str:
    """
    What happened since event `after`, as the answer to the verb `journal`.
    """

def hello() -> str:
    """Who this process is, as the answer to the verb `hello`."""

def switch_owner(owner: str, off: bool, reason: str) -> list[tuple[int, str, bool, str]]:
    """
    Vote all patches of an owner off, or withdraw that vote; where each of them stands.
    """

def switch_target(target: str, off: bool, reason: str) -> list[tuple[int, str, bool, str]]:
    """The same for all patches of one target."""

def standings(owner: str) -> list[tuple[int, str, bool, str]]:
    """Where each patch of an owner stands."""

class Touch:
    """One change of the ledger. Made by touches() only."""

    @property
    def patch(self) -> int: ...

    @property
    def made(self) -> bool: ...

    @property
    def imported(self) -> bool: ...

    @property
    def governed(self) -> bool: ...

    @property
    def target(self) -> str: ...

    @property
    def place(self) -> int: ...

    def before(self) -> tuple[bool, bool, Any]:
        """What stood there before: (known, there, value)."""

    def now(self) -> tuple[bool, bool, Any]:
        """What stands there now: (found, there, value)."""

    def is_back(self) -> bool:
        """Whether what stands there now is what stood there before."""

    def put_back(self, ids: Sequence[int]) -> None:
        """Write back what stood there before, which undoes the patches `ids`."""

def start_touches(keep_all: bool) -> None:
    """
    Record changes of the ledger for touches(). keep_all: so that each can be put back.
    """

def stop_touches() -> None: ...

def changes() -> int:
    """
    A number that moves with each touch, entry of a registry and patch that waits.
    """

def touches() -> list[Touch]:
    """The changes of the ledger since the last call, oldest first."""

def patch_record(id: int) -> dict[str, Any]:
    """One patch of the ledger."""

def leave_something(touches: Sequence[Touch]) -> bool:
    """Whether a patch that one of them made has not been undone."""

def stands(id: int) -> bool:
    """Whether a patch has not been undone."""

def last_entry() -> int:
    """The id of the newest entry that any registry ever had."""

def entries_since(id: int) -> list[Any]:
    """
    (registry, name, group, owner, site, id) of the newer entries that are still there.
    """

def look_again() -> None:
    """Mark patches that are out of reach by now as undone."""
