"""Overt: runtime power you can see, measure and turn off.

Importing this package changes nothing: no patch, no thread, no socket, no file.

    overt run -- python app.py      # the whole life of a program, from its first line
    overt.watch()                   # this process, from here on
    for patch in overt.ledger(): ...

PYTEST_DONT_REWRITE: a governed process has imported it before pytest wants to rewrite it.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from overt._control import serve
    from overt._errors import (
        DuplicateError,
        Error,
        PolicyError,
        RefusedError,
        SignatureError,
        StateError,
        TargetError,
    )
    from overt._explain import explain
    from overt._ledger import Owner, Patch, Site, ledger, report
    from overt._measure import Measurement, measure
    from overt._native import unwatch, watch, watching
    from overt._patch import (
        Handle,
        around,
        baseline,
        handles,
        observe,
        patch,
        reset,
        tap,
        transaction,
    )
    from overt._registry import Entry, EntryError, Registry, registries, registry
    from overt._stale import stale
    from overt._stats import Evidence, Stats, Timing
    from overt._switch import Switch, Switched, switch
    from overt._wrapper import Wrapper, wrapper

    __version__: str

__all__ = [
    "DuplicateError",
    "Entry",
    "EntryError",
    "Error",
    "Evidence",
    "Handle",
    "Measurement",
    "Owner",
    "Patch",
    "PolicyError",
    "RefusedError",
    "Registry",
    "SignatureError",
    "Site",
    "StateError",
    "Stats",
    "Switch",
    "Switched",
    "TargetError",
    "Timing",
    "Wrapper",
    "__version__",
    "around",
    "baseline",
    "explain",
    "handles",
    "ledger",
    "measure",
    "observe",
    "patch",
    "registries",
    "registry",
    "report",
    "reset",
    "serve",
    "stale",
    "switch",
    "tap",
    "transaction",
    "unwatch",
    "watch",
    "watching",
    "wrapper",
]

# Where each is imported from when it is first used.
_HOMES = {
    "_control": ("serve",),
    "_errors": (
        "DuplicateError",
        "Error",
        "PolicyError",
        "RefusedError",
        "SignatureError",
        "StateError",
        "TargetError",
    ),
    "_explain": ("explain",),
    "_ledger": (
        "Owner",
        "Patch",
        "Site",
        "ledger",
        "report",
    ),
    "_measure": ("Measurement", "measure"),
    "_native": (
        "__version__",
        "unwatch",
        "watch",
        "watching",
    ),
    "_patch": (
        "Handle",
        "around",
        "baseline",
        "handles",
        "observe",
        "patch",
        "reset",
        "tap",
        "transaction",
    ),
    "_registry": (
        "Entry",
        "EntryError",
        "Registry",
        "registries",
        "registry",
    ),
    "_stale": ("stale",),
    "_stats": (
        "Evidence",
        "Stats",
        "Timing",
    ),
    "_switch": (
        "Switch",
        "Switched",
        "switch",
    ),
    "_wrapper": (
        "Wrapper",
        "wrapper",
    ),
}


if not TYPE_CHECKING:  # type checkers know the names from above, and that there are no others

    def __getattr__(name: str) -> object:
        """Import what a name stands for when it is first used.

        A program under `overt run` has this package imported before its first line, and with it
        nothing that the program might expect to import itself (json, dataclasses, ...). And an
        extension that does not load is met where somebody can say so in one line.
        """
        for home, names in _HOMES.items():
            if name in names:
                from importlib import import_module

                return getattr(import_module("overt." + home), name)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
