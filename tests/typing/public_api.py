"""The whole public interface, as a type checker sees it. Checked by `mypy --strict`, never run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, assert_type

import overt
from overt import (
    Entry,
    Owner,
    Patch,
    Registry,
    Site,
    ledger,
    registries,
    registry,
    report,
    unwatch,
    watch,
    watching,
)

version: str = overt.__version__

assert_type(watch(), None)
assert_type(watch(internal=True), None)
assert_type(watching(), bool)
assert_type(report(), dict[str, Any])
assert_type(ledger(), tuple[Patch, ...])
assert_type(ledger(internal=True), tuple[Patch, ...])

for patch in ledger():
    assert_type(patch, Patch)
    assert_type(patch.id, int)
    assert_type(patch.target, str)
    assert_type(patch.change, str)
    assert_type(patch.owner, Owner)
    assert_type(patch.via, tuple[str, ...])
    assert_type(patch.boundary, str)
    assert_type(patch.reverted, bool)
    assert_type(patch.layer, int)
    assert_type(patch.site, Site)

    assert_type(patch.owner.name, str)
    assert_type(patch.owner.version, str | None)
    assert_type(patch.owner.package, str)

    assert_type(patch.site.module, str)
    assert_type(patch.site.function, str)
    assert_type(patch.site.file, str)
    assert_type(patch.site.line, int)

    patch.target = "x"  # type: ignore[misc]  # a patch is a value
    patch.owner.name = "x"  # type: ignore[misc]
    patch.site.line = 1  # type: ignore[misc]

watch("internal")  # type: ignore[arg-type]
ledger(True)  # type: ignore[call-arg]
_ = overt.nonsense  # type: ignore[attr-defined]

assert_type(unwatch(), None)

exporters: Registry[Callable[[int], str]] = registry("shop.exporters", order="name")
assert_type(exporters["csv"], Callable[[int], str])
assert_type(exporters.get("csv"), Callable[[int], str] | None)
assert_type(list(exporters), list[Callable[[int], str]])
assert_type(exporters.names(), tuple[str, ...])
assert_type(exporters.groups(), tuple[str, ...])
assert_type(registries(), tuple[Registry[Any], ...])
registry("shop.exporters", order=["csv", "json"], duplicates="keep")
registry("shop.exporters", duplicates="both")  # type: ignore[arg-type]

for entry in exporters.entries():
    assert_type(entry, Entry[Callable[[int], str]])
    assert_type(entry.value(1), str)
    assert_type(entry.owner, Owner)
    assert_type(entry.site, Site)


@exporters.register
def plain(number: int) -> str:
    return str(number)


@exporters.register("named", priority=3, owner="somebody")
def named(number: int) -> str:
    return str(number)


assert_type(plain(1), str)
assert_type(named(1), str)
assert_type(exporters.register("other", plain)(1), str)
assert_type(exporters.group("fast").call(1), list[Any])
for result in exporters.results(1):
    assert_type(result.error, Exception | None)
with exporters.temporary() as same:
    assert_type(same, Registry[Callable[[int], str]])

handle = overt.observe("json:dumps", budget="20us")
assert_type(handle.stats.own.p50, float)
assert_type(handle.stats.original.total, float)
overt.patch("json:dumps", str, budget=0.5)
assert_type(overt.wrapper(lambda original: original(), budget="20us").stats.calls, int)
overt.patch("json:dumps", str, budget=["20us"])  # type: ignore[arg-type]
overt.patch("json:dumps", str, budgets="20us")  # type: ignore[call-arg]
