"""Real libraries under `overt run`: every patch found, nothing else, the right owner.

What a program's own snapshots of all namespaces show is compared with what the report says, both
ways: no difference without a line or a written rule, no line without a difference.
"""

from __future__ import annotations

import ast
import importlib.metadata
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from explain import explain

HERE = Path(__file__).parent
PROGRAMS = sorted(path.stem for path in (HERE / "programs").glob("*.py"))

# Imported by half of all libraries; before 3.13 it patches typing._check_generic and its like.
BACKPORTS = "typing_extensions"

Patch = dict[str, Any]


@dataclass(frozen=True)
class Expectation:
    """What a program's EXPECT says."""

    owners: set[str] = field(default_factory=set)  # these patch, and nobody else
    others: set[str] = field(default_factory=set)  # but they may, if they happen to be installed
    targets: dict[str, str] = field(default_factory=dict)  # some that are reported, and their owner
    at_least: int = 0  # so many patches
    reverted: bool = False  # every patch was undone by its maker
    needs: set[str] = field(default_factory=set)  # distributions, beside the owners
    starter: tuple[str, ...] = ("python",)  # what runs the program
    status: int = 0  # with which it ends
    late: set[str] = field(default_factory=set)  # targets that change again while Python ends

    def missing(self) -> list[str]:
        """The distributions that this Python does not have."""
        needed = (self.owners | self.needs) - {"__main__", "patching_suite"}
        return sorted(d for d in needed if not any(importlib.metadata.distributions(name=d)))


@dataclass(frozen=True)
class Run:
    """One run of a program: what the report says and what the snapshots saw."""

    patches: list[Patch]
    changes: dict[str, Any]  # by target
    known: frozenset[str]  # prefixes of the namespaces that were there from the start
    began: float

    def targets(self, *, reverted: bool) -> set[str]:
        """Targets of patches that the snapshots must have seen."""
        patches = (patch for patch in self.patches if patch["reverted"] == reverted)
        return {patch["target"] for patch in patches if self.in_sight(patch)}

    def in_sight(self, patch: Patch) -> bool:
        """True when the first snapshot came before `patch` and saw the namespace that it is in."""
        target, deleted = patch["target"], patch["new"] == {}
        module, _, name = target.partition(":")
        if module == "sys.modules":
            space = target if deleted else f"{module}:"
        else:
            outer, dot, _ = name.rpartition(".")
            space = f"{module}:{outer}{dot}"
        return patch["at"] >= self.began and space in self.known


def expectation(program: str) -> Expectation:
    tree = ast.parse((HERE / "programs" / f"{program}.py").read_text())
    for node in tree.body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "EXPECT":
            values = ast.literal_eval(node.value)
            if isinstance(targets := values.get("targets"), list):
                (owner,) = values["owners"]
                values["targets"] = dict.fromkeys(targets, owner)
            lists = {key for key, value in values.items() if isinstance(value, list)}
            return Expectation(**values | {key: set(values[key]) for key in lists})
    raise ValueError(f"{program}.py says nothing about what it expects: no EXPECT")


def run(program: str, expected: Expectation, directory: Path) -> Run:
    report, differences = directory / "report.json", directory / "differences.json"
    scripts = Path(sys.executable).parent
    environment = os.environ | {
        "PATH": f"{scripts}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": f"{HERE}{os.pathsep}{HERE / 'support'}",
        "OVERT_DIFFERENCES": str(differences),
    }
    ended = subprocess.run(
        ["overt", "run", "--report", report, "--", *expected.starter, f"{program}.py"],
        cwd=HERE / "programs",
        env=environment,
        stdin=subprocess.DEVNULL,
        check=False,
        timeout=120,
    )
    if ended.returncode != expected.status:
        plain = [*expected.starter, f"{program}.py"]
        alone = subprocess.run(plain, cwd=HERE / "programs", env=environment, check=False)
        if alone.returncode != expected.status:
            pytest.skip(f"{program}.py does not run on this Python without Overt either")
    assert ended.returncode == expected.status
    said, seen = json.loads(report.read_text()), json.loads(differences.read_text())
    assert said["dropped"] == 0
    changes = {change["target"]: change for change in seen["changes"]}
    return Run(said["patches"], changes, frozenset(seen["known"]), seen["began"])


def faults(expected: Expectation, seen: Run) -> Iterator[str]:
    """Everything in the report that is not as expected or not as the snapshots saw it."""
    owners = {patch["owner"]["name"] for patch in seen.patches}
    for patch in seen.patches:
        if patch["owner"]["name"] == BACKPORTS and sys.version_info < (3, 13):
            continue
        if patch["owner"]["name"] not in expected.owners | expected.others:
            yield f"false line or wrong owner: {patch['owner']['name']} {patch['target']}"
        if expected.reverted and not patch["reverted"]:
            yield f"not reverted: {patch['target']}"
    yield from (f"owner of nothing: {owner}" for owner in expected.owners - owners)
    lines = {(patch["target"], patch["owner"]["name"]) for patch in seen.patches}
    for target, owner in expected.targets.items() - lines:
        yield f"missed, though expected: {owner} {target}"
    if len(seen.patches) < expected.at_least:
        yield f"{len(seen.patches)} patches are fewer than {expected.at_least}"

    standing = {patch["target"] for patch in seen.patches if not patch["reverted"]}
    for target, change in seen.changes.items():
        if target not in standing | expected.late and explain(change) is None:
            yield f"missed or reverted too early: {target}"
    for target in seen.targets(reverted=False) - seen.changes.keys() - expected.late:
        yield f"false line or missed reversal: {target}"


@pytest.mark.parametrize("program", PROGRAMS)
def test_report_and_snapshots_agree(program: str, tmp_path: Path) -> None:
    """Each difference is a line of the report or has a written rule, and each line a difference."""
    expected = expectation(program)
    if missing := expected.missing():
        pytest.skip(f"not installed for this Python: {', '.join(missing)}")
    assert sorted(faults(expected, run(program, expected, tmp_path))) == []
