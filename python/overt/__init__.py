"""Overt: runtime power you can see, measure and turn off.

Importing this package changes nothing: no patch, no thread, no socket, no file.

    overt run -- python app.py      # the whole life of a program, from its first line
    overt.watch()                   # this process, from here on
    for patch in overt.ledger(): ...
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from overt._ledger import Owner, Patch, Site, ledger, report
    from overt._native import unwatch, watch, watching

    __version__: str

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


if not TYPE_CHECKING:  # type checkers know the names from above, and that there are no others

    def __getattr__(name: str) -> object:
        """Import what a name stands for when it is first used.

        A program under `overt run` has this package imported before its first line, and with it
        nothing that the program might expect to import itself (json, dataclasses, ...). And an
        extension that does not load is met where somebody can say so in one line.
        """
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from importlib import import_module

        native = name in ("__version__", "unwatch", "watch", "watching")
        return getattr(import_module("overt._native" if native else "overt._ledger"), name)
