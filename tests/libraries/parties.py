"""Which distribution a module belongs to, read from the installed metadata."""

from __future__ import annotations

import functools
import importlib.metadata
import os
import sys

PYTHON = "python"
APPLICATION = "application"


@functools.cache
def _distributions() -> dict[str, list[str]]:
    return {
        top: sorted(set(names))
        for top, names in importlib.metadata.packages_distributions().items()
    }


@functools.cache
def _files(distribution: str) -> frozenset[str]:
    files = importlib.metadata.distribution(distribution).files or ()
    return frozenset(os.fspath(file) for file in files)


@functools.cache
def party(module: str, file: str) -> str:
    """The distribution that installed `module`, else "python" or "application"."""
    top = module.partition(".")[0]
    if "/site-packages/" not in file:
        return PYTHON if top in sys.stdlib_module_names else APPLICATION
    relative = file.rpartition("/site-packages/")[2]
    names = _distributions().get(relative.partition("/")[0].removesuffix(".py"), [top])
    if len(names) == 1:
        return names[0]
    return next((name for name in names if relative in _files(name)), names[0])


@functools.cache
def home_of(top: str) -> str:
    """Where the import name `top` is installed, "" when it is not."""
    return f"/site-packages/{top}/__init__.py" if top in _distributions() else ""
