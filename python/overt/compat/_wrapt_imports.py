"""Hooks that run when a module has been imported, as wrapt's do, told by the engine."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

from overt import _native
from overt.compat._wrapt_paths import resolve_path


def register_post_import_hook(hook: str | Callable[[ModuleType], Any], name: str) -> None:
    """Call `hook(module)` when the module is imported, or now if it is there already.

    A hook may be named as "module:function", which is imported when it is called. One that fails is
    reported, and the import goes on.
    """
    function = _named(hook) if isinstance(hook, str) else hook
    module = sys.modules.get(name)
    if module is not None:
        function(module)
        return
    waiting: list[tuple[int, Callable[[ModuleType], Any]]] = _waiting.setdefault(name, [])

    def once(module: ModuleType) -> None:
        waiting.remove(entry)
        function(module)

    entry = (_native.when_imported(name, once), once)
    waiting.append(entry)


# Hooks by the module that they wait for.
_waiting: dict[str, list[tuple[int, Callable[[ModuleType], Any]]]] = {}


def notify_module_loaded(module: ModuleType) -> None:
    """Call the hooks that wait for a module which no import system has loaded."""
    for number, hook in list(_waiting.get(module.__name__, ())):
        _native.cancel_import_hook(number)
        hook(module)


def _named(hook: str) -> Callable[[ModuleType], Any]:
    def call(module: ModuleType) -> Any:
        home, _, path = hook.partition(":")
        return resolve_path(home, path)[2](module)

    return call


def discover_post_import_hooks(group: str) -> None:
    """Register the hooks that distributions offer as entry points of a group."""
    from importlib.metadata import entry_points

    for point in entry_points(group=group):
        register_post_import_hook(point.load(), point.name)


def when_imported(name: str) -> Callable[[Callable[[ModuleType], Any]], Any]:
    """Make a decorator that registers what it decorates as a hook for a module."""

    def register(hook: Callable[[ModuleType], Any]) -> Callable[[ModuleType], Any]:
        register_post_import_hook(hook, name)
        return hook

    return register
