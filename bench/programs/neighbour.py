"""Another part of the program than stores.py: its owner differs, so it patches where it writes there."""

from __future__ import annotations

from types import ModuleType

number = 0


def function() -> None: ...


def replacement() -> None: ...


def patch(module: ModuleType) -> None:
    module.patched = replacement  # type: ignore[attr-defined]


def patch_and_revert(module: ModuleType, n: int) -> None:
    original = module.unpatched
    for _ in range(n):
        module.unpatched = replacement  # type: ignore[attr-defined]
        module.unpatched = original  # type: ignore[attr-defined]
