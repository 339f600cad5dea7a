"""The whole public interface, as a type checker sees it. Checked by `mypy --strict`, never run."""

from __future__ import annotations

from typing import Any, assert_type

import overt
from overt import Owner, Patch, Site, ledger, report, unwatch, watch, watching

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
