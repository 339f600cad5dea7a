"""Paths to attributes and the errors about them, with the meaning that wrapt gives them."""

from __future__ import annotations

import importlib
import inspect
from typing import Any


class PathResolutionError(AttributeError):
    """The path to an attribute does not lead to one."""


class TargetModuleNotFoundError(ModuleNotFoundError):
    """The module that was named cannot be imported."""


class WrapperChainTooDeepError(RuntimeError):
    """There are more wrappers than were to be looked at: what was sought may be among the rest."""


class WrapperNotFoundError(ValueError):
    """The wrapper is not installed there: never, not any more, or it was replaced by others."""


class WrapperNotOutermostError(ValueError):
    """The wrapper is there and cannot be removed: what stands above it is no wrapper of ours."""


def resolve_path(target: Any, name: str) -> tuple[Any, str, Any]:
    """Follow a dotted path from a module (or its name), a class or an instance.

    Returns the object that holds the last attribute, its name and its value; in classes raw, that
    is without binding it, and through their bases.
    """
    if isinstance(target, str):
        try:
            target = importlib.import_module(target)
        except ModuleNotFoundError as error:
            raise TargetModuleNotFoundError(
                f"unable to import module {target!r}, which is the target for {name!r}"
            ) from error
    parent, value, attribute = None, target, name
    for attribute in name.split("."):
        parent = value
        try:
            value = _look_up(parent, attribute)
        except AttributeError as error:
            raise PathResolutionError(
                f"unable to resolve attribute {attribute!r} in path {name!r} on {target!r}"
            ) from error
    return parent, attribute, value


def resolve_owner(target: Any, name: str) -> tuple[Any, str, Any]:
    """Like `resolve_path()`, with the object in whose `__dict__` the last attribute really is."""
    parent, attribute, value = resolve_path(target, name)
    if inspect.isclass(parent):
        places: tuple[Any, ...] = inspect.getmro(parent)
    elif inspect.ismodule(parent):
        places = (parent,)
    else:
        places = (parent, *inspect.getmro(type(parent)))
    for place in places:
        if attribute in getattr(place, "__dict__", ()):
            return place, attribute, value
    raise PathResolutionError(
        f"attribute {attribute!r} of {parent!r} is served dynamically: it is in no __dict__, so "
        f"there is nothing to patch"
    )


def _look_up(parent: Any, attribute: str) -> Any:
    if inspect.isclass(parent):
        for cls in inspect.getmro(parent):
            if attribute in vars(cls):
                return vars(cls)[attribute]
    return getattr(parent, attribute)
