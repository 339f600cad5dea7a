"""Another part of the program than stores.py and patched.py: an owner of its own."""

from __future__ import annotations

from types import ModuleType

number = 0


def function() -> None: ...


def replacement() -> None: ...


def patch(module: ModuleType) -> None:
    module.function = replacement  # type: ignore[attr-defined]


def patch_and_revert(module: ModuleType, n: int) -> None:
    original = module.another
    for _ in range(n):
        module.another = replacement  # type: ignore[attr-defined]
        module.another = original  # type: ignore[attr-defined]
