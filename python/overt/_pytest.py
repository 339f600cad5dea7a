"""The pytest plugin, as pytest finds it: options and fixtures. Off until it is asked for.

Importing this starts nothing; what watches is in _pytest_watch.py and is imported on request.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Generator, Iterator

    from overt._registry import Registry
    from overt.testing import Patches

_MODES = ("off", "warn", "error")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add --overt and --overt-fix, and the ini key `overt`."""
    group = parser.getgroup("overt", "patches that outlive their test (overt)")
    group.addoption(
        "--overt",
        choices=_MODES,
        default=None,
        help="warn about, or fail, a test, class, module or session that leaves a patch behind",
    )
    group.addoption(
        "--overt-fix",
        action="store_true",
        default=False,
        help="undo what was left behind, so that the rest of the run is clean (implies "
        "--overt=warn where neither is said)",
    )
    parser.addini("overt", "off, warn or error: what to do about patches left behind", default="")


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Generator[None]:
    """Start to watch if asked to, before other plugins do anything: pytest-django patches here."""
    _start(early_config, early_config.known_args_namespace)
    return (yield)


def pytest_configure(config: pytest.Config) -> None:
    """Add the mark; a plugin that a conftest.py names is too late for the above."""
    config.addinivalue_line(
        "markers",
        "overt_allow(*targets): patches of these targets (globs; all if none is given) may "
        "outlive the test",
    )
    _start(config, config.option)


def _start(config: pytest.Config, options: argparse.Namespace) -> None:
    mode = options.overt or config.getini("overt") or "off"
    if mode not in _MODES:
        raise pytest.UsageError(f"overt = {mode!r}: expected one of {', '.join(_MODES)}")
    if options.overt_fix and mode == "off" and options.overt is None:
        mode = "warn"
    if mode == "off" or config.pluginmanager.has_plugin("overt-watch"):
        return
    from overt._pytest_watch import Watch

    config.pluginmanager.register(Watch(config, mode, fix=options.overt_fix), "overt-watch")


@pytest.fixture
def overt_patch() -> Iterator[Patches]:
    """Patch through overt, undone when the test ends: overt_patch("shop.clock:now", fake).

    Also overt_patch.around, .observe and .tap, with the arguments of overt's own.
    """
    from overt.testing import Patches

    patches = Patches()
    yield patches
    patches.undo()


@pytest.fixture
def overt_baseline() -> Iterator[None]:
    """Have every governed patch off for the length of the test, in all threads and tasks."""
    from overt.testing import all_off

    with all_off():
        yield


@pytest.fixture
def overt_registries() -> Iterator[Callable[..., Registry[Any]]]:
    """Put every overt registry back as it was when the test ends; gives overt.registry."""
    from overt.testing import registries_kept

    with registries_kept():
        from overt._registry import registry

        yield registry
