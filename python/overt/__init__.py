"""Overt: runtime power you can see, measure and turn off.

Importing this package changes nothing: no patch, no thread, no socket, no file.

    overt run -- python app.py      # the whole life of a program, from its first line
    overt.watch()                   # this process, from here on
    for patch in overt.ledger(): ...
"""

from overt._native import __version__, unwatch, watch, watching

TYPE_CHECKING = False
if TYPE_CHECKING:
    from overt._ledger import Owner, Patch, Site, ledger, report

__all__ = [
    "Owner",
    "Patch",
    "Site",
    "__version__",
    "ledger",
    "report",
    "unwatch",
    "watch",
    "watching",
]


def __getattr__(name: str) -> object:
    """Import the views of the ledger when they are first used.

    A program under `overt run` has this package imported before its first line, and with it nothing else
    that the program might expect to import itself (json, dataclasses, inspect, ...).
    """
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from overt import _ledger

    return getattr(_ledger, name)
